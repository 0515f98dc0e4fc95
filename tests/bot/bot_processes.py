"""The bot's two real processes, on free ports, ended by their ids; and a visitor who talks through the channel."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
GATEWAY_TOKEN = "example-gateway-token-0123456789abcdef"
STARTS_WITHIN = 240.0  # seconds: for a start that would hang, not a measure


def make_model() -> Path:
    """Train the real model if needed and return its path."""
    subprocess.run([sys.executable, "-m", "bot.train_if_changed"], cwd=ROOT, check=True, capture_output=True)
    from bot.train_if_changed import MODELS, content_hash

    return MODELS / f"vestibule-{content_hash(ROOT)}.tar.gz"


@dataclass
class RunningBot:
    """Both processes and where they log."""

    environment: dict[str, str]
    rasa: subprocess.Popen[bytes]
    actions: subprocess.Popen[bytes]
    logs: Path

    @property
    def channel(self) -> str:
        """Return the address of the channel."""
        return f"http://127.0.0.1:{self.environment['VESTIBULE_RASA_PORT']}/webhooks/vestibule"

    def logged(self) -> str:
        """Return everything either process has said so far."""
        return "".join(file.read_text(encoding="utf-8", errors="replace") for file in sorted(self.logs.glob("*.log")))

    def call(
        self, method: str, path: str, body: Any = None, *, token: str = GATEWAY_TOKEN, raw: bytes | None = None
    ) -> tuple[int, Any]:
        """Knock at the channel; return status and body."""
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.channel + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def visitor(self, locale: str = "en") -> Visitor:
        """Open a conversation."""
        return Visitor(self, locale).opened()


@dataclass
class Visitor:
    """Somebody who writes and presses buttons."""

    bot: RunningBot
    locale: str = "en"
    conversation: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    turn: int = -1
    messages: list[Any] = field(default_factory=list)

    def opened(self) -> Visitor:
        """Open the conversation."""
        self._took(self.bot.call("POST", "/conversations", self._common()))
        return self

    def says(self, *texts: str) -> str:
        """Write, one text a turn; return what the bot says to the last."""
        for text in texts:
            self._took(self.bot.call("POST", "/messages", {**self._common(), "text": text}))
        return self.heard

    def presses(self, payload: str) -> str:
        """Press a button of the last turn."""
        assert payload in self.offered, f"{payload} is not among {self.offered}"
        self._took(self.bot.call("POST", "/messages", {**self._common(), "button": payload, "turn": self.turn}))
        return self.heard

    @property
    def heard(self) -> str:
        """Return all texts of the last turn."""
        return "\n".join(message["text"] for message in self.messages)

    @property
    def offered(self) -> list[str]:
        """Return the payloads of the last turn's buttons."""
        return [button["payload"] for message in self.messages for button in message["buttons"]]

    def _common(self) -> dict[str, str]:
        return {"conversation": self.conversation, "locale": self.locale, "page": "/pricing?utm_source=letter"}

    def _took(self, answer: tuple[int, Any]) -> None:
        status, body = answer
        assert status == 200, answer
        assert body["messages"], "the bot said nothing"
        self.turn, self.messages = body["turn"], body["messages"]


@contextmanager
def running_bot(api_url: str, token: str, **settings: str) -> Iterator[RunningBot]:
    """Start both processes and wait until they are healthy."""
    rasa_port, actions_port = free_port(), free_port()
    environment = {
        **os.environ,
        "VESTIBULE_INTERNAL_URL": api_url,
        "VESTIBULE_SERVICE_TOKEN": token,
        "VESTIBULE_GATEWAY_TOKEN": GATEWAY_TOKEN,
        "VESTIBULE_RASA_PORT": str(rasa_port),
        "VESTIBULE_ACTIONS_PORT": str(actions_port),
        **settings,
    }
    with tempfile.TemporaryDirectory(prefix="vestibule-bot-") as folder:
        logs = Path(folder)
        actions = start("bot.actions", environment, logs / "actions.log")
        rasa = start("bot.serve", environment, logs / "rasa.log")
        try:
            wait_for(f"http://127.0.0.1:{actions_port}/health", actions, logs / "actions.log")
            wait_for(f"http://127.0.0.1:{rasa_port}/webhooks/vestibule/", rasa, logs / "rasa.log")
            yield RunningBot(environment, rasa, actions, logs)
        finally:
            end(rasa)
            end(actions)


def start(module: str, environment: dict[str, str], log: Path, cwd: Path = ROOT) -> subprocess.Popen[bytes]:
    """Start a module of the bot, its output to a file."""
    with log.open("wb") as output:
        return subprocess.Popen([sys.executable, "-m", module], cwd=cwd, env=environment, stdout=output, stderr=output)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and insist after a while."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until an address answers 200; fail with the process's own words."""
    give_up = time.monotonic() + STARTS_WITHIN
    while True:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        said = log.read_text(errors="replace")[-3000:]
        assert process.poll() is None, f"it ended with {process.returncode}: {said}"
        assert time.monotonic() < give_up, f"nothing at {url}: {said}"
        time.sleep(0.05)  # between two looks
