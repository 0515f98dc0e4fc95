"""What every action shares: reading the turn, saying replies, and never failing in a visitor's face or in a log."""
# ruff: noqa: ARG002 - the libraries prescribe what these methods are given

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.client import FormApi
from bot.dialogue import replies
from bot.dialogue.conversation import Conversation
from bot.dialogue.replies import INFORM, Reply
from bot.dialogue.said import NOT_A_COMMAND, Said
from bot.dialogue.state import State
from bot.dialogue.topics import load_topics
from bot.dialogue.turn import Turn
from bot.settings import read_settings, read_token
from bot.wording import load_wording

LOG = logging.getLogger("vestibule.actions")
MOST_GUESSES = 3
IN_PASSING = 0.1
_APIS: dict[str, FormApi] = {}


class TurnAction(Action, ABC):  # type: ignore[misc]
    """An action that turns a state and what was said into a turn. Subclasses write `act`."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Run the action; whatever goes wrong inside is one plain sentence to the visitor and a class name in the
        log."""
        state, said = read_state(tracker), read_said(tracker)
        try:
            turn = await self.act(state, said)
        except Exception as error:  # noqa: BLE001 - a door: rasa-sdk would answer 500 with the whole conversation in it
            LOG.error("action.failed action=%s error=%s", self.name(), type(error).__name__)
            turn = Turn(state, [Reply(replies.SOMETHING_BROKE)], is_over=state.stage is None)
        speak(dispatcher, turn.says, turn.state.language)
        return [*changed_slots(state, turn.state), *self.after(turn)]

    @abstractmethod
    async def act(self, state: State, said: Said) -> Turn:
        """Take the turn."""

    def after(self, turn: Turn) -> list[EventType]:
        """Return further events for Rasa."""
        return []


def conversation() -> Conversation:
    """Return the conversation over this process's own API client."""
    return Conversation(form_api(), load_wording(), load_topics())


def form_api() -> FormApi:
    """Return the client of the internal door; one per process, made at first use."""
    url = read_settings().internal_url
    if url not in _APIS:
        _APIS[url] = FormApi(url, read_token("SERVICE_TOKEN"))
    return _APIS[url]


def read_state(tracker: Tracker) -> State:
    """Read where the conversation stands."""
    return State.from_slots(tracker.slots)


def read_said(tracker: Tracker) -> Said:
    """Read what was said in this turn."""
    message = tracker.latest_message or {}
    intent = message.get("intent") or {}
    metadata = message.get("metadata") or {}
    name, confidence = intent.get("name"), intent.get("confidence", 0.0)
    guesses: tuple[str, ...] = ()
    if name == INFORM:  # who gives their details may say in passing what for
        ranked = [other for other in message.get("intent_ranking", []) if other.get("confidence", 0.0) >= IN_PASSING]
        guesses = tuple(other["name"] for other in ranked if other["name"] != INFORM)
    if name == "nlu_fallback":  # the best guess below the threshold, with its own low confidence
        ranked = [other for other in message.get("intent_ranking", []) if other.get("name") != "nlu_fallback"]
        name, confidence = (ranked[0]["name"], ranked[0].get("confidence", 0.0)) if ranked else ("out_of_scope", 0.0)
        guesses = tuple(other["name"] for other in ranked[:MOST_GUESSES])
    return Said(
        intent=name or "",
        confidence=float(confidence or 0.0),
        text=(message.get("text") or "").replace(NOT_A_COMMAND, ""),
        button=metadata.get("button"),
        locale=metadata.get("locale"),
        guesses=guesses,
        language=message.get("language"),
        language_confidence=float(message.get("language_confidence") or 0.0),
    )


def speak(dispatcher: CollectingDispatcher, says: list[Reply], language: str | None) -> None:
    """Hand the replies to Rasa by name; the words are put to them there."""
    for reply in says:
        offers = [{key: value for key, value in vars(offer).items() if value is not None} for offer in reply.offers]
        dispatcher.utter_message(response=reply.name, offers=offers, **{"language": language, **reply.values})


def changed_slots(before: State, after: State) -> list[EventType]:
    """Return a slot event for each part of the state that changed."""
    old, new = before.to_slots(), after.to_slots()
    return [SlotSet(name, value) for name, value in new.items() if old[name] != value]
