"""The one client of Rasa: the channel of `bot/channel.py`, on loopback or a private network (H-11).

Rasa's own words of failure are dropped here: a caller learns by class of error what to tell the visitor.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from marshmallow import EXCLUDE, Schema, ValidationError, fields

TURN_SECONDS = 10.0
CONNECT_SECONDS = 2.0
ANSWER_BYTES = 256 * 1024
AT_ONCE = 24  # calls in work: no more turns than that are let in at once


class ChatAway(Exception):
    """Rasa does not answer, answers too late, or answers something else."""

    code = "chat_unavailable"


class ConversationGone(Exception):
    """Rasa does not know this conversation (any more)."""

    code = "conversation_unknown"


class ButtonStale(Exception):
    """The button belongs to an earlier turn; it decides nothing (C-09)."""

    code = "button_stale"


class TooManyTurns(Exception):
    """The conversation has reached its end (H-15)."""

    code = "too_many_turns"


class TooFast(Exception):
    """A turn of this conversation is in work and another waits for it: no third is taken."""

    code = "too_fast"


RAISES: Mapping[tuple[int, str], type[Exception]] = {
    (404, "conversation_unknown"): ConversationGone,
    (409, "button_stale"): ButtonStale,
    (429, "too_many_turns"): TooManyTurns,
    (429, "too_fast"): TooFast,
}


@dataclass(frozen=True)
class Conversation:
    """Which conversation, and where its visitor is."""

    id: str
    locale: str
    page: str


@dataclass(frozen=True)
class Button:
    """A button as Rasa names it; the payload never leaves the gateway in clear."""

    payload: str
    title: str


@dataclass(frozen=True)
class Said:
    """One message of the bot."""

    text: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Turn:
    """What the bot said in one turn."""

    number: int
    locale: str
    messages: tuple[Said, ...]


class RasaChannel:
    """Talks to the channel; every call ends within ten seconds."""

    def __init__(self, url: str, token: str) -> None:
        self._root = f"{url}/webhooks/vestibule"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._pool = urllib3.PoolManager(
            maxsize=AT_ONCE,
            retries=False,
            timeout=urllib3.Timeout(total=TURN_SECONDS, connect=CONNECT_SECONDS),
        )

    def begin(self, conversation: Conversation) -> Turn:
        """Open a conversation and return what the bot says first.

        :raises ChatAway:
        """
        return self._turn("/conversations", _of(conversation))

    def say(self, conversation: Conversation, text: str) -> Turn:
        """Hand over what the visitor wrote: text, whatever it looks like (H-09).

        :raises ChatAway, ConversationGone, TooManyTurns, TooFast:
        """
        return self._turn("/messages", {**_of(conversation), "text": text})

    def press(self, conversation: Conversation, payload: str, turn: int) -> Turn:
        """Hand over a button that was offered in a turn.

        :raises ChatAway, ConversationGone, ButtonStale, TooManyTurns, TooFast:
        """
        return self._turn("/messages", {**_of(conversation), "button": payload, "turn": turn})

    def look(self, conversation: Conversation) -> Turn:
        """Return what is open in a conversation, said again; no turn is taken.

        :raises ChatAway, ConversationGone, TooFast:
        """
        locale = urlencode({"locale": conversation.locale})
        status, answer = self._call("GET", f"/conversations/{conversation.id}?{locale}", None)
        if status == 200:
            return _read_turn(answer)
        raise _refusal(status, answer)

    def forget(self, conversation: Conversation) -> None:
        """Have Rasa forget a conversation; one it does not know is forgotten already.

        :raises ChatAway, TooFast:
        """
        status, answer = self._call("DELETE", f"/conversations/{conversation.id}", None)
        if status not in (204, 404):
            raise _refusal(status, answer)

    def _turn(self, path: str, body: Mapping[str, Any]) -> Turn:
        status, answer = self._call("POST", path, body)
        if status == 200:
            return _read_turn(answer)
        raise _refusal(status, answer)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        # As it is, not escaped: Latvian or Russian would take up to three times the bytes that Rasa's side admits.
        text = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            answer = self._pool.request(
                method, self._root + path, body=text, headers=self._headers, redirect=False, preload_content=False
            )
            try:
                data = answer.read(ANSWER_BYTES + 1)
            finally:
                answer.release_conn()
            if len(data) > ANSWER_BYTES:
                raise ChatAway
            return answer.status, json.loads(data) if data else None
        except (urllib3.exceptions.HTTPError, ValueError):
            # The library's text names addresses and can carry the body: it stays here.
            raise ChatAway from None


def _refusal(status: int, answer: object) -> type[Exception]:
    code = answer.get("code", "") if isinstance(answer, dict) else ""
    return RAISES.get((status, str(code)), ChatAway)


def _of(conversation: Conversation) -> dict[str, str]:
    return {"conversation": conversation.id, "locale": conversation.locale, "page": conversation.page}


class _Lenient(Schema):
    class Meta:
        """Rasa may say more than is used."""

        unknown = EXCLUDE


class _ButtonShape(_Lenient):
    payload = fields.String(required=True)
    title = fields.String(required=True)


class _MessageShape(_Lenient):
    text = fields.String(required=True)
    buttons = fields.List(fields.Nested(_ButtonShape), load_default=list)


class _TurnShape(_Lenient):
    turn = fields.Integer(required=True, strict=True)
    locale = fields.String(required=True)
    messages = fields.List(fields.Nested(_MessageShape), required=True)


def _read_turn(answer: object) -> Turn:
    try:
        turn: dict[str, Any] = _TurnShape().load(answer)  # type: ignore[arg-type]
    except ValidationError:
        raise ChatAway from None
    said = tuple(
        Said(message["text"], tuple(Button(**button) for button in message["buttons"])) for message in turn["messages"]
    )
    return Turn(turn["turn"], turn["locale"], said)
