"""What the served model understands of texts it has not learnt from (tests/bot/held_out)."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.nlu.masking import mask
from tests.bot.bot_processes import ROOT

HELD_OUT = Path(__file__).parent / "held_out" / "en.tsv"
ACTED_ON_FROM = 0.5
INTENTS = re.compile(r"^  - intent: (\w+)$", re.MULTILINE)


def read_held_out() -> list[dict[str, str]]:
    with HELD_OUT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def training_texts() -> Iterator[str]:
    for file in sorted((ROOT / "data" / "nlu" / "en").glob("*.yml")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("      - "):
                yield line[8:].strip()


@pytest.fixture(scope="module")
def classifier(model: str) -> Any:
    """Load the classifier of the served model."""
    from rasa.core.agent import Agent

    agent = asyncio.run(_load(Agent, model))
    nodes = agent.processor.graph_runner._instantiated_nodes
    return next(node._component for name, node in nodes.items() if "MaskedTextIntentClassifier" in name)


async def _load(agent: Any, model: str) -> Any:
    return agent.load(model)


@pytest.mark.filterwarnings("ignore")
class TestHeldOut:
    def test_is_apart_from_the_training_data(self) -> None:
        learnt = {mask(text) for text in training_texts()}
        assert [row["text"] for row in read_held_out() if mask(row["text"]) in learnt] == []

    def test_reaches_what_the_conversation_needs(self, classifier: Any) -> None:
        rows = read_held_out()
        ranked = [(row["intent"], classifier.rank(row["text"])) for row in rows]
        right = sum(ranking[0]["name"] == intent for intent, ranking in ranked)
        wrongly_acted_on = sum(r[0]["name"] != intent and r[0]["confidence"] >= ACTED_ON_FROM for intent, r in ranked)
        assert right / len(rows) >= 0.92
        assert wrongly_acted_on / len(rows) <= 0.03

    def test_c08_takes_nothing_else_for_a_sure_yes(self, classifier: Any) -> None:
        taken = [
            row["text"]
            for row in read_held_out()
            if row["intent"] != "affirm"
            and classifier.rank(row["text"])[0]["name"] == "affirm"
            and classifier.rank(row["text"])[0]["confidence"] >= 0.8
        ]
        assert taken == []

    @pytest.mark.parametrize(
        "intent", ["affirm", "deny", "withdraw_consent", "request_access", "request_erasure", "talk_to_human"]
    )
    def test_seldom_misses_what_matters_most(self, classifier: Any, intent: str) -> None:
        texts = [row["text"] for row in read_held_out() if row["intent"] == intent]
        found = sum(classifier.rank(text)[0]["name"] == intent for text in texts)
        assert len(texts) >= 8
        assert len(texts) - found <= 1

    def test_emoji_and_signs_alone_mean_nothing(self, classifier: Any) -> None:
        assert [classifier.rank(text)[0]["name"] for text in ("👍", "🙂🙂", "...", "?!")] == ["out_of_scope"] * 4


class TestTheData:
    def test_has_every_intent_and_enough_of_each(self) -> None:
        counts: dict[str, int] = {}
        for file in (ROOT / "data" / "nlu" / "en").glob("*.yml"):
            for block in file.read_text(encoding="utf-8").split("  - intent: ")[1:]:
                counts[block.split("\n", 1)[0]] = block.count("\n      - ")
        assert len(counts) == 28
        assert {intent: count for intent, count in counts.items() if count < 50} == {}

    def test_learns_from_no_text_twice(self) -> None:
        texts = [text.casefold() for text in training_texts()]
        assert len(texts) == len(set(texts))

    def test_no_text_is_learnt_under_two_intents(self) -> None:
        seen: dict[str, str] = {}
        twice = []
        for file in sorted((ROOT / "data" / "nlu" / "en").glob("*.yml")):
            for block in file.read_text(encoding="utf-8").split("  - intent: ")[1:]:
                intent, rest = block.split("\n", 1)
                for line in rest.splitlines():
                    text = mask(line[8:]) if line.startswith("      - ") else ""
                    if text and seen.setdefault(text, intent) != intent:
                        twice.append((text, seen[text], intent))
        assert twice == []


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
        ],
    )
    def test_learns_kinds_and_no_values(self, text: str, masked: str) -> None:
        assert mask(text) == masked

    def test_reads_a_bounded_part(self) -> None:
        assert len(mask("a b " * 100_000)) <= 600
