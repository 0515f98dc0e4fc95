"""A visitor of the chat: over the public door, as the widget talks, with nothing but what the door gives out."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """One message of the bot: its text, and its buttons as (id, title)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass
class ChatVisitor:
    """Somebody with the chat open. `heard` is what the bot said last, `transcript` all that was said."""

    public: str
    locale: str
    page: str = "/"
    heard: list[Message] = field(default_factory=list)
    problem: str | None = None  # the code of a problem, when the door answered with one
    transcript: list[str] = field(default_factory=list)
    token: str = ""

    def opens(self) -> None:
        """Open the chat."""
        answer = self._ask("POST", "/v1/chat/conversations", {"locale": self.locale, "page": self.page})
        self.token = answer.get("token", "")
        self._hear(answer)

    def types(self, text: str) -> None:
        """Send a line."""
        self.transcript.append(f"visitor: {text}")
        self._hear(self._ask("POST", "/v1/chat/messages", {"text": text}))

    def presses(self, title: str) -> None:
        """Press the one button with this title.

        :raises AssertionError: there is none, or more than one.
        """
        fitting = [button for button, shown in self.offered if shown == title]
        assert len(fitting) == 1, f"{len(fitting)} buttons “{title}” among {[shown for _, shown in self.offered]}"
        self.transcript.append(f"visitor: [{title}]")
        self._hear(self._ask("POST", "/v1/chat/messages", {"button": fitting[0]}))

    def closes(self) -> None:
        """End and forget the chat."""
        if self.token:
            self._ask("DELETE", "/v1/chat/conversations/current")

    @property
    def offered(self) -> list[tuple[str, str]]:
        """Return the buttons of the last turn, as (id, title)."""
        return [button for message in self.heard for button in message.buttons]

    def _hear(self, answer: dict[str, Any]) -> None:
        self.problem = answer.get("code")
        self.heard = [
            Message(one["text"], tuple((button["id"], button["title"]) for button in one["buttons"]))
            for one in answer.get("messages", [])
        ]
        for message in self.heard:
            titles = "".join(f" [{title}]" for _, title in message.buttons)
            self.transcript.append(f"    bot: {message.text}{titles}".replace("\n", "\n         "))
        if self.problem:
            self.transcript.append(f"    bot: ({self.problem})")

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(self.public + path, data, headers, method=method)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return dict(json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
            with error:
                return dict(json.loads(error.read()))
