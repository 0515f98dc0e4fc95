"""Conversations that are opened and left: what they take in memory, and whether it is free when their time is over."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.bench.bot_house import BotHouse, bot_house
from tests.bench.load import resident_mib
from tests.bench.talk import is_forgotten, leave_open

CONVERSATIONS = 200
LINES = 3  # notice, yes and name are in memory
ROUNDS = 3
KEPT_SECONDS = 45.0  # instead of half an hour; long enough that the first is still there when the last is opened


def bench_left_open(folder: Path) -> dict[str, Any]:
    """Leave 200 conversations open, wait until their time is over, and do it again: MiB of Rasa and of the actions.

    The first round warms up: what libraries load at first use, and what the allocator keeps for the next time.
    """
    with bot_house(folder / "left-open", kept_seconds=KEPT_SECONDS) as house:
        before = _memory(house)
        rounds = [_one_round(house) for _ in range(ROUNDS)]
    return {"conversations": CONVERSATIONS, "before": before, "rounds": rounds}


def _one_round(house: BotHouse) -> dict[str, Any]:
    left = [leave_open(house.rasa.port, house.gateway_token, lines=LINES) for _ in range(CONVERSATIONS)]
    opened = _memory(house)
    time.sleep(KEPT_SECONDS + 2)  # what is measured: the time a conversation is kept, and one sweep
    if not all(is_forgotten(house.rasa.port, house.gateway_token, one) for one in left):
        raise RuntimeError("A conversation outlived its time.")
    return {"open": opened, "over": _memory(house)}


def _memory(house: BotHouse) -> dict[str, float]:
    return {"rasa": resident_mib(house.rasa.pid), "actions": resident_mib(house.actions.pid)}
