"""A chat turn against the fixed answer: the same Rasa, pipeline and channel answering one sentence.

Both are measured at Rasa's channel, where the gateway of the public door asks. A turn is any turn of a whole dialogue,
from "I would like to see it" to the reference, with all that hangs on it: the actions, the internal door, the store.
"""

import itertools
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.load import Connection, Measured, resident_mib, summed_up
from tests.processes import WholeHouse, whole_house

DIALOGUES = 30
WARM = 5
DIALOGUE = (
    "could somebody show me how it works?",
    "yes",
    "Example Visitor",
    "visitor{number}@sample.example",
    "Example House",
    "i manage it",
    "12",
    "rather not say",
    "why do you ask that?",
    "we would like to see the calendar",
    "no",
    "no",
    "yes, send",
)
FIXED = "thank you"
_numbers = itertools.count()


def bench_chat(folder: Path) -> dict[str, Any]:
    """Measure turns and fixed answers in turn and return the figures and the ratio of their medians."""
    with whole_house(folder / "house") as house:
        for _ in range(WARM):
            list(turns(house))
            list(fixed_answers(house))
        took: dict[str, list[float]] = {"turn": [], "fixed": []}
        begun = time.perf_counter()
        for _ in range(DIALOGUES):
            took["turn"] += turns(house)
            took["fixed"] += fixed_answers(house)
        seconds = time.perf_counter() - begun
        memory = resident_mib(house.process.pid)
    measured = {name: summed_up(times, seconds) for name, times in took.items()}
    return {
        **{name: asdict(figures) for name, figures in measured.items()},
        "ratio": ratio(measured["turn"], measured["fixed"]),
        "house_mib": memory,
    }


def turns(house: WholeHouse) -> Iterator[float]:
    """Lead one dialogue to its end; give the seconds of each turn.

    :raises RuntimeError: the dialogue did not end with a reference.
    """
    number = next(_numbers)
    heard = ""
    for took, said in _conversation(house, [line.format(number=number) for line in DIALOGUE]):
        yield took
        heard = said
    if "VB-" not in heard:
        raise RuntimeError(f"The dialogue ended with: {heard}")


def fixed_answers(house: WholeHouse) -> Iterator[float]:
    """Say something that gets one fixed sentence, as often as a dialogue has turns."""
    for took, _ in _conversation(house, [FIXED] * len(DIALOGUE)):
        yield took


def ratio(turn: Measured, fixed: Measured) -> float:
    """Return how much a middle turn costs in fixed answers."""
    return round(turn.p50_ms / fixed.p50_ms, 2)


def _conversation(house: WholeHouse, lines: list[str]) -> Iterator[tuple[float, str]]:
    connection = Connection(house.ports["rasa"], {"Authorization": f"Bearer {house.secret('gateway_token')}"})
    about = {"conversation": uuid.uuid4().hex, "locale": "en", "page": "/"}
    connection.ask("POST", "/webhooks/vestibule/conversations", about, expect=200)
    for line in lines:
        begun = time.perf_counter()
        answer = connection.ask("POST", "/webhooks/vestibule/messages", {**about, "text": line}, expect=200)
        yield time.perf_counter() - begun, "\n".join(message["text"] for message in answer["messages"])
    connection.ask("DELETE", f"/webhooks/vestibule/conversations/{about['conversation']}", expect=204)
    connection.http.close()
