"""What a catalogue says about children: who is asked, for which age, and what the notices tell."""

import json

import pytest

from intake_api.catalogue.definitions import ASKED, NOT_FOR_CHILDREN, Children
from intake_api.catalogue.model import Catalogue
from tests.intake_api.catalogue.conftest import Copy

HOUSE = "organisation.yml"
CONTEST = "forms/contest.yml"
NOT_FOR = "children: not_for_children"
LOCALES = ("en", "lv", "ru", "pl", "cs")

MISTAKES = {
    "nothing said": (HOUSE, NOT_FOR, "", "children", "is missing"),
    "another word": (HOUSE, NOT_FOR, "children: maybe", "children", "is maybe, which is not known"),
    "a country where nobody is asked": (
        HOUSE,
        NOT_FOR,
        f"{NOT_FOR}\nchildren_in: LV",
        "children_in",
        "nobody is asked",
    ),
    "a form's other word": (CONTEST, "children: asked", "children: yes", "children", "is not known"),
    "a form's country outside": (
        CONTEST,
        "children: asked",
        "children: asked\nchildren_in: US",
        "children_in",
        "none that the question is about",
    ),
    "a form's country where nobody is asked": (
        "forms/loyalty.yml",
        "position: 60",
        "position: 60\nchildren_in: LV",
        "children_in",
        "nobody is asked",
    ),
    "an age asked where nothing rests on consent": (
        "forms/complaint.yml",
        "kind: complaint",
        "kind: complaint\nchildren: asked",
        "children",
        "nothing of this form rests on consent",
    ),
    "an age asked as a field": ("fields.yml", "\nheadcount:", "\nage:", "age", "in no other way"),
    "a question without its words": (
        "locales/en.yml",
        "  at_or_over: Yes, I am {threshold} or older\n",
        "",
        "age.at_or_over",
        "is missing",
    ),
}


class TestMistakes:
    @pytest.mark.parametrize("mistake", MISTAKES)
    def test_k01_k05_is_told_with_file_key_and_cure(self, copy: Copy, mistake: str) -> None:
        file, old, new, key, wrong = MISTAKES[mistake]
        copy.change(file, old, new)
        problems = copy.problems()
        told = [one for one in problems if (one.file, one.key) == (file, key) and wrong in one.wrong]
        assert told, [str(one) for one in problems]
        assert told[0].instead


class TestTheHouse:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_k05_a_house_that_asks_nobody_says_in_each_notice_whom_it_is_not_for(
        self, real: Catalogue, locale: str
    ) -> None:
        texts = [real.notice(form, locale).texts for form in real.forms if form != "contest"]
        assert len({told["page.children_not_for"] for told in texts}) == 1
        assert all("16" in told["page.children_not_for"] and "age.question" not in told for told in texts)
        assert real.organisation.children == Children(NOT_FOR_CHILDREN)
        assert "age" not in real.view("newsletter", locale).document

    def test_k01_a_house_that_asks_does_so_where_something_rests_on_consent_and_nowhere_else(self, copy: Copy) -> None:
        copy.change(HOUSE, NOT_FOR, "children: asked")
        loaded = copy.load()
        asking = {form for form in loaded.forms if loaded.view(form, "en").age_of_consent}
        opt_in = {form for form in loaded.forms if '"control":"opt_in"' in loaded.view(form, "en").json}
        assert asking == opt_in != set(loaded.forms)
        silent = loaded.notice("complaint", "en")
        assert silent.document["children"] is None
        assert not [key for key in silent.texts if key.startswith(("age.", "page.children"))]

    def test_k01_a_country_that_is_named_counts_in_every_language(self, copy: Copy) -> None:
        copy.change(HOUSE, NOT_FOR, "children: asked\nchildren_in: LT")
        copy.change(CONTEST, "children: asked", "children_in: CZ")
        loaded = copy.load()
        assert {loaded.view("newsletter", locale).age_of_consent for locale in LOCALES} == {14}
        assert {loaded.view("contest", locale).age_of_consent for locale in LOCALES} == {15}


class TestTheForm:
    def test_k01_it_may_ask_though_the_house_does_not(self, real: Catalogue) -> None:
        assert real.form("contest").children == Children(ASKED)
        found = {locale: real.view("contest", locale).age_of_consent for locale in LOCALES}
        assert found == {"en": 16, "lv": 13, "ru": 16, "pl": 16, "cs": 15}

    @pytest.mark.parametrize("locale", LOCALES)
    def test_k01_v08_its_question_is_given_out_and_stands_in_the_notice_with_its_number(
        self, real: Catalogue, locale: str
    ) -> None:
        view = real.view("contest", locale)
        age, texts = json.loads(view.json)["age"], view.notice.texts
        assert age == {
            "threshold": view.age_of_consent,
            **{name: texts[f"age.{name}"] for name in ("question", "why", "too_young")},
            "yes": texts["age.at_or_over"],
            "no": texts["age.younger"],
        }
        said = [age[name] for name in ("question", "why", "yes", "no", "too_young")]
        said += [texts["age.missing"], texts["page.children_asked"]]
        assert all(str(view.age_of_consent) in sentence and "{" not in sentence for sentence in said)
        assert view.notice.document["children"] == {"policy": "asked", "threshold": view.age_of_consent}
        assert "page.children_not_for" not in texts

    def test_k01_another_age_is_another_notice(self, copy: Copy, real: Catalogue) -> None:
        copy.change(CONTEST, "children: asked", "children: asked\nchildren_in: LT")
        assert copy.load().notice("contest", "en").hash != real.notice("contest", "en").hash

    def test_a_code_about_the_age_has_its_sentence_whether_or_not_the_form_asks(self, real: Catalogue) -> None:
        asking, silent = real.view("contest", "cs"), real.view("order", "en")
        assert asking.problem_text("age", "age_missing") == asking.notice.texts["age.missing"]
        assert asking.problem_text("age", "too_young") == asking.notice.texts["age.too_young"]
        assert silent.problem_text("age", "too_young") == silent.problem_texts["too_young"]
