"""The doors and the bot on a database of their own, the bot's two processes with a clock in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.intake_api.conftest import ROOT
from tests.ports import free_port
from tests.processes import Started, answers, service_environment, serving, started, wait_until

Parts = dict[str, float]


@dataclass(frozen=True)
class BotHouse:
    """What runs, and where the clocks write."""

    public: Started
    rasa: Started
    actions: Started
    gateway_token: str
    times: Path

    def turns(self, process: str) -> list[Parts]:
        """Return the seconds by part of each turn that a process has taken, in order."""
        return [json.loads(line) for line in (self.times / f"{process}.jsonl").read_text().splitlines()]


@contextmanager
def bot_house(folder: Path, *, kept_seconds: float | None = None) -> Iterator[BotHouse]:
    """Start everything and wait until it is healthy; trains the model if that is due.

    :param kept_seconds: how long a conversation is kept after its last turn, for a bench that waits for the end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = {name: free_port() for name in ("INTERNAL", "RASA", "ACTIONS")}
    settings = {f"{name}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()}
    environment = {
        **service_environment(folder, f"sqlite:///{folder}/vestibule.sqlite", **settings),
        **{f"VESTIBULE_{name}_PORT": str(port) for name, port in ports.items()},
        "PYTHONWARNINGS": "ignore",
    }
    python = str(ROOT / ".venv-bot/bin/python")
    with started([python, "-m", "bot.train_if_changed"], environment) as training:
        training.process.wait()
    kept = [] if kept_seconds is None else [str(kept_seconds)]
    with ExitStack() as stack:

        def bot(which: str, healthy: str) -> Started:
            command = [python, "-m", "tests.bench.timed", which, str(folder / f"{which}.jsonl"), *kept]
            process = stack.enter_context(started(command, environment, port=ports[which.upper()]))
            wait_until(lambda: answers(f"{process.url}{healthy}"), process)
            return process

        stack.enter_context(_internal_door(environment, ports["INTERNAL"]))
        actions = bot("actions", "/health")
        rasa = bot("rasa", "/webhooks/vestibule/")
        public = stack.enter_context(serving("intake_api.wsgi:public", environment, threads=16))
        yield BotHouse(public, rasa, actions, environment["VESTIBULE_GATEWAY_TOKEN"], folder)


@contextmanager
def _internal_door(environment: dict[str, str], port: int) -> Iterator[Started]:
    command = [sys.executable, "-m", "intake_api.serve", "--port", str(port), "--threads", "8"]
    with started([*command, "intake_api.wsgi:internal"], environment, port=port) as process:
        wait_until(lambda: answers(f"{process.url}/healthz"), process)
        yield process
