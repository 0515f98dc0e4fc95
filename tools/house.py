"""The processes of one copy of the house on one machine: where each listens, how it is started, and what it may know.

Every address and folder comes from the environment (docs/settings.md), so that two copies run side by side.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.supervisor import Program, answers

PREFIX = "VESTIBULE_"
PORTS = {"PUBLIC": 8080, "REVIEW": 8081, "INTERNAL": 8082, "RASA": 5005, "ACTIONS": 5055}
WHAT_LISTENS = {
    "PUBLIC": "the public door",
    "REVIEW": "the review queue",
    "INTERNAL": "the bot's door",
    "RASA": "Rasa",
    "ACTIONS": "the bot's actions",
}
# Threads by door: a visitor's chat turn holds a thread of the public door while the bot asks the internal one.
THREADS = {"public": 28, "internal": 8, "review": 4}
# What the bot's processes need of the environment; keys and the database's address are not for them.
BOT_SETTINGS = (
    "INTERNAL_URL",
    "ACTIONS_URL",
    "PUBLIC_URL",
    "RASA_PORT",
    "ACTIONS_PORT",
    "REDIS_URL",
    "MODE",
    "CATALOGUE",
)


class SettingWrong(Exception):
    """A setting of this copy cannot be used; the text is the sentence to show."""


@dataclass(frozen=True)
class House:
    """One copy: its folder of code, its state folder, its ports by name and the environment its processes get."""

    root: Path
    state: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]

    @property
    def secrets(self) -> Path:
        """Return the folder with one file per secret."""
        return Path(self.environment[f"{PREFIX}SECRETS_DIR"])

    def url(self, name: str) -> str:
        """Return the loopback address of a port by its name."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def service_command(self, name: str, *words: str) -> Program:
        """Return a command of the service's command line."""
        return Program(name, [sys.executable, "-m", "intake_api", *words], self.environment)

    def bot_command(self, name: str, *words: str, may_read: str | None = None) -> Program:
        """Return a command in the bot's environment, which knows no key, no database and at most one token."""
        python = str(self.root / ".venv-bot/bin/python")
        return Program(name, [python, *words], self._bot_environment(may_read))

    def programs(self) -> list[Program]:
        """Return everything that runs, in the order of starting."""
        return [
            self._door("internal"),
            self._actions(),
            self._rasa(),
            self._door("public"),
            self._door("review"),
            self._worker(),
        ]

    def _door(self, name: str) -> Program:
        port = self.ports[name.upper()]
        address = ["--host", "127.0.0.1", "--port", str(port), "--threads", str(THREADS[name])]
        command = [sys.executable, "-m", "intake_api.serve", *address, f"intake_api.wsgi:{name}"]
        return Program(name, command, self.environment, answers(f"{self.url(name.upper())}/healthz"))

    def _worker(self) -> Program:
        return replace(self.service_command("worker", "worker"), ready_line="worker.ready")

    def _actions(self) -> Program:
        program = self.bot_command("actions", "-m", "bot.actions", may_read="SERVICE_TOKEN")
        return replace(program, is_ready=answers(f"{self.url('ACTIONS')}/health"))

    def _rasa(self) -> Program:
        program = self.bot_command("rasa", "-m", "bot.serve", may_read="GATEWAY_TOKEN")
        return replace(program, is_ready=answers(f"{self.url('RASA')}/webhooks/vestibule/"))

    def _bot_environment(self, token: str | None) -> dict[str, str]:
        settings = {PREFIX + name for name in (*BOT_SETTINGS, *([token, f"{token}_FILE"] if token else []))}
        kept = {
            name: value for name, value in self.environment.items() if not name.startswith(PREFIX) or name in settings
        }
        file = {f"{PREFIX}{token}_FILE": str(self.secrets / token.lower())} if token else {}
        # Rasa's libraries are frozen where they are: what they will no longer do one day tells nobody here anything.
        return {"PYTHONWARNINGS": "ignore::DeprecationWarning", **file, **kept}


def read_house(root: Path, environ: Mapping[str, str]) -> House:
    """Read from the environment what this copy is, with defaults fit for a development run.

    :raises SettingWrong: with the sentence to show.
    """
    ports = {name: _port(name, environ) for name in PORTS}
    if len(set(ports.values())) < len(ports):
        raise SettingWrong("Two of VESTIBULE_…_PORT name the same port: " + _listed(ports) + ".")
    state = Path(environ.get(f"{PREFIX}VAR") or "var")
    defaults = {
        "MODE": "development",
        "DATABASE_URL": f"sqlite:///{state}/vestibule.sqlite",
        "SECRETS_DIR": f"{state}/secrets",
        "DESTINATION_FILE": f"{state}/crm/leads.jsonl",
        "MAIL_FOLDER": f"{state}/mail",
        "CHECKPOINT_FILE": f"{state}/evidence/checkpoints.jsonl",
        **{f"{name}_PORT": str(port) for name, port in ports.items()},
        **{f"{name}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()},
    }
    own = {PREFIX + name: value for name, value in defaults.items()}
    quiet = {"PYTHONUNBUFFERED": "1", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    given = {name: value for name, value in environ.items() if value or not name.startswith(PREFIX)}
    return House(root, root / state, ports, {**quiet, **own, **given})


def _port(name: str, environ: Mapping[str, str]) -> int:
    value = environ.get(f"{PREFIX}{name}_PORT") or str(PORTS[name])
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise SettingWrong(f"{PREFIX}{name}_PORT is {value!r}; write a port number from 1 to 65535.")
    return int(value)


def _listed(ports: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {port}" for name, port in ports.items())
