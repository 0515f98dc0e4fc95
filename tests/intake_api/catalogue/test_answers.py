"""What is answered about company and product in each language, and the words for when people answer."""

from collections.abc import Callable

import pytest
import yaml

from intake_api.catalogue.definitions import ANSWERS
from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import Answers
from tests.intake_api.catalogue.conftest import PUBLIC_URL, REAL, Copy

ORGANISATION = "organisation.yml"
SAYS = {
    "en": "on working days from 9:00 to 17:00 (Riga time)",
    "lv": "darba dienās no 9:00 līdz 17:00 (pēc Rīgas laika)",
    "ru": "по рабочим дням с 9:00 до 17:00 (по рижскому времени)",
    "pl": "w dni robocze od 9:00 do 17:00 (czasu ryskiego)",
    "cs": "v pracovní dny od 9:00 do 17:00 (rižského času)",
}
# What people type, and the answer that is meant.
ASKED = {
    "en": {
        "opening_hours": ["what are your opening hours", "Are you open on Saturday?", "when do you work"],
        "price": ["how much does it cost", "PRICE?", "is there a discount for two houses"],
        "integrations": ["does it integrate with booking.com", "do you have an open API", "can i import my contacts"],
        "security": ["is my data safe", "where is our data stored", "are you gdpr compliant"],
        "payment": ["how can i pay", "do you take credit cards", "can I stop any time"],
        "support": ["do you offer support", "who helps us to set it up", "is training included"],
        "address": ["where is your office", "where are you located", "what's your address"],
        "trial": ["is there a free trial", "can i try it first"],
        "languages": ["is it available in latvian", "which languages does it speak"],
        "assistant": ["what can you do", "how can you help me"],
        "company": ["what does your company do", "who are you", "how long have you been around"],
        "features": ["what is this", "is there an android app", "how does it work", "tell me more"],
    },
    "lv": {
        "opening_hours": ["kads ir darba laiks", "Vai esat atvērti sestdien?", "cikos slēdzat"],
        "price": ["cik tas maksā", "kāda ir cena", "vai ir atlaides"],
        "integrations": ["vai var savienot ar booking", "vai ir api"],
        "security": ["kur glabājas mani dati", "vai tas atbilst gdpr", "kā ar drošību"],
        "payment": ["kā var samaksāt", "vai var maksāt ar karti", "ka norekinaties"],
        "support": ["vai ir klientu atbalsts", "kas palīdz ieviest", "vai būs apmācība"],
        "address": ["kur jūs atrodaties", "kāda ir jūsu adrese"],
        "trial": ["vai var izmēģināt", "vai ir bezmaksas versija"],
        "languages": ["kādās valodās pieejams", "vai ir latviešu valodā"],
        "assistant": ["ko tu vari", "ar ko vari palīdzēt"],
        "company": ["kas jūs esat", "pastāstiet par savu firmu un par sevi", "cik sen jūs strādājat"],
        "features": ["kas tas ir", "ko var jūsu programma", "kā tas darbojas"],
    },
    "ru": {
        "opening_hours": ["какой график работы", "Вы работаете в субботу?", "до скольки вы открыты"],
        "price": ["сколько стоит", "какая цена", "есть ли скидки"],
        "integrations": ["есть интеграция с букингом", "есть ли API?"],
        "security": ["где хранятся данные", "насколько это безопасно", "где ваши серверы"],
        "payment": ["как оплатить", "можно ли картой", "какие способы оплаты"],
        "support": ["есть ли техподдержка", "кто поможет с настройкой", "проводите ли обучение"],
        "address": ["где вы находитесь", "какой у вас адрес"],
        "trial": ["можно попробовать бесплатно", "есть пробный период"],
        "languages": ["на каких языках работает", "есть ли на русском"],
        "assistant": ["что ты умеешь", "чем можешь помочь"],
        "company": ["чем занимается ваша компания", "кто вы", "давно ли вы на рынке"],
        "features": ["что это за программа", "какие функции есть", "есть ли календарь бронирований"],
    },
    "pl": {
        "opening_hours": ["jakie sa godziny otwarcia", "czy pracujecie w sobotę", "o której zamykacie"],
        "price": ["ile to kosztuje", "jaki jest cennik", "poproszę o wycenę"],
        "integrations": ["czy integruje się z booking", "czy jest api i eksport"],
        "security": ["gdzie są dane", "czy to jest zgodne z RODO", "czy to bezpieczne"],
        "payment": ["jak mogę zapłacić", "jakie są formy płatności", "czy można kartą"],
        "support": ["czy jest wsparcie", "jak wygląda wdrożenie", "czy robicie szkolenia"],
        "address": ["gdzie jesteście", "jaki jest adres biura"],
        "trial": ["czy jest okres próbny", "czy można za darmo"],
        "languages": ["czy jest po polsku", "jakie języki obsługuje"],
        "assistant": ["co umiesz", "w czym możesz pomóc"],
        "company": ["czym się zajmujecie", "co to za firma", "jak długo istniejecie na rynku"],
        "features": ["co to jest", "jakie są funkcje programu", "jak to działa"],
    },
    "cs": {
        "opening_hours": ["jaká je otevírací doba", "mate v sobotu otevreno", "kdy pracujete"],
        "price": ["kolik to stojí", "jaká je cena", "máte slevy"],
        "integrations": ["jde to propojit s booking", "máte api"],
        "security": ["kde jsou data uložena", "je to bezpečné", "jak je to s GDPR"],
        "payment": ["jak se platí kartou", "jaký je způsob platby", "jde to na fakturu"],
        "support": ["máte podporu", "kdo mi pomůže s nastavením", "jak dlouho trvá zavedení"],
        "address": ["kde sídlíte", "jakou máte adresu"],
        "trial": ["můžu to vyzkoušet", "je to zdarma"],
        "languages": ["je to česky", "v jakých jazycích to je"],
        "assistant": ["co umíš", "s čím můžeš pomoct"],
        "company": ["čím se zabýváte", "kdo jste", "řekněte mi něco o vás"],
        "features": ["co to umí", "jak to funguje", "co je to za produkt"],
    },
}


@pytest.fixture(scope="module")
def real() -> Catalogue:
    """The catalogue as it stands."""
    return load_catalogue(REAL, PUBLIC_URL)


def heard(answers: Answers, text: str) -> str | None:
    """Return the id of the first answer one of whose stems stands in a text: the rule of use."""
    return next((one.id for one in answers.listed if any(stem in text.casefold() for stem in one.about)), None)


def change_words(copy: Copy, locale: str, key: str, change: Callable[[dict[str, object]], object]) -> None:
    """Change the mapping under a key of a language's file."""
    path = copy.folder / f"locales/{locale}.yml"
    words = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(words[key])
    path.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=False), encoding="utf-8")


class TestAnswers:
    @pytest.mark.parametrize("locale", list(ASKED))
    def test_are_heard_in_what_people_type(self, real: Catalogue, locale: str) -> None:
        answers = real.answers[locale]
        assert {one.id for one in answers.listed} == set(ASKED[locale])
        wrong = {
            text: found
            for meant, texts in ASKED[locale].items()
            for text in texts
            if (found := heard(answers, text)) != meant
        }
        assert wrong == {}

    @pytest.mark.parametrize("locale", list(ASKED))
    def test_say_the_names_and_times_of_the_rules(self, real: Catalogue, locale: str) -> None:
        said = {one.id: one.text for one in real.answers[locale].listed}
        assert SAYS[locale] in said["opening_hours"]
        assert SAYS[locale] in said["support"]
        assert "Brightledger Example GmbH" in said["security"]
        assert real.organisation.address in said["address"]
        assert not any("{" in text for text in said.values())

    def test_n_17_a_language_that_lacks_one_gives_none(self, copy: Copy) -> None:
        change_words(copy, "lv", "answers", lambda answers: answers.pop("price"))
        loaded = copy.load()
        assert list(loaded.answers) == ["en", "ru", "pl", "cs"]
        (gap,) = [gap for gap in loaded.gaps if (gap.form, gap.locale) == (ANSWERS, "lv")]
        assert gap.missing == ("answers.price",)
        assert "lv" in loaded.locales_of("request_demo")

    @pytest.mark.parametrize(
        ("change", "key", "wrong"),
        [
            (lambda answers: answers.update(pets={"about": ["hund"], "text": "Jā."}), "answers.pets", "lacks"),
            (lambda answers: answers["price"].update(text="{product} maksā."), "answers.price", "words in braces"),
            (lambda answers: answers["price"].update(about=["Cena"]), "answers.price.about.1", "lower case"),
            (
                lambda answers: answers["price"].update(about=["darba laiku cena"]),
                "answers.price.about.1",
                "never heard",
            ),
            (lambda answers: answers["price"].update(about=[]), "answers.price.about", "is empty"),
            (lambda answers: answers["price"].pop("text"), "answers.price.text", "missing"),
            (lambda answers: answers["price"].update(voice="loud"), "answers.price.voice", "not a key"),
        ],
    )
    def test_a_mistake_is_told(
        self, copy: Copy, change: Callable[[dict[str, object]], object], key: str, wrong: str
    ) -> None:
        change_words(copy, "lv", "answers", change)
        told = [problem for problem in copy.problems() if problem.key == key and wrong in problem.wrong]
        assert told

    def test_a_place_that_nothing_fills_is_told(self, copy: Copy) -> None:
        for locale in ASKED:
            change_words(copy, locale, "answers", lambda answers: answers["price"].update(text="It is {price}."))  # type: ignore[attr-defined]
        assert {problem.file for problem in copy.problems() if "{price}" in problem.wrong} >= {"locales/en.yml"}


class TestOpeningHours:
    @pytest.mark.parametrize("locale", list(SAYS))
    def test_are_a_part_of_a_sentence_in_each_language(self, real: Catalogue, locale: str) -> None:
        assert real.answers[locale].opening_hours == SAYS[locale]

    def test_other_days_and_times_say_themselves(self, copy: Copy) -> None:
        copy.change(ORGANISATION, "weekdays: [mon, tue, wed, thu, fri]", "weekdays: [sat, mon, wed]")
        copy.change(ORGANISATION, 'from: "9:00"', 'from: "08:30"')
        said = {locale: answers.opening_hours for locale, answers in copy.load().answers.items()}
        assert said["en"] == "on Mondays, on Wednesdays and on Saturdays from 8:30 to 17:00 (Riga time)"
        assert said["ru"].startswith("по понедельникам, по средам и по субботам с 8:30 до 17:00")

    def test_every_day_is_a_word_of_its_own(self, copy: Copy) -> None:
        copy.change(ORGANISATION, "[mon, tue, wed, thu, fri]", "[mon, tue, wed, thu, fri, sat, sun]")
        assert copy.load().answers["pl"].opening_hours.startswith("codziennie od 9:00")

    @pytest.mark.parametrize(
        ("old", "new", "key", "wrong"),
        [
            ("time_zone: Europe/Riga", "time_zone: Europe/Jurmala", "opening_hours.time_zone", "no time zone"),
            ("time_zone: Europe/Riga", "time_zone: ../../etc/passwd", "opening_hours.time_zone", "no time zone"),
            ("mon, tue,", "mon, tuesday,", "opening_hours.weekdays", "names tuesday"),
            ('to: "17:00"', 'to: "25:00"', "opening_hours.to", "no time of day"),
            ('to: "17:00"', 'to: "9:00"', "opening_hours.to", "not after from"),
            ("2026-12-24,", "24.12.2026,", "opening_hours.days_off", "24.12.2026"),
            ('  from: "9:00"\n', "", "opening_hours.from", "missing"),
        ],
    )
    def test_a_mistake_is_told(self, copy: Copy, old: str, new: str, key: str, wrong: str) -> None:
        copy.change(ORGANISATION, old, new)
        told = [(problem.file, problem.key) for problem in copy.problems() if wrong in problem.wrong]
        assert told == [(ORGANISATION, key)]

    def test_a_time_zone_without_a_word_for_it_is_told(self, copy: Copy) -> None:
        copy.change(ORGANISATION, "time_zone: Europe/Riga", "time_zone: Europe/Prague")
        assert "opening_hours.zones.Europe/Prague" in {problem.key for problem in copy.problems()}
