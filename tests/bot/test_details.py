"""Details in free text, in five languages: several in one message, without diacritics, in lower case, with slips."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bot.dialogue.amounts import find_numbers
from bot.dialogue.details import choice_in, find_details
from bot.dialogue.own_text import read_text_answer
from bot.dialogue.said import Said
from bot.dialogue.sheet import Field, Sheet
from bot.wording import load_wording
from tests.bot.texts_with_details import TEXTS

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


MESSAGES = [
    pytest.param(language, text, details, id=f"{language}: {text}")
    for language, listed in TEXTS.items()
    for text, details in listed
]


class TestDetailsInFreeText:
    @pytest.mark.parametrize(("language", "text", "details"), MESSAGES)
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
