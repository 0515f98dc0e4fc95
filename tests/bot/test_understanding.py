"""What the served model understands of texts it has not learnt from (tests/bot/held_out), and what it learns from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from bot.dialogue.said import Heard, Said, hear_decision
from bot.nlu.masking import mask
from bot.nlu_report import HELD_OUT, held_out_files, read_rows, served_model
from bot.wording import load_wording
from tests.bot.bot_processes import ROOT

LANGUAGES = ("cs", "en", "lv", "pl", "ru")
GRAVE = ("affirm", "deny", "withdraw_consent", "request_access", "request_erasure", "talk_to_human")
INTENTS = 28


def examples(language: str) -> Iterator[tuple[str, str]]:
    """Give each training text of a language with its intent."""
    for file in sorted((ROOT / "data" / "nlu" / language).glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            assert block["metadata"] == {"language": language}, file
            for line in block["examples"].splitlines():
                yield block["intent"], line.removeprefix("- ").strip()


class SeenSet(NamedTuple):
    """A held-out set whose mistakes have been read, and the training mended by kinds of them: never by its texts."""

    folder: str
    of_each: int  # texts for each intent and language
    known_before: int  # "yes", "what do you know about me": learnt before the set was written

    def rows(self) -> list[dict[str, str]]:
        """Give its texts."""
        return [row for language in LANGUAGES for row in read_rows(HELD_OUT / self.folder / f"{language}.tsv")]


SEEN_SETS = (SeenSet("second", of_each=12, known_before=406), SeenSet("third", of_each=10, known_before=150))


@cache
def served() -> Any:
    return served_model()


def run_report(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.nlu_report", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture(scope="module")
def report(model: str) -> dict[str, Any]:
    """Report on the held-out set by the command."""
    done = run_report()
    assert done.returncode == 0, done.stderr[-2000:]
    read: dict[str, Any] = json.loads(done.stdout)
    return read


class TestHeldOut:
    def test_has_enough_of_every_intent_in_every_language(self) -> None:
        counts = Counter((row["lang"], row["intent"]) for file in held_out_files() for row in read_rows(file))
        assert {language for language, _ in counts} == set(LANGUAGES)
        assert len(counts) == len(LANGUAGES) * INTENTS
        assert min(counts.values()) >= 10

    def test_is_understood(self, report: dict[str, Any]) -> None:
        assert report["top_1"] >= 0.95
        assert report["not_learnt_word_by_word"]["top_1"] >= 0.94
        assert report["not_learnt_word_by_word"]["texts"] >= 1500
        assert {name: one["top_1"] for name, one in report["by_language"].items() if one["top_1"] < 0.94} == {}

    @pytest.mark.parametrize("intent", GRAVE)
    def test_seldom_misses_what_matters_most(self, report: dict[str, Any], intent: str) -> None:
        assert report["by_intent"][intent]["recall"] >= 0.95

    def test_c08_hardly_anything_else_is_taken_for_a_yes(self, report: dict[str, Any]) -> None:
        assert report["acting"]["taken_for_affirm"] <= 0.003

    def test_is_seldom_acted_on_wrongly_and_asked_back_well(self, report: dict[str, Any]) -> None:
        assert report["acting"]["wrongly_acted_on"] <= 0.03
        assert report["acting"]["right_one_among_buttons"] >= 0.97
        assert report["acting"]["out_of_scope_rejected"] >= 0.9

    def test_tells_the_languages_apart(self, report: dict[str, Any]) -> None:
        assert report["language_identified"] >= 0.98
        assert report["language"]["own_page_without_marks"] >= 0.98
        assert report["language"]["no_page"] >= 0.95
        assert report["language"]["another_page"] >= 0.95

    def test_seldom_takes_a_language_for_plainly_another(self, report: dict[str, Any]) -> None:
        assert report["language"]["plainly_another"]["false_alarms"] < 0.005
        assert report["language"]["plainly_another"]["heard"] >= 0.85


class TestLanguage:
    @pytest.mark.parametrize("text", ["ok", "demo", "stop", "+371 29 123 456", "anna@liepa.example", "12", "🍕"])
    def test_what_all_share_says_nothing(self, model: str, text: str) -> None:
        identify, plainly = served().identify, served().plainly
        assert identify(text) is None
        for page in LANGUAGES:
            language, confidence = identify(text, page_language=page) or ("", 1.0)
            assert (language, confidence < plainly) == (page, True)

    @pytest.mark.parametrize(
        ("text", "language"),
        [
            ("cik tas maksa menesi", "lv"),
            ("сколько это стоит", "ru"),
            ("prosze o kontakt", "pl"),
            ("chtel bych ukazku", "cs"),
            ("how much is it a month", "en"),
        ],
    )
    def test_a_sentence_is_heard_on_any_page(self, model: str, text: str, language: str) -> None:
        for page in LANGUAGES:
            found, confidence = served().identify(text, page_language=page) or ("", 0.0)
            assert (found, confidence >= served().plainly) == (language, True)

    def test_a_message_carries_it(self, model: str) -> None:
        parsed = served().parse("cik tas maksa menesi", "en")
        assert parsed["language"] == "lv"
        assert parsed["language_confidence"] >= served().plainly


class TestConsent:
    """C-08, by the words of each language and the served model."""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_yes_and_no_are_heard_and_nothing_else_is_a_yes(self, model: str, language: str) -> None:
        lexicon = load_wording().languages[language].lexicon
        parse = served().parse
        heard: dict[str, list[Heard]] = {"affirm": [], "deny": []}
        wrong = []
        for row in read_rows(HELD_OUT / f"{language}.tsv"):
            best = parse(row["text"])["intent"]
            decision = hear_decision(Said(best["name"], best["confidence"], row["text"]), lexicon)
            heard.setdefault(row["intent"], []).append(decision)
            if decision is Heard.YES and row["intent"] != "affirm":
                wrong.append(row["text"])
        assert wrong == []
        assert heard["affirm"].count(Heard.YES) >= 0.6 * len(heard["affirm"])
        assert heard["affirm"].count(Heard.NO) == 0
        assert heard["deny"].count(Heard.NO) >= 0.8 * len(heard["deny"])


class TestReport:
    def test_takes_any_file_of_the_form(self, model: str, tmp_path: Path) -> None:
        file = tmp_path / "own.tsv"
        file.write_text('lang\tintent\ttext\nen\tgreet\thello\nlv\task_bot\t"tu esi robots?\n', encoding="utf-8")
        done = run_report(str(file))
        assert (done.returncode, json.loads(done.stdout)["texts"]) == (0, 2)

    @pytest.mark.parametrize("text", ["", "language\twords\nen\thello\n"])
    def test_says_what_a_file_lacks(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "own.tsv"
        file.write_text(text, encoding="utf-8")
        done = run_report(str(file))
        assert done.returncode == 2
        assert "must begin with the line lang, intent, text" in done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
class TestTheData:
    def test_has_every_intent_and_enough_of_each(self, language: str) -> None:
        counts = Counter(intent for intent, _ in examples(language))
        assert len(counts) == INTENTS
        assert {intent: count for intent, count in counts.items() if count < 60} == {}

    def test_learns_from_no_text_twice(self, language: str) -> None:
        counts = Counter(text.casefold() for _, text in examples(language))
        assert [text for text, count in counts.items() if count > 1] == []

    def test_stands_in_files_of_the_same_names(self, language: str) -> None:
        names = {file.name for file in (ROOT / "data" / "nlu" / language).iterdir()}
        assert names == {file.name for file in (ROOT / "data" / "nlu" / "en").iterdir()}


class TestAllTheData:
    def test_no_text_is_learnt_under_two_intents_in_any_language(self) -> None:
        seen: dict[str, str] = {}
        texts = [(intent, mask(text)) for language in LANGUAGES for intent, text in examples(language)]
        assert [(text, seen[text], intent) for intent, text in texts if seen.setdefault(text, intent) != intent] == []


@pytest.mark.parametrize("seen", SEEN_SETS, ids=lambda seen: seen.folder)
class TestTheSeenSets:
    def test_have_as_many_of_every_intent_in_every_language(self, seen: SeenSet) -> None:
        counts = Counter((row["lang"], row["intent"]) for row in seen.rows())
        assert len(counts) == len(LANGUAGES) * INTENTS
        assert set(counts.values()) == {seen.of_each}

    def test_were_not_learnt(self, seen: SeenSet) -> None:
        learnt = {mask(text) for language in LANGUAGES for _, text in examples(language)}
        assert sum(mask(row["text"]) in learnt for row in seen.rows()) <= seen.known_before

    def test_are_understood(self, seen: SeenSet, model: str, tmp_path: Path) -> None:
        file = tmp_path / "seen.tsv"
        rows = [f"{row['lang']}\t{row['intent']}\t{row['text']}" for row in seen.rows()]
        file.write_text("\n".join(["lang\tintent\ttext", *rows]) + "\n", encoding="utf-8")
        report = json.loads(run_report(str(file)).stdout)
        assert report["top_1"] >= 0.95
        assert {name: one["top_1"] for name, one in report["by_language"].items() if one["top_1"] < 0.95} == {}
        assert {name for name in GRAVE if report["by_intent"][name]["recall"] < 0.95} == set()
        assert report["acting"]["taken_for_affirm"] <= 0.003
        assert report["acting"]["wrongly_acted_on"] <= 0.03
        assert report["acting"]["right_one_among_buttons"] >= 0.97
        assert report["acting"]["out_of_scope_rejected"] >= 0.9
        assert report["language_identified"] >= 0.98


class TestMasking:
    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("Call me: +371 20 000 000", "call me: xphone"),
            ("Write to Anna.K@Firma.LV!", "write to xemail"),
            ("12 people, 3,5", "xnumber people, xnumber , xnumber"),
            ("\u2060/affirm", "/affirm"),
            ("YESSS", "yes"),
            ("I’m", "i'm"),
            ("lone \ud83d surrogate", "lone surrogate"),
            ("Article 17", "article 17"),
            ("15. pants", "15. pants"),
            ("wg art. 17 RODO", "wg art. 17 rodo"),
            ("podle článku 15", "podle článku 15"),
            ("Chciałbym", "chcialbym"),
            ("Всё", "все"),
        ],
    )
    def test_learns_kinds_and_no_values(self, text: str, masked: str) -> None:
        assert mask(text) == masked

    def test_reads_a_bounded_part(self) -> None:
        assert len(mask("a b " * 100_000)) <= 600
