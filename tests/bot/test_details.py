"""Details in free text, in five languages: several in one message, without diacritics, in lower case, with slips.

Every text is an example of its own, with invented people and companies.
"""

from __future__ import annotations

from typing import ClassVar

import pytest

from bot.dialogue.amounts import find_numbers
from bot.dialogue.details import choice_in, find_details
from bot.dialogue.own_text import read_text_answer
from bot.dialogue.said import Said
from bot.dialogue.sheet import Field, Sheet
from bot.wording import load_wording

WORDING = load_wording()
TYPES = {
    "name": "text",
    "email": "email",
    "phone": "phone",
    "company": "text",
    "role": "text",
    "headcount": "integer",
    "budget": "integer",
}
SHEET = Sheet({"form": "x", "fields": [{"name": name, "type": type_} for name, type_ in TYPES.items()]})


def said(text: str, **details: str) -> tuple[str, dict[str, str]]:
    return text, details


EN = [
    said(
        "Hi, I'm Laura Bennett from Harbour Lane, 25 people, laura@harbour.example",
        name="Laura Bennett",
        company="Harbour Lane",
        headcount="25",
        email="laura@harbour.example",
    ),
    said("i'm tom and i work for blue kettle, we are 12", name="tom", company="blue kettle", headcount="12"),
    said(
        "Tom Hughes, Blue Kettle Ltd, owner, 020 7946 0018",
        name="Tom Hughes",
        company="Blue Kettle Ltd",
        role="owner",
        phone="020 7946 0018",
    ),
    said("my name is sarah o'neil, i need a quote for 40 employees", name="sarah o'neil", headcount="40"),
    said(
        "Anna from SIA Koks here, call me on +371 29 123 456", name="Anna", company="SIA Koks", phone="+371 29 123 456"
    ),
    said(
        "I'm the office manager at Pine Villa and our budget is 5k eur",
        role="office manager",
        company="Pine Villa",
        budget="5000",
    ),
    said("We have a team of twenty-five and up to 3,000 euros", headcount="25", budget="3000"),
    said("Our company is called Quiet Garden. I am the head of sales.", company="Quiet Garden", role="head of sales"),
    said("~40 people, budget around £2,500", headcount="40", budget="2500"),
    said(
        "This is Mark Stone, CEO of Northwind Tools Inc.", name="Mark Stone", role="CEO", company="Northwind Tools Inc."
    ),
    said(
        "name: Olivia Hart\ncompany: Hart & Sons\nphone: 07700 900123",
        name="Olivia Hart",
        company="Hart & Sons",
        phone="07700 900123",
    ),
    said("working as a receptionist at Sea View, 8 of us", role="receptionist", company="Sea View", headcount="8"),
    said("How much is the plan for 49 eur?"),
    said("I paid 300 eur for order 20231145 on 12.03.2026"),
    said("Could one person call me on Monday?"),
    said("can I talk to the manager please"),
    said("what do you do in Riga"),
    said("Reg. no. 40003012345, we're 14 staff", headcount="14"),
    said("I am calling about a demo, am I in the right place?"),
    said("Hi Anna, what are your prices?"),
    said(
        "Kind regards, Peter Shaw, Director, Shaw Logistics LLC",
        name="Peter Shaw",
        role="Director",
        company="Shaw Logistics LLC",
    ),
    said("we can spend about $1.5k a month", budget="1500"),
    said("thirty employees, eur 800 max", headcount="30", budget="800"),
    said("you can reach me at 29123456, Emma", phone="29123456", name="Emma"),
    said(
        "Emma Clark - marketing director - Brightside Studio",
        name="Emma Clark",
        role="marketing director",
        company="Brightside Studio",
    ),
    said("i own a small hotel called Old Mill, 6 employees", company="Old Mill", headcount="6"),
    said("we open at 9 and close at 18"),
]
LV = [
    said("Labdien! Esmu Anna no SIA Koks, mums ir 12 darbinieki", name="Anna", company="SIA Koks", headcount="12"),
    said("esmu janis berzins no sia koks, tel 29123456", name="janis berzins", company="sia koks", phone="29123456"),
    said('Mani sauc Līga Kalniņa, pārstāvu viesnīcu "Saulgrieži"', name="Līga Kalniņa", company="Saulgrieži"),
    said("mani sauc ieva un mans epasts ir ieva@rasa.example", name="ieva", email="ieva@rasa.example"),
    said("Mūs ir 12, budžets ap 2 tūkstoši eiro", headcount="12", budget="2000"),
    said("mus ir divdesmit pieci, varam teret lidz 500 eiro", headcount="25", budget="500"),
    said("Esmu īpašniece, uzņēmums saucas Rīta Rasa", role="īpašniece", company="Rīta Rasa"),
    said("esmu biroja vaditaja, 40 cilveki", role="biroja vaditaja", headcount="40"),
    said("Strādāju par grāmatvedi uzņēmumā Zaļā Lapa", role="grāmatvedi", company="Zaļā Lapa"),
    said(
        "Pēteris Ozols, SIA „Ozolu māja”, valdes loceklis, +371 26 000 111",
        name="Pēteris Ozols",
        company="SIA „Ozolu māja”",
        role="valdes loceklis",
        phone="+371 26 000 111",
    ),
    said("Te Kristīne no Jūras Vējš, zvaniet 67 123 456", name="Kristīne", company="Jūras Vējš", phone="67 123 456"),
    said(
        "vārds: Dace Liepa, firma: Liepu Nams, darbinieki: 18", name="Dace Liepa", company="Liepu Nams", headcount="18"
    ),
    said("AS Baltā Māja, 120 darbinieku, budžets 10k", company="AS Baltā Māja", headcount="120", budget="10000"),
    said("Mums ir viesnīca ar 30 darbiniekiem", headcount="30"),
    said("Cik maksā plāns par 49 eur mēnesī?"),
    said("samaksāju 300 eiro par pasūtījumu 20231145"),
    said("vai jūs esat Rīgā?"),
    said("reģ. nr. 40003012345"),
    said("gribu runāt ar vadītāju"),
    said("Ar cieņu, Juris Lapsa, direktors", name="Juris Lapsa", role="direktors"),
    said(
        "piedāvājumu 15 lietotājiem, e-pasts info@lapsa.example, Juris",
        headcount="15",
        email="info@lapsa.example",
        name="Juris",
    ),
    said("komandā esam 7, es esmu projektu vadītājs", headcount="7", role="projektu vadītājs"),
    said("mans vards ir inese, mans amats ir administratore", name="inese", role="administratore"),
    said("Koks un Akmens SIA, kontaktpersona: Zane Kļava", company="Koks un Akmens SIA", name="Zane Kļava"),
    said("budžets līdz 1 500 €, 10 cilv.", budget="1500", headcount="10"),
    said("esmu ieinteresēta demo"),
]
RU = [
    said(
        "Здравствуйте! Меня зовут Анна Петрова, компания «Ромашка», нас 12",
        name="Анна Петрова",
        company="Ромашка",
        headcount="12",
    ),
    said("меня зовут ольга и мой телефон +371 29 123 456", name="ольга", phone="+371 29 123 456"),
    said("Иван из ООО «Лесной дом», 40 сотрудников", name="Иван", company="ООО «Лесной дом»", headcount="40"),
    said("я иван петров из ооо восток", name="иван петров", company="ооо восток"),
    said("Я владелец кафе «Уют», бюджет до 5 тыс евро", role="владелец", company="Уют", budget="5000"),
    said("нас двадцать пять человек, готовы потратить 300 евро", headcount="25", budget="300"),
    said(
        "Сергей Белов, коммерческий директор, ЗАО Север, 8 (495) 123-45-67",
        name="Сергей Белов",
        role="коммерческий директор",
        company="ЗАО Север",
        phone="8 (495) 123-45-67",
    ),
    said("работаю менеджером по продажам в компании Альтаир", role="менеджером по продажам", company="Альтаир"),
    said("наша фирма называется Белый Парус, сотрудников 60", company="Белый Парус", headcount="60"),
    said("пишет Марина, почта marina@parus.example", name="Марина", email="marina@parus.example"),
    said("ИП Кузнецов, ищу программу на 3 человека", company="ИП Кузнецов", headcount="3"),
    said("бюджет у нас около 50 тысяч рублей", budget="50000"),
    said("в команде 15 человек, я руководитель отдела продаж", headcount="15", role="руководитель отдела продаж"),
    said("С уважением, Татьяна Орлова, главный бухгалтер", name="Татьяна Орлова", role="главный бухгалтер"),
    said("имя: Олег, должность: администратор, тел. 29123456", name="Олег", role="администратор", phone="29123456"),
    said("сколько стоит тариф за 49 евро?"),
    said("я заплатил 300 евро за заказ 20231145"),
    said("позовите директора"),
    said("вы работаете в Риге?"),
    said("ИНН 7701234567"),
    said("это Дима, нас трое", name="Дима", headcount="3"),
    said(
        "я хозяйка гостиницы Старая Мельница, 8 сотрудников", role="хозяйка", company="Старая Мельница", headcount="8"
    ),
    said("можем выделить 1 200 €, штат 20 человек", budget="1200", headcount="20"),
    said("Елена Соколова, отель «Чайка», управляющая", name="Елена Соколова", company="Чайка", role="управляющая"),
    said("хочу демо на пятницу"),
    said("добрый день, я по поводу демо"),
]
PL = [
    said(
        "Dzień dobry, nazywam się Jan Kowalski, firma Zielony Dom Sp. z o.o., 12 osób",
        name="Jan Kowalski",
        company="Zielony Dom Sp. z o.o.",
        headcount="12",
    ),
    said(
        "jan kowalski z firmy zielony dom, tel 601 234 567",
        name="jan kowalski",
        company="zielony dom",
        phone="601 234 567",
    ),
    said("Jan Kowalski, Zielony Dom, 12 osób", name="Jan Kowalski", company="Zielony Dom", headcount="12"),
    said("jestem ania z hotelu Mewa, jest nas 8", name="ania", company="Mewa", headcount="8"),
    said("Jestem właścicielką pensjonatu Pod Lipą", role="właścicielką", company="Pod Lipą"),
    said("jestem wlascicielem, budzet do 20 000 zl", role="wlascicielem", budget="20000"),
    said("mamy budżet około 5 tys. zł i 30 pracowników", budget="5000", headcount="30"),
    said("mam na imię Ola, mail ola@mewa.example", name="Ola", email="ola@mewa.example"),
    said(
        "Marek Nowak, kierownik sprzedaży, Budex S.A., +48 22 123 45 67",
        name="Marek Nowak",
        role="kierownik sprzedaży",
        company="Budex S.A.",
        phone="+48 22 123 45 67",
    ),
    said("pracuję jako główna księgowa w firmie Alfa", role="główna księgowa", company="Alfa"),
    said("zatrudniamy dwadzieścia pięć osób", headcount="25"),
    said("z tej strony Piotr Wiśniewski, dyrektor generalny", name="Piotr Wiśniewski", role="dyrektor generalny"),
    said("imię i nazwisko: Ewa Zając, stanowisko: recepcjonistka", name="Ewa Zając", role="recepcjonistka"),
    said("nasza firma nazywa się Srebrny Lis, zespół 15 osób", company="Srebrny Lis", headcount="15"),
    said("możemy wydać 3000 zł miesięcznie, pracowników 45", budget="3000", headcount="45"),
    said("Pozdrawiam, Kasia Lis", name="Kasia Lis"),
    said("ile kosztuje plan za 49 zł?"),
    said("zapłaciłem 300 zł za zamówienie 20231145"),
    said("NIP 5251234567"),
    said("chcę rozmawiać z kierownikiem"),
    said("jesteście z Warszawy?"),
    said("jestem zainteresowany ofertą"),
    said("jestem z Krakowa"),
    said(
        "oferta dla 20 użytkowników, tomek@lis.example, Tomek", headcount="20", email="tomek@lis.example", name="Tomek"
    ),
    said('Reprezentuję "Dobry Chleb", jestem współwłaścicielem', company="Dobry Chleb", role="współwłaścicielem"),
    said("budżet 2,5 tys. euro", budget="2500"),
]
CS = [
    said(
        "Dobrý den, jmenuji se Petr Novák z firmy Zelený Dům s.r.o., je nás 12",
        name="Petr Novák",
        company="Zelený Dům s.r.o.",
        headcount="12",
    ),
    said("jmenuju se jana a mam penzion, je nas 5", name="jana", headcount="5"),
    said("jsem petr z hotelu Labuť, tel 601 234 567", name="petr", company="Labuť", phone="601 234 567"),
    said(
        "Petr Dvořák, jednatel, Stavby Morava a.s., +420 601 234 567",
        name="Petr Dvořák",
        role="jednatel",
        company="Stavby Morava a.s.",
        phone="+420 601 234 567",
    ),
    said("jsem majitelka kavárny Modrý Hrnek, 6 zaměstnanců", role="majitelka", company="Modrý Hrnek", headcount="6"),
    said("jsem majitel, rozpocet kolem 30 tisic", role="majitel", budget="30000"),
    said("máme 25 lidí a rozpočet do 20 000 Kč", headcount="25", budget="20000"),
    said("pracuji jako vedoucí provozu ve firmě Alfa", role="vedoucí provozu", company="Alfa"),
    said("tady Lucie Malá, mail lucie@alfa.example", name="Lucie Malá", email="lucie@alfa.example"),
    said(
        "jméno: Karel Veselý, pozice: obchodní ředitel, firma: Beta",
        name="Karel Veselý",
        role="obchodní ředitel",
        company="Beta",
    ),
    said("S pozdravem, Jana Černá, účetní", name="Jana Černá", role="účetní"),
    said("naše firma se jmenuje Tichá Voda, je nás dvacet pět", company="Tichá Voda", headcount="25"),
    said("zaměstnáváme pětadvacet lidí", headcount="25"),
    said("Tomáš Král, Dílna U Lípy, 8 lidí", name="Tomáš Král", company="Dílna U Lípy", headcount="8"),
    said("můžeme dát 5 tis. Kč měsíčně, zaměstnanců 40", budget="5000", headcount="40"),
    said('zastupuji společnost "Dobrý chléb", jsem spolumajitel', company="Dobrý chléb", role="spolumajitel"),
    said("kolik stojí tarif za 490 Kč?"),
    said("zaplatil jsem 3000 Kč za objednávku 20231145"),
    said("IČO 27082440"),
    said("chci mluvit s vedoucím"),
    said("jste z Prahy?"),
    said("jsem z Brna"),
    said("mám zájem o ukázku"),
    said(
        "nabídka pro 20 uživatelů, honza@voda.example, Honza", headcount="20", email="honza@voda.example", name="Honza"
    ),
    said("tým má 14 lidí, jsem projektový manažer", headcount="14", role="projektový manažer"),
    said("přijdeme 12. 3. 2026 v 15 hodin"),
]
TEXTS = [
    pytest.param(language, text, details, id=f"{language}: {text}")
    for language, listed in {"en": EN, "lv": LV, "ru": RU, "pl": PL, "cs": CS}.items()
    for text, details in listed
]


class TestDetailsInFreeText:
    @pytest.mark.parametrize(("language", "text", "details"), TEXTS)
    def test_are_found_and_nothing_else_is(self, language: str, text: str, details: dict[str, str]) -> None:
        assert find_details(text, SHEET, WORDING.languages[language].lexicon) == details

    @pytest.mark.parametrize("language", WORDING.languages)
    @pytest.mark.parametrize(
        "text", ["a " * 2_000, "A" * 4_000, "Ltd " * 1_000, "1 " * 2_000, "«" * 4_000, "SIA " * 1_000, "sto " * 1_000]
    )
    def test_no_text_makes_the_search_run_away(self, language: str, text: str) -> None:
        # The longest message there is: a search that runs away would never come back.
        assert isinstance(find_details(text, SHEET, WORDING.languages[language].lexicon), dict)


class TestNumbers:
    @pytest.mark.parametrize(
        ("language", "text", "numbers"),
        [
            ("en", "1 200 people or 35", [1200, 35]),
            ("en", "two hundred and five", [200, 5]),
            ("lv", "divdesmit pieci", [25]),
            ("ru", "двести пятьдесят", [250]),
            ("pl", "2,5 tys.", [2500]),
            ("cs", "třicet tisíc", [30000]),
        ],
    )
    def test_are_read_in_digits_and_in_words(self, language: str, text: str, numbers: list[int]) -> None:
        assert find_numbers(text, WORDING.languages[language].lexicon) == numbers


class TestAChoiceInOnesOwnWords:
    LABELS: ClassVar[dict[str, dict[str, str]]] = {
        "en": {
            "owner": "I own it",
            "manager": "I manage it",
            "front_desk": "I work at the front desk",
            "it": "I look after the computers",
        },
        "lv": {
            "owner": "Uzņēmums pieder man",
            "manager": "Vadu uzņēmumu",
            "front_desk": "Strādāju reģistratūrā",
            "it": "Rūpējos par datoriem",
        },
        "pl": {
            "owner": "Jestem właścicielem",
            "manager": "Kieruję firmą",
            "front_desk": "Pracuję w recepcji",
            "it": "Zajmuję się komputerami",
        },
    }

    @pytest.mark.parametrize(
        ("language", "text", "chosen"),
        [
            ("en", "I'm the owner", "owner"),
            ("en", "manager or owner", None),
            ("en", "i sit at the front desk", "front_desk"),
            ("lv", "esmu īpašniece", "owner"),
            ("lv", "esmu ipasniece", "owner"),
            ("lv", "reģistratūrā", "front_desk"),
            ("lv", "datori", "it"),
            ("lv", "labdien", None),
            ("pl", "wlascicielka", "owner"),
            ("pl", "kieruje", "manager"),
            ("pl", "właściciel i kierownik", None),
        ],
    )
    def test_is_heard(self, language: str, text: str, chosen: str | None) -> None:
        labels = tuple(self.LABELS[language].items())
        field = Field("role", "choice", "optional", "", "", "", "", labels, ())
        assert choice_in(field, text, WORDING.languages[language].lexicon) == chosen


class TestTheNameOfAHouse:
    COMPANY = Field("company", "text", "optional", "", "", "", "", (), ())
    SHEET = Sheet({"fields": [{"name": "name"}, {"name": "company"}]})

    @pytest.mark.parametrize(
        ("language", "typed"),
        [
            ("ru", "Отель Заливной"),
            ("cs", "Penzion U Tri Sov"),
            ("cs", "U Tri Sov"),
            ("lv", "viesu nams zem ozola"),
            ("pl", "Pensjonat Pod Lipą"),
            ("en", "Hotel Pine Villa"),
        ],
    )
    def test_is_kept_as_it_is_typed(self, language: str, typed: str) -> None:
        said = Said("inform", 0.9, typed)
        answer = read_text_answer(self.COMPANY, said, self.SHEET, (), WORDING.languages[language].lexicon)
        assert answer == {"company": typed}

    @pytest.mark.parametrize(
        ("language", "typed", "kept"),
        [
            ("en", "we are Alfa Beds", "Alfa Beds"),
            ("cs", "jsme z hotelu Alfa", "Alfa"),
            ("ru", "мы из отеля Заря", "Заря"),
        ],
    )
    def test_is_taken_out_of_a_sentence(self, language: str, typed: str, kept: str) -> None:
        said = Said("inform", 0.9, typed)
        answer = read_text_answer(self.COMPANY, said, self.SHEET, (), WORDING.languages[language].lexicon)
        assert answer == {"company": kept}


MORE = {
    "en": [
        said("Budget: $12,000.00", budget="12000"),
        said("how much for 25 users? we are a 70 person company", headcount="70"),
        said("how much is it for 25 people?", headcount="25"),
        said(
            "Tom Ashby here, office manager, Pellworth & Sons.",
            name="Tom Ashby",
            role="office manager",
            company="Pellworth & Sons",
        ),
        said("my full name is Maria del Carmen Ortiz", name="Maria del Carmen Ortiz"),
        said("Gemma Hill, director @ Owlstone Metals", name="Gemma Hill", role="director", company="Owlstone Metals"),
        said("She is our head of sales", role="head of sales"),
        said("My colleague Hannah Frost will go on", name="Hannah Frost"),
        said("is the name mandatory?"),
    ],
    "lv": [
        said("Budžets: 12.000,00 EUR", budget="12000"),
        said("es esmu mārtiņš no sia bebrs", name="mārtiņš", company="sia bebrs"),
        said("esmu izpilddirektore", role="izpilddirektore"),
        said("līdz diviem tūkstošiem eiro", budget="2000"),
        said("paldies par palīdzību"),
    ],
    "ru": [
        said("бюджет 10к евро", budget="10000"),
        said("Я Мартин Добров", name="Мартин Добров"),
        said("Компания Шмель и сыновья, нас 12 человек", company="Шмель и сыновья", headcount="12"),
        said("название фирмы называть не буду"),
        said("имя обязательно?"),
    ],
    "pl": [
        said("hej tu marcin, jest nas 8", name="marcin", headcount="8"),
        said("firma Rosa i Perła s.c.", company="Rosa i Perła s.c."),
        said("kim jesteś"),
    ],
    "cs": [
        said("Firma Čmelák a synové, 12 lidí", company="Čmelák a synové", headcount="12"),
        said("říkejte mi prostě Štěpán", name="Štěpán"),
        said("jaké údaje máte"),
    ],
}


class TestKindsThatWereMissed:
    @pytest.mark.parametrize(
        ("language", "text", "details"), [(language, *one) for language, listed in MORE.items() for one in listed]
    )
    def test_are_found(self, language: str, text: str, details: dict[str, str]) -> None:
        assert find_details(text, SHEET, WORDING.languages[language].lexicon) == details


BUDGET = Field(
    name="budget", type="choice", necessity="optional", label="Budget", question="", why="", if_not_given="",
    choices=(("under_100", "Less than 100 euro"), ("from_100_to_300", "100 to 300 euro"),
             ("over_300", "More than 300 euro"), ("not_sure", "I do not know yet")),
    purposes=(),
)  # fmt: skip


class TestABudgetAmongRanges:
    @pytest.mark.parametrize(
        ("text", "choice"),
        [
            ("250", "from_100_to_300"),
            ("99 eur", "under_100"),
            ("€300", "from_100_to_300"),
            ("1 200 eiro", "over_300"),
            ("under 100", "under_100"),
            ("less than 100", "under_100"),
            ("below 100", None),  # not in the words of a choice: the buttons ask again
            ("300 zł", None),  # the ranges are in euro
            ("12 or 200", None),
        ],
    )
    def test_is_the_range_it_falls_into(self, text: str, choice: str | None) -> None:
        assert choice_in(BUDGET, text, WORDING.languages["en"].lexicon) == choice

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("our budget is 5k eur", {"budget": "over_300"}),
            ("up to 200 euros a month", {"budget": "from_100_to_300"}),
            ("budget 20 000 zł", {}),
            ("budget 3000", {}),  # of what?
        ],
    )
    def test_is_found_in_a_message_when_it_is_in_euro(self, text: str, found: dict[str, str]) -> None:
        sheet = Sheet(
            {
                "form": "x",
                "fields": [
                    {
                        "name": "budget",
                        "type": "choice",
                        "choices": [{"value": value, "label": label} for value, label in BUDGET.choices],
                    }
                ],
            }
        )
        assert find_details(text, sheet, WORDING.languages["en"].lexicon) == found
