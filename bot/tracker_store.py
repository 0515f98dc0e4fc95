"""Rasa's tracker store, made volatile: after each turn it keeps where the conversation stands and drops what was said.

Rasa would keep every word, twice, for ever, and has no delete. Here a tracker is reduced to its slots and its open
form; the next turn begins from a tracker made of those. User texts, parse data, the bot's sentences and superseded slot
values are gone when the turn is over. `bot/memory.py` says where and for how long the rest is kept.
"""
# ruff: noqa: ARG002 - the libraries prescribe what these methods are given

from __future__ import annotations

import time
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, REQUESTED_SLOT
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.state import SLOTS
from bot.memory import Memory, Record, open_memory
from bot.settings import read_settings

KEPT_SLOTS = (*SLOTS, REQUESTED_SLOT)
DESK = "desk"  # what the channel keeps of a conversation


class VolatileTrackerStore(TrackerStore):  # type: ignore[misc]
    """Named in endpoints.yml; `bot.serve` asserts at start that Rasa really uses it."""

    def __init__(
        self, domain: Any = None, event_broker: Any = None, host: Any = None, memory: Memory | None = None, **named: Any
    ) -> None:
        if event_broker is not None:
            # A broker would be sent every word of every visitor, whatever this store keeps.
            raise ValueError("endpoints.yml names an event broker; conversations are not published")
        super().__init__(domain, None, **named)
        self.memory = memory or open_memory(read_settings().redis_url, time.monotonic)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep where the conversation stands. What the channel keeps of it stays."""
        record = await self.memory.read(tracker.sender_id) or {}
        await self.memory.write(tracker.sender_id, {**record, **reduce(tracker)})

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return a tracker that stands where the conversation does, without its history."""
        record = await self.memory.read(sender_id)
        if record is None or "slots" not in record:
            return None
        return DialogueStateTracker.from_events(sender_id, _events_of(record), slots=self.domain.slots)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """Return a new tracker. It is kept when its first turn is over, so that a failed turn leaves nothing."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker

    async def keys(self) -> list[str]:
        """Return nothing: conversations are not listed."""
        return []

    async def delete(self, sender_id: str) -> None:
        """Forget a conversation."""
        await self.memory.forget(sender_id)


def reduce(tracker: DialogueStateTracker) -> Record:
    """Return all that is kept of a tracker: the slots of the state, and whether the form is open."""
    slots = {name: tracker.slots[name].value for name in KEPT_SLOTS if name in tracker.slots}
    return {
        "slots": {name: value for name, value in slots.items() if value is not None},
        "loop": tracker.active_loop_name,
    }


def _events_of(record: Record) -> list[Any]:
    loop = record.get("loop")
    return [
        ActionExecuted(ACTION_SESSION_START_NAME),
        SessionStarted(),
        ActionExecuted(ACTION_LISTEN_NAME),
        *(SlotSet(name, value) for name, value in record["slots"].items()),
        *([ActiveLoop(loop)] if loop else []),
        ActionExecuted(ACTION_LISTEN_NAME),
    ]
