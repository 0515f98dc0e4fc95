"""The text policy (SEC-27)."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.rules.text import MARKS_PER_BASE, Refused, clean

NAMES = [
    "Jānis Bērziņš",
    "Ģirts Ķēniņš-Ļauļa",
    "Žanete Šūpole",
    "Ēriks Čakste",
    "Łukasz Śćiężyński",
    "Zażółć Gęślą-Jaźń",
    "Bożena Źdźbło",
    "Jiří Dvořák",
    "Růžena Ťuhýková",
    "Květoslav Ďuriš ml.",
    "Анна Щукина-Ёлкина",
    "Иван Объедков",
    "O’Brien",
    "D'Arcy",
    "Anne-Marie St. John",
    "María José Núñez",
    "Nguyễn Thị Hồng",
    "محمد علي",
    "दीपिका",
    "山田 太郎",
]


def refused(typed: str, length: int = 100, *, lines: bool = False) -> str:
    with pytest.raises(Refused) as caught:
        clean(typed, length, lines=lines)
    return caught.value.code


class TestNames:
    @pytest.mark.parametrize("name", NAMES)
    def test_sec_27_a_real_name_passes_unchanged(self, name: str) -> None:
        assert clean(name, 120, lines=False) == unicodedata.normalize("NFC", name)

    @pytest.mark.parametrize("name", NAMES)
    def test_v_02_a_decomposed_name_becomes_the_same_name(self, name: str) -> None:
        assert clean(unicodedata.normalize("NFD", name), 120, lines=False) == unicodedata.normalize("NFC", name)


class TestWhatCannotBeSeen:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("An\x00na", "Anna"),
            ("An\x1bna\x7f\x9b", "Anna"),
            ("\ufeffAnna", "Anna"),
            ("Anna\u202egpj.exe", "Annagpj.exe"),
            ("\u2066Anna\u2069", "Anna"),
            ("Anna" + "".join(chr(0xE0000 + ord(letter)) for letter in "yes"), "Anna"),
            ("Anna\tLiepa", "Anna Liepa"),
        ],
    )
    def test_sec_27_controls_and_direction_overrides_are_dropped(self, typed: str, kept: str) -> None:
        assert clean(typed, 100, lines=False) == kept

    @pytest.mark.parametrize(
        "typed",
        ["", "   ", "\u200b", "\u2060\u00ad", "\u3000", "\u0301", "\u3164", "\u2800 \u2800", "\u115f\u1160", "\uffa0"],
    )
    def test_a_text_that_shows_nothing_is_no_answer(self, typed: str) -> None:
        assert clean(typed, 100, lines=True) == ""


class TestWhatIsRefused:
    @pytest.mark.parametrize("typed", ["a\ud800", "\udfff", "a\ufffe", "\uffff", "\ufdd0", "\U0010ffff"])
    def test_sec_27_half_characters_and_noncharacters(self, typed: str) -> None:
        assert refused(typed) == "text_characters"

    def test_sec_27_a_heap_of_marks_on_one_letter(self) -> None:
        assert clean("e" + "\u0323\u0301\u0308\u0304", 100, lines=False)
        assert refused("e" + "\u0323" * (MARKS_PER_BASE + 1)) == "text_marks"

    @pytest.mark.parametrize("between", ["\u200d", "\u200c", "\u200b", "\u2060", "\u00ad", "\u202e"])
    def test_sec_27_what_cannot_be_seen_divides_no_heap(self, between: str) -> None:
        assert refused("e" + f"{between}".join(["\u0323" * MARKS_PER_BASE] * 3)) == "text_marks"

    def test_a_heap_that_is_broken_up_by_something_dropped_is_still_a_heap(self) -> None:
        assert refused("e" + "\u0323\u202e" * (MARKS_PER_BASE + 1)) == "text_marks"

    def test_m_05_a_text_over_its_length(self) -> None:
        assert clean("x" * 1000, 1000, lines=True) == "x" * 1000
        assert refused("x" * 1001, 1000) == "text_too_long"

    def test_length_is_counted_after_composing(self) -> None:
        assert clean("e\u0301" * 100, 100, lines=False) == "é" * 100

    def test_sec_24_a_very_long_text_is_refused_by_its_length_before_anything_else(self) -> None:
        assert refused("\u0301" * 1_000_000) == "text_too_long"
        assert refused("\ud800" * 1_000_000) == "text_too_long"


class TestLines:
    @pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\u2028", "\u2029", "\x85", "\x0b"])
    def test_every_line_end_becomes_a_line_feed(self, end: str) -> None:
        assert clean(f"one{end}two", 100, lines=True) == "one\ntwo"

    @pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\u2028", "\x85"])
    def test_sec_20_a_one_line_field_holds_one_line(self, end: str) -> None:
        assert refused(f"Anna{end}Bcc: all@example.com") == "text_lines"

    def test_line_ends_around_the_text_are_trimmed(self) -> None:
        assert clean("\r\nAnna\r\n", 100, lines=False) == "Anna"


class TestAnyText:
    @settings(deadline=None)
    @given(st.text(st.characters(codec=None), max_size=60))
    def test_sec_27_what_is_kept_is_clean_and_stays_as_it_is(self, typed: str) -> None:
        try:
            kept = clean(typed, 50, lines=True)
        except Refused:
            return
        assert kept == unicodedata.normalize("NFC", kept)
        assert len(kept) <= 50
        assert kept.encode().decode() == kept
        assert not [letter for letter in kept if unicodedata.category(letter) in ("Cc", "Cs") and letter != "\n"]
        assert clean(kept, 50, lines=True) == kept
