"""What a form gives away, in each language, and what is told when it is not there."""

import json
from collections.abc import Callable

import pytest

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from tests.intake_api.catalogue.conftest import PUBLIC_URL, REAL, Copy

DOWNLOAD = "forms/download.yml"
CHECKLIST = "contents/front_desk_checklist/{}.yml"


@pytest.fixture(scope="module")
def real() -> Catalogue:
    """The catalogue as it stands."""
    return load_catalogue(REAL, PUBLIC_URL)


class TestContents:
    def test_every_answer_of_the_form_is_given_in_every_language(self, real: Catalogue) -> None:
        for locale in real.locales:
            for choice in json.loads(real.view("download", locale).json)["fields"][0]["choices"]:
                (given,) = real.delivered("download", locale, {"content": choice["value"]})
                assert (given.id, given.locale, given.title) == (choice["value"], locale, choice["label"])
                assert given.sections

    def test_languages_of_a_content_have_as_much_in_them(self, real: Catalogue) -> None:
        for content in ("front_desk_checklist", "welcome_letter"):
            sizes = {
                tuple(
                    (len(section.items), len(section.paragraphs)) for section in real.contents[content, locale].sections
                )
                for locale in real.locales
            }
            assert len(sizes) == 1

    def test_other_forms_and_forms_of_before_give_nothing(self, real: Catalogue) -> None:
        assert real.delivered("request_demo", "en", {"content": "welcome_letter"}) == ()
        assert real.delivers("download")
        assert not real.delivers("request_demo")
        assert not real.delivers("a_form_of_before")

    def test_n_17_a_language_without_it_does_not_collect(self, copy: Copy) -> None:
        (copy.folder / CHECKLIST.format("pl")).unlink()
        loaded = copy.load()
        assert loaded.locales_of("download") == ("en", "lv", "ru", "cs")
        (gap,) = [gap for gap in loaded.gaps if (gap.form, gap.locale) == ("download", "pl")]
        assert gap.missing == (CHECKLIST.format("pl"),)

    @pytest.mark.parametrize(
        ("spoil", "file", "wrong"),
        [
            (lambda copy: (copy.folder / CHECKLIST.format("en")).unlink(), CHECKLIST.format("en"), "does not exist"),
            (
                lambda copy: (copy.folder / CHECKLIST.format("en")).rename(copy.folder / CHECKLIST.format("de")),
                CHECKLIST.format("de"),
                "no language offered",
            ),
            (
                lambda copy: (copy.folder / "contents/welcome_letter").rename(copy.folder / "contents/farewell"),
                "contents/farewell/en.yml",
                "given by no form",
            ),
            (
                lambda copy: copy.change(CHECKLIST.format("lv"), "    items:", "    paragraphs: [Viens.]\n    items:"),
                CHECKLIST.format("lv"),
                "both items and paragraphs",
            ),
            (
                lambda copy: copy.change(CHECKLIST.format("lv"), "intro: ", "script: "),
                CHECKLIST.format("lv"),
                "not a key that is known",
            ),
            (lambda copy: copy.change(DOWNLOAD, "delivers: content", "delivers: email"), DOWNLOAD, "no choice"),
            (
                lambda copy: copy.change(
                    DOWNLOAD, "{name: content, necessity: required", "{name: content, necessity: optional"
                ),
                DOWNLOAD,
                "no choice that this form requires",
            ),
        ],
    )
    def test_a_mistake_is_told(self, copy: Copy, spoil: Callable[[Copy], object], file: str, wrong: str) -> None:
        spoil(copy)
        told = [problem for problem in copy.problems() if problem.file == file and wrong in problem.wrong]
        assert told
