"""What a free text must not carry: statements about people (C-11), the age of a child (K-03); and what stays."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.sensitive_text import ReadText
from tests.intake_api.rules.sensitive import READER, read

FOLDER = Path(__file__).parent / "sensitive_texts"
LANGUAGES = ("en", "lv", "ru", "pl", "cs")
WITHOUT_ACCENTS = str.maketrans("āčēģīķļņšūžąćęłńóśźżáďéěíňřťúůýĀČĒŠŽŁŚŻ", "acegiklnsuzacelnoszzadeeinrtuuyACESZLSZ")


def written(kind: str) -> list[Any]:
    """Return the sentences of a kind, of all languages."""
    tables = {language: yaml.safe_load((FOLDER / f"{language}.yml").read_text("utf-8")) for language in LANGUAGES}
    return [pytest.param(text, id=f"{language}-{text}") for language, table in tables.items() for text in table[kind]]


class TestTables:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_c11_k03_each_language_has_enough_sentences(self, language: str) -> None:
        table = yaml.safe_load((FOLDER / f"{language}.yml").read_text("utf-8"))
        least = {"private": 40, "harmless": 40, "young": 15, "not_young": 15}
        assert {kind: len(table[kind]) >= count for kind, count in least.items()} == dict.fromkeys(least, True)


class TestStatements:
    @pytest.mark.parametrize("typed", written("private"))
    def test_c11_a_statement_about_a_person_is_left_out(self, typed: str) -> None:
        assert read(typed).left_out == ("special_category",)

    @pytest.mark.parametrize("typed", written("private"))
    def test_c11_without_accents_and_in_capitals_too(self, typed: str) -> None:
        assert read(typed.translate(WITHOUT_ACCENTS)).left_out == ("special_category",)
        assert read(typed.upper()).left_out == ("special_category",)

    @pytest.mark.parametrize("typed", written("harmless"))
    def test_c11_the_business_of_a_house_stays(self, typed: str) -> None:
        assert read(typed) == ReadText(typed)

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Hello. I have diabetes, type 2. Please call.", "Hello. [special_category]. Please call."),
            ("We have pets and I am pregnant, can you call?", "We have pets and [special_category], can you call?"),
            ("I am pregnant and in my seventh month", "[special_category]"),
            ("My husband, who is in a wheelchair, needs a ramp", "[special_category]"),
            ("Dobrý den, mám cukrovku, kolik to stojí?", "Dobrý den, [special_category], kolik to stojí?"),
            ("Esmu stāvoklī un lūdzu piezvaniet", "[special_category] un lūdzu piezvaniet"),
            ("Я беременна, но мне нужен номер", "[special_category], но мне нужен номер"),
            ("Jestem w ciąży, proszę o kontakt", "[special_category], proszę o kontakt"),
            ("I am\nI have asthma\nthanks", "I am\n[special_category]\nthanks"),
        ],
    )  # fmt: skip
    def test_c11_only_the_part_of_the_sentence_goes(self, typed: str, kept: str) -> None:
        assert read(typed).text == kept

    def test_c11_m05_a_number_inside_a_statement_goes_with_it_and_both_are_told(self) -> None:
        left = read("I have diabetes and pay with 4111111111111111")
        assert left.text == "[special_category]"
        assert left.left_out == ("special_category", "card_number")


class TestYoungWriters:
    @pytest.mark.parametrize("typed", written("young"))
    def test_k03_an_age_under_sixteen_is_heard(self, typed: str) -> None:
        assert read(typed).too_young
        assert read(typed.translate(WITHOUT_ACCENTS)).too_young
        assert read(f"Hello! {typed.upper()}").too_young

    @pytest.mark.parametrize("typed", written("not_young"))
    def test_k03_the_age_of_others_and_other_numbers_are_not(self, typed: str) -> None:
        assert read(typed) == ReadText(typed)


class TestWhatIsKept:
    def test_m05_a_text_is_never_longer_than_its_field(self) -> None:
        typed = "card 4111111111111111 " * 45
        assert read(typed, max_length=len(typed)).text == "card [card_number] " * 45
        assert read(typed, max_length=450).text == "card […] " * 45

    @pytest.mark.parametrize("typed", [*written("private"), *written("harmless")])
    def test_m05_c11_what_was_read_once_reads_the_same_again(self, typed: str) -> None:
        kept = read(f"{typed} 4111111111111111").text
        assert read(kept) == ReadText(kept)

    @given(st.text(max_size=300))
    def test_sec31_any_text_at_all_is_read(self, typed: str) -> None:
        left = READER.read(typed, 300)
        assert len(left.text) <= max(300, len(typed))
        assert bool(left.left_out) == (left.text != typed)

    @pytest.mark.parametrize(
        "piece",
        ["1 ", "11-", "4111 ", "LV80 ", "diabetes ", "i diabetes for ", "i am 12 ", "mam ja mnie rak ", "я рак ", "i, ",
         "passport 123456 ", "123456-12345 ", "3712612345 ", "a", ".", "é", "\u0301", "-", "12/", "my husband is ",
         "#", "ja mam raka i ", "i diabetes, i "],
    )  # fmt: skip
    def test_sec31_hostile_repetition_is_read_to_its_end(self, piece: str) -> None:
        """A pattern that is not linear would not come back before the time limit of the tests."""
        typed = (piece * 20_000)[:20_000]
        assert len(READER.read(typed, 20_000).text) <= 20_000
