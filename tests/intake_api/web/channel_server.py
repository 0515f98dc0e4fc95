"""A small real HTTP server that speaks the channel's side of the contract, and can be told to misbehave."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from tests.loopback import listening

OPENING = "I am an automated assistant. Here is the notice: http://127.0.0.1:8080/privacy"
OPEN_QUESTION = "What would you like to do?"
NOTICE = (
    f"We ask for your name. It is kept for six months.\nThe whole notice: http://127.0.0.1:8080/notices/{'ab' * 32}"
)
HELD_SECONDS = 60


@dataclass
class Channel:
    """What the server heard, and how it is to answer."""

    url: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)  # of the bodies, in bytes
    forgotten: list[str] = field(default_factory=list)
    turns: dict[str, int] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    raw: tuple[int, bytes] | None = None  # answers this, whatever is asked
    hold: threading.Event = field(default_factory=threading.Event)  # cleared: answers only once it is set
    inside: list[str] = field(default_factory=list)  # the conversation of each request in work
    door: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.hold.set()

    @contextmanager
    def one_of(self, conversation: str, most: int) -> Iterator[bool]:
        """Hold a request back until it may be answered; False at once when `most` of its conversation are inside."""
        with self.door:
            is_taken = self.inside.count(conversation) < most
            self.inside += [conversation] * is_taken
        if not is_taken:
            yield False
            return
        try:
            self.hold.wait(HELD_SECONDS)
            yield True
        finally:
            with self.door:
                self.inside.remove(conversation)


@contextmanager
def running_channel(port: int = 0) -> Iterator[Channel]:
    """Serve on loopback until the block ends."""
    channel = Channel()
    with listening(_Server(("127.0.0.1", port), _handler(channel))) as channel.url:
        try:
            yield channel
        finally:
            channel.hold.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # of the five that are usual, the sixth turn at once would wait for its connection

    def handle_error(self, *_: object) -> None:
        """Say nothing of a gateway that hung up."""


def _handler(channel: Channel) -> type["_Handler"]:
    return type("Handler", (_Handler,), {"channel": channel})


class _Handler(BaseHTTPRequestHandler):
    channel: Channel
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024  # head and body in one packet: two would wait for each other

    def do_POST(self) -> None:
        self.channel.lengths.append(int(self.headers["Content-Length"]))
        body = json.loads(self.rfile.read(self.channel.lengths[-1]))
        self.channel.heard.append(body)
        self.channel.tokens.append(self.headers.get("Authorization", ""))
        with self.channel.one_of(body["conversation"], 2) as is_taken:
            if not is_taken:
                return self.answer_json(429, {"code": "too_fast"})
            if self.channel.raw:
                return self.answer(*self.channel.raw)
            return self.answer_json(*_turn(self.channel, self.path.rpartition("/")[2], body))

    def do_GET(self) -> None:
        self.answer(*(self.channel.raw or _look(self.channel, urlsplit(self.path))))

    def do_DELETE(self) -> None:
        conversation = self.path.rpartition("/")[2]
        with self.channel.one_of(conversation, 3) as is_taken:
            if not is_taken:
                return self.answer_json(429, {"code": "too_fast"})
            self.channel.forgotten.append(conversation)
            self.channel.turns.pop(conversation, None)
            return self.answer(204, b"")

    def answer_json(self, status: int, body: dict[str, Any]) -> None:
        self.answer(status, json.dumps(body).encode())

    def answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # the gateway gave up waiting: that is what some tests are about

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _look(channel: Channel, asked: SplitResult) -> tuple[int, bytes]:
    conversation = asked.path.rpartition("/")[2]
    if conversation not in channel.turns:
        return 404, b'{"code": "conversation_unknown"}'
    turn, payloads = channel.turns[conversation], channel.offered[conversation]
    said = _say(channel, conversation, turn, OPEN_QUESTION, payloads, parse_qs(asked.query)["locale"][0])
    return 200, json.dumps(said).encode()


def _turn(channel: Channel, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    conversation, locale = body["conversation"], body["locale"]
    if path == "conversations":
        return 200, _say(channel, conversation, 0, OPENING, ["yes:1", "no:1"], locale)
    if conversation not in channel.turns:
        return 404, {"code": "conversation_unknown"}
    turn = channel.turns[conversation]
    if "button" in body:
        if body["turn"] != turn or body["button"] not in channel.offered[conversation]:
            return 409, {"code": "button_stale"}
        return 200, _say(channel, conversation, turn + 1, f"You pressed {body['button']}.", [], locale)
    if "notice" in body["text"]:
        return 200, _say(channel, conversation, turn + 1, NOTICE, ["yes:2", "no:2"], locale)
    return 200, _say(channel, conversation, turn + 1, f"You wrote: {body['text']}", ["yes:2", "no:2"], locale)


def _say(channel: Channel, conversation: str, turn: int, text: str, payloads: list[str], locale: str) -> dict[str, Any]:
    channel.turns[conversation], channel.offered[conversation] = turn, payloads
    buttons = [{"payload": payload, "title": payload.partition(":")[0].title()} for payload in payloads]
    return {"turn": turn, "locale": locale, "messages": [{"text": text, "buttons": buttons}]}
