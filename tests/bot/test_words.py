"""The words: English complete, the other languages begun and not offered, a value is only a value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.dialogue import replies
from bot.dialogue.asides import language_note
from bot.dialogue.said import Said
from bot.wording import LANGUAGES, WORDS, WordsError, load_wording, missing_in


class TestLanguages:
    def test_n17_only_a_complete_one_is_offered(self) -> None:
        wording = load_wording()
        assert wording.complete == tuple(wording.languages) == LANGUAGES
        begun = replace(wording, complete=("en",))
        assert begun.for_language("lv").language == "en"
        (note,) = language_note(Said("open_chat", 1.0, locale="lv"), begun)
        assert (note.name, note.values) == (replies.LANGUAGE_NOT_READY, {"language_name": "Latviešu"})

    def test_one_text_or_one_gap_less_is_not_complete(self) -> None:
        english = load_wording().languages["en"]
        without = {name: text for name, text in english.replies.items() if name != replies.REFUSED}
        assert missing_in(replace(english, replies=without), english) == [f"replies.{replies.REFUSED}"]
        other_gap = {**english.replies, replies.SENT: "Sent: {reference}"}
        assert missing_in(replace(english, replies=other_gap), english) == [f"replies.{replies.SENT}"]
        assert missing_in(replace(english, buttons={**english.buttons, "more": "More"}), english) == [
            "buttons.more (unknown)"
        ]

    @pytest.mark.parametrize(
        "broken", ["", "own_name: [", "replies: 5", "own_name: x\ncalled: [x]\nlexicon: {clear_yes: [yes]}"]
    )
    def test_a_broken_file_stops_the_start_and_is_named(self, tmp_path: Path, broken: str) -> None:
        for code in LANGUAGES:
            (tmp_path / f"{code}.yml").write_text((WORDS / f"{code}.yml").read_text(encoding="utf-8"), encoding="utf-8")
        (tmp_path / "en.yml").write_text(broken, encoding="utf-8")
        with pytest.raises(WordsError, match=r"en\.yml"):
            load_wording.__wrapped__(tmp_path)


class TestWhatIsSaid:
    def test_a_value_with_braces_is_only_a_value(self) -> None:
        words = load_wording().languages["en"]
        assert words.say(replies.VERBATIM, {"words": "{reference} {0.__class__} %s"}) == "{reference} {0.__class__} %s"

    def test_n19_yes_and_no_are_as_long_and_as_neutral(self) -> None:
        buttons = load_wording().languages["en"].buttons
        assert (buttons["yes"], buttons["no"]) == ("Yes", "No")
