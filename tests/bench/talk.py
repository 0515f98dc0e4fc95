"""One visitor's whole dialogue, over the public door as the widget talks, or at Rasa's channel as the gateway does."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator

from tests.bench.load import Connection

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
FIXED = ("thank you",) * len(DIALOGUE)  # gets one fixed sentence: what the bare Rasa takes
_numbers = itertools.count()


class DialogueEnded(Exception):
    """A dialogue did not end with a reference: a bench of failures measures nothing."""


def lead_a_dialogue(port: int) -> Iterator[float]:
    """Lead one dialogue to its end over the public door; give the seconds of each turn, the opening first.

    :raises DialogueEnded:
    """
    connection = Connection(port)
    begun = time.perf_counter()
    opened = connection.ask("POST", "/v1/chat/conversations", {"locale": "en", "page": "/"}, expect=201)
    yield time.perf_counter() - begun
    connection.headers["Authorization"] = f"Bearer {opened['token']}"
    heard = ""
    for line in _lines():
        begun = time.perf_counter()
        answer = connection.ask("POST", "/v1/chat/messages", {"text": line}, expect=200)
        yield time.perf_counter() - begun
        heard = "\n".join(message["text"] for message in answer["messages"])
    connection.ask("DELETE", "/v1/chat/conversations/current", expect=204)
    connection.http.close()
    _expect_a_reference(heard)


def lead_a_dialogue_at_the_channel(port: int, token: str) -> Iterator[float]:
    """Lead one dialogue to its end at Rasa's channel; give the seconds of each turn.

    :raises DialogueEnded:
    """
    heard = ""
    for took, said in _at_the_channel(port, token, _lines()):
        yield took
        heard = said
    _expect_a_reference(heard)


def get_fixed_answers(port: int, token: str) -> Iterator[float]:
    """Say what gets one fixed sentence, as often as a dialogue has turns."""
    return (took for took, _ in _at_the_channel(port, token, FIXED))


def leave_open(port: int, token: str, *, lines: int) -> str:
    """Begin a dialogue, say so many of its lines, and leave; return the conversation's id."""
    connection, about = _opened(port, token)
    for line in _lines()[:lines]:
        connection.ask("POST", "/webhooks/vestibule/messages", {**about, "text": line}, expect=200)
    connection.http.close()
    return about["conversation"]


def is_forgotten(port: int, token: str, conversation: str) -> bool:
    """Say whether Rasa no longer knows a conversation."""
    connection = _connection(port, token)
    about = {"conversation": conversation, "locale": "en", "page": "/", "text": "hello"}
    status, _ = connection.send("POST", "/webhooks/vestibule/messages", about)
    connection.http.close()
    return status == 404


def _at_the_channel(port: int, token: str, lines: tuple[str, ...]) -> Iterator[tuple[float, str]]:
    connection, about = _opened(port, token)
    for line in lines:
        begun = time.perf_counter()
        answer = connection.ask("POST", "/webhooks/vestibule/messages", {**about, "text": line}, expect=200)
        yield time.perf_counter() - begun, "\n".join(message["text"] for message in answer["messages"])
    connection.ask("DELETE", f"/webhooks/vestibule/conversations/{about['conversation']}", expect=204)
    connection.http.close()


def _opened(port: int, token: str) -> tuple[Connection, dict[str, str]]:
    connection = _connection(port, token)
    about = {"conversation": uuid.uuid4().hex, "locale": "en", "page": "/"}
    connection.ask("POST", "/webhooks/vestibule/conversations", about, expect=200)
    return connection, about


def _connection(port: int, token: str) -> Connection:
    return Connection(port, {"Authorization": f"Bearer {token}"})


def _lines() -> tuple[str, ...]:
    number = next(_numbers)
    return tuple(line.format(number=number) for line in DIALOGUE)


def _expect_a_reference(heard: str) -> None:
    if "VB-" not in heard:
        raise DialogueEnded(f"The dialogue ended with: {heard}")
