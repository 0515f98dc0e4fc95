"""Chat turns: at one visitor and at twenty over the public door; and against the fixed answer, the same Rasa, pipeline
and channel answering one sentence, both asked at Rasa's channel where the gateway asks.

A turn is any turn of a whole dialogue, from "could somebody show me how it works?" to the reference, with all that
hangs on it: the actions, the internal door, the store.
"""

import threading
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.left_open import bench_left_open
from tests.bench.load import Measured, resident_mib, summed_up
from tests.bench.split import bench_split
from tests.bench.talk import get_fixed_answers, lead_a_dialogue, lead_a_dialogue_at_the_channel
from tests.processes import WholeHouse, whole_house

DIALOGUES = 30
WARM = 5
VISITORS = 20
DIALOGUES_EACH = 3


def bench_chat(folder: Path) -> dict[str, Any]:
    """Measure everything about chat turns and return the figures."""
    with whole_house(folder / "house") as house:
        figures = {**_against_the_fixed_answer(house), "one_visitor": _one_visitor(house), "twenty": _many(house)}
        figures["house_mib"] = resident_mib(house.process.pid)
    return {**figures, "split": bench_split(folder), "left_open": bench_left_open(folder)}


def ratio(turn: Measured, fixed: Measured) -> float:
    """Return how much a middle turn costs in fixed answers."""
    return round(turn.p50_ms / fixed.p50_ms, 2)


def _against_the_fixed_answer(house: WholeHouse) -> dict[str, Any]:
    at = house.ports["rasa"], house.secret("gateway_token")
    for _ in range(WARM):
        list(lead_a_dialogue_at_the_channel(*at))
        list(get_fixed_answers(*at))
    took: dict[str, list[float]] = {"turn": [], "fixed": []}
    begun = time.perf_counter()
    for _ in range(DIALOGUES):  # by turns, so that a noisy minute hits both
        took["turn"] += lead_a_dialogue_at_the_channel(*at)
        took["fixed"] += get_fixed_answers(*at)
    seconds = time.perf_counter() - begun
    measured = {name: summed_up(times, seconds) for name, times in took.items()}
    return {
        **{name: asdict(figures) for name, figures in measured.items()},
        "ratio": ratio(measured["turn"], measured["fixed"]),
    }


def _one_visitor(house: WholeHouse) -> dict[str, Any]:
    begun = time.perf_counter()
    took = [seconds for _ in range(DIALOGUES) for seconds in lead_a_dialogue(house.ports["public"])]
    return asdict(summed_up(took, time.perf_counter() - begun))


def _many(house: WholeHouse) -> dict[str, Any]:
    """Let twenty visitors talk at once, none of them stopping to think; a dialogue that fails is counted, by error."""
    took: list[float] = []
    errors: Counter[str] = Counter()

    def visit() -> None:
        for _ in range(DIALOGUES_EACH):
            try:
                for seconds in lead_a_dialogue(house.ports["public"]):
                    took.append(seconds)  # noqa: PERF402 - what was taken before an error counts too
            except Exception as error:  # noqa: BLE001 - counted, and shown
                errors[str(error)[:200]] += 1

    threads = [threading.Thread(target=visit) for _ in range(VISITORS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured = asdict(summed_up(took, time.perf_counter() - begun))
    return {"visitors": VISITORS, **measured, "errors": sum(errors.values()), "error_texts": dict(errors)}
