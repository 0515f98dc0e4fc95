"""Rasa or the action server as they are served, with a clock around the parts of a turn; runs in the bot's environment.

    python -m tests.bench.timed rasa|actions FILE [SECONDS A CONVERSATION IS KEPT]

Each turn appends one line of JSON to FILE: seconds by part. Parts stand inside one another; `split.py` takes them
apart.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SWEEP_SECONDS = 0.5


class Clock:
    """Adds up the seconds of each part until the turn is over."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.parts: dict[str, float] = {}

    def around(self, owner: Any, name: str, part: str, *, ends_turn: bool = False) -> None:
        """Put the clock around a method, plain or asynchronous."""
        method = getattr(owner, name)

        async def timed_later(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return await method(*given, **named)
            finally:
                self._add(part, begun, ends_turn=ends_turn)

        def timed(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return method(*given, **named)
            finally:
                self._add(part, begun, ends_turn=ends_turn)

        is_later = method.__code__.co_flags & 0x80  # a coroutine function
        setattr(owner, name, functools.wraps(method)(timed_later if is_later else timed))

    def _add(self, part: str, begun: float, *, ends_turn: bool) -> None:
        self.parts[part] = self.parts.get(part, 0.0) + time.perf_counter() - begun
        if ends_turn:
            with self.file.open("a") as lines:
                lines.write(json.dumps(self.parts) + "\n")
            self.parts = {}


def serve_rasa(clock: Clock, lifetime: float | None) -> None:
    """Serve Rasa with the clock in it."""
    from bot.lean import put_stand_ins

    put_stand_ins()
    from rasa.core.actions.action import RemoteAction
    from rasa.core.processor import MessageProcessor

    from bot import channel, memory, tracker_store

    clock.around(MessageProcessor, "parse_message", "parse")
    clock.around(MessageProcessor, "predict_next_with_tracker_if_should", "policy")
    clock.around(RemoteAction, "run", "action")
    clock.around(tracker_store.VolatileTrackerStore, "save", "tracker")
    clock.around(tracker_store.VolatileTrackerStore, "retrieve", "tracker")
    clock.around(channel.GatewayChannel, "_turn", "rasa", ends_turn=True)
    if lifetime is not None:
        channel.SWEEP_SECONDS = SWEEP_SECONDS
        tracker_store.open_memory = lambda _url, now: memory.ProcessMemory(now, lifetime)
    _main("bot.serve")()


def serve_actions(clock: Clock, _lifetime: float | None) -> None:
    """Serve the actions with the clock in them."""
    from bot.actions.base import TurnAction
    from bot.client import FormApi

    clock.around(FormApi, "_call", "api")
    clock.around(TurnAction, "run", "action", ends_turn=True)
    _main("bot.actions.__main__")()


def _main(module: str) -> Callable[[], None]:
    import importlib

    main: Callable[[], None] = importlib.import_module(module).main
    return main


Serve = Callable[[Clock, float | None], None]
SERVES: dict[str, Serve] = {"rasa": serve_rasa, "actions": serve_actions}

if __name__ == "__main__":
    which, file, *kept = sys.argv[1:]
    SERVES[which](Clock(Path(file)), float(kept[0]) if kept else None)
