"""The word lists that free texts are read with: complete, readable, and told by file and place when they are not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.sensitive_words import FOLDER, SensitiveWordsWrong, read_sensitive_words
from intake_api.rules.sensitive_text import LEFT_OUT_CODES
from tests.intake_api.catalogue.conftest import PUBLIC_URL, Copy
from tests.intake_api.conftest import ROOT


@pytest.fixture(scope="module")
def real() -> Catalogue:
    return load_catalogue(ROOT / "catalogue", PUBLIC_URL)


class TestWordLists:
    def test_c11_every_language_of_the_catalogue_has_its_lists(self, real: Catalogue) -> None:
        assert {file.stem for file in FOLDER.glob("*.yml")} >= set(real.locales)
        assert len(read_sensitive_words().statements) == len(list(FOLDER.glob("*.yml")))

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("\njoins:", "\njoint:", "en.yml: the file: joins, joint is missing or unknown."),
            ("  union: >-", "  unions: >-", "en.yml: statements: union, unions is missing or unknown."),
            ("  i, im, ive,", "  i, im, ive, abc*,", "en.yml: people: “abc*”"),
            ("eleven 11", "eleven eleven", "en.yml: numbers: “eleven eleven” is not a word and a number."),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, old: str, new: str, said: str) -> None:
        folder = Path(shutil.copytree(FOLDER, tmp_path / "words"))
        file = folder / "en.yml"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(SensitiveWordsWrong, match=said.replace(".", r"\.").replace("*", r"\*")):
            read_sensitive_words(folder)


class TestSentences:
    def test_m05_every_language_says_what_it_leaves_out(self, real: Catalogue) -> None:
        assert real.free_texts.keys() == set(real.locales)
        placeholders = {
            real.free_texts[locale].reader.read("4111111111111111", 100).text: locale for locale in real.locales
        }
        assert len(placeholders) == len(real.locales)
        for texts in real.free_texts.values():
            assert [one["code"] for one in texts.told(LEFT_OUT_CODES)] == list(LEFT_OUT_CODES)
            assert all(one["text"] for one in texts.told(LEFT_OUT_CODES))

    def test_m05_a_placeholder_gives_no_reason_to_leave_anything_out(self, real: Catalogue) -> None:
        for texts in real.free_texts.values():
            for example in ("4111111111111111", "I have diabetes", "LV80BANK0000435195001", "passport LV1234567"):
                kept = texts.reader.read(f"Esmu / jestem / jsem / я / I: {example}", 200).text
                assert texts.reader.read(kept, 200).left_out == ()

    def test_n17_a_language_that_cannot_say_it_does_not_collect(
        self, copy: Copy, complete: Callable[[str], None]
    ) -> None:
        complete("lv")
        copy.change("locales/lv.yml", '    placeholder: "[card number left out]"\n', "")
        loaded = copy.load()
        assert "lv" not in loaded.free_texts
        assert "lv" not in loaded.locales_of("request_contact")
