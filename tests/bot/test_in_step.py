"""What is written in several places and must stay in step: the code, domain.yml, the rules, the training data, the five
files of words, and the catalogue. A text that is missing, or one that nobody says, fails here."""

from __future__ import annotations

import importlib
import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue import replies
from bot.dialogue.state import SLOTS
from bot.dialogue.topics import load_topics
from bot.wording import LANGUAGES
from tests.bot.bot_processes import ROOT
from tests.bot.test_lean import lean

# Said by the channel and its buttons only: no text is ever read as one of these.
NEVER_TYPED = {"open_chat", "choose_form", "try_again"}
FEWEST_EXAMPLES = 60
SECTIONS = ("replies", "buttons")


@cache
def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


@cache
def code_of_the_bot() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "bot").rglob("*.py")))


def intents_of(steps: Any) -> Iterator[str]:
    """Give every intent that a rule or a part of it names."""
    if isinstance(steps, dict):
        if "intent" in steps:
            yield steps["intent"]
        steps = list(steps.values())
    if isinstance(steps, list):
        for step in steps:
            yield from intents_of(step)


def catalogue_forms() -> set[str]:
    return {file.stem for file in (ROOT / "catalogue" / "forms").glob("*.yml")}


def gaps(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", LANGUAGES)
class TestTheWords:
    def test_every_reply_is_in_words_and_every_word_is_a_reply(self, language: str) -> None:
        named = {name for name in vars(replies).values() if isinstance(name, str) and name.startswith("utter_")}
        assert set(read(f"bot/words/{language}.yml")["replies"]) == named

    def test_every_button_is_in_words_and_every_word_is_on_a_button(self, language: str) -> None:
        titles = read(f"bot/words/{language}.yml")["buttons"]
        meanings = {f"meant_{intent}" for intent in set(read("domain.yml")["intents"]) - NEVER_TYPED}
        assert {word for word in titles if word.startswith("meant_")} == meanings
        assert [word for word in set(titles) - meanings if f'"{word}"' not in code_of_the_bot()] == []
        offered = set(re.findall(r'Offer\([^()]*(?:\([^()]*\))?[^()]*, "(\w+)"\)', code_of_the_bot()))
        assert offered <= set(titles)
        assert {"yes", "no", "skip", "why", "send"} <= offered  # the search above finds them

    @pytest.mark.parametrize("section", SECTIONS)
    def test_every_text_has_the_gaps_of_the_english_one_and_none_is_empty(self, language: str, section: str) -> None:
        ours, english = read(f"bot/words/{language}.yml")[section], read("bot/words/en.yml")[section]
        assert [name for name, text in english.items() if gaps(ours[name]) != gaps(text)] == []
        assert [name for name, text in ours.items() if not text.strip()] == []

    def test_no_two_buttons_that_stand_side_by_side_have_one_title(self, language: str) -> None:
        titles = read(f"bot/words/{language}.yml")["buttons"]
        meanings = [title for word, title in titles.items() if word.startswith("meant_")]
        others = [title for word, title in titles.items() if not word.startswith("meant_")]
        assert [title for title, count in Counter(meanings).items() if count > 1] == []
        assert [title for title, count in Counter(others).items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
class TestTheTrainingData:
    def test_has_every_intent_of_the_domain_and_no_other_with_enough_examples(self, language: str) -> None:
        counts: Counter[str] = Counter()
        for file in (ROOT / "data" / "nlu" / language).glob("*.yml"):
            for block in read(file.relative_to(ROOT).as_posix())["nlu"]:
                counts[block["intent"]] += len(re.findall(r"^\s*- ", block["examples"], re.MULTILINE))
        assert set(counts) == set(read("domain.yml")["intents"]) - NEVER_TYPED
        assert {intent: count for intent, count in counts.items() if count < FEWEST_EXAMPLES} == {}

    def test_has_each_intent_in_the_file_in_which_english_has_it(self, language: str) -> None:
        def places(of: str) -> dict[str, set[str]]:
            files = (ROOT / "data" / "nlu" / of).glob("*.yml")
            return {
                file.name: {block["intent"] for block in read(file.relative_to(ROOT).as_posix())["nlu"]}
                for file in files
            }

        assert places(language) == places("en")


class TestTheDomain:
    def test_every_intent_has_a_rule_while_no_form_is_open_and_every_rule_an_intent(self) -> None:
        rules = [rule for file in sorted((ROOT / "data" / "rules").glob("*.yml")) for rule in read_rules(file)]
        ruled = {intent for rule in rules for intent in intents_of(rule)}
        assert ruled == set(read("domain.yml")["intents"]) | {"nlu_fallback"}

    def test_every_action_has_its_class_and_every_class_is_named(self) -> None:
        modules = [file.stem for file in (ROOT / "bot" / "actions").glob("*.py")]
        names = {
            getattr(importlib.import_module(f"bot.actions.{one}"), "NAME", None) for one in modules if one[0] != "_"
        }
        assert names - {None} == set(read("domain.yml")["actions"])

    def test_the_slots_are_the_state_and_what_rasas_form_asks_for(self) -> None:
        assert set(read("domain.yml")["slots"]) == {*SLOTS, "open_question"}
        slots = read("domain.yml")["slots"].values()
        # No text, entity or intent fills a slot, and none steers a policy (H-09).
        assert [slot for slot in slots if slot["mappings"] != [{"type": "custom"}]] == []
        assert [slot for slot in slots if slot["influence_conversation"]] == []


class TestTheTopics:
    def test_every_topic_is_an_intent(self) -> None:
        assert set(load_topics().forms) <= set(read("domain.yml")["intents"]) - NEVER_TYPED

    def test_every_form_of_the_catalogue_is_reached_by_an_intent_or_has_its_place_elsewhere(self) -> None:
        by_intent, by_page = set(load_topics().forms.values()), load_topics().by_page
        assert by_intent | by_page == catalogue_forms()
        assert by_intent & by_page == set()

    def test_the_chat_offers_what_is_new_and_not_what_has_its_place_elsewhere(self) -> None:
        offered = load_topics().of_the_chat([{"form": form} for form in ("newsletter", "survey", "book_a_tour")])
        assert [form["form"] for form in offered] == ["newsletter", "book_a_tour"]

    def test_the_form_that_brings_a_person_is_in_the_catalogue(self) -> None:
        assert load_topics().person in catalogue_forms()


class TestTheStories:
    def test_rasa_finds_that_each_rule_does_what_it_should(self, model: str, tmp_path: Path) -> None:
        tested = lean(ROOT, *self.of(ROOT / "tests" / "test_stories.yml", model, tmp_path))
        assert tested.returncode == 0, tested.stdout[-3000:] + tested.stderr[-3000:]

    def test_and_would_find_one_that_does_not(self, model: str, tmp_path: Path) -> None:
        wrong = tmp_path / "test_wrong.yml"
        stories = (ROOT / "tests" / "test_stories.yml").read_text(encoding="utf-8")
        wrong.write_text(stories.replace("- action: lead_form", "- action: action_answer"), encoding="utf-8")
        assert lean(ROOT, *self.of(wrong, model, tmp_path)).returncode != 0

    def of(self, stories: Path, model: str, out: Path) -> list[str]:
        """Return the command that tests stories with the real model."""
        paths = ["--model", model, "--stories", str(stories), "--out", str(out / "results")]
        return ["test", "core", *paths, "--fail-on-prediction-errors", "--no-plot"]


def read_rules(file: Path) -> list[Any]:
    return list(read(file.relative_to(ROOT).as_posix())["rules"])
