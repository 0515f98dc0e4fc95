"""What the bot's two processes read from the environment, once, at their doors.

The names are the service's (`docs/settings.md`); the bot reads only its own few.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "VESTIBULE_"
SHORTEST_TOKEN = 24


class SettingsError(Exception):
    """A setting is missing or cannot be right; the text names it and says what to do. It never shows a secret."""


@dataclass(frozen=True)
class BotSettings:
    """Addresses without a slash at the end, ports, and the two tokens of the bot's two doors."""

    internal_url: str
    actions_url: str
    rasa_port: int
    actions_port: int
    redis_url: str | None = field(repr=False)


def read_settings(environ: Mapping[str, str] = os.environ) -> BotSettings:
    """Read the settings.

    :raises SettingsError: when a port is not a port.
    """
    internal_port = _port(environ, "INTERNAL_PORT", 8082)
    actions_port = _port(environ, "ACTIONS_PORT", 5055)
    return BotSettings(
        internal_url=_text(environ, "INTERNAL_URL", f"http://127.0.0.1:{internal_port}").rstrip("/"),
        actions_url=_text(environ, "ACTIONS_URL", f"http://127.0.0.1:{actions_port}").rstrip("/"),
        rasa_port=_port(environ, "RASA_PORT", 5005),
        actions_port=actions_port,
        redis_url=_text(environ, "REDIS_URL", "") or None,
    )


def read_token(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Read a token from VESTIBULE_<name>, from the file VESTIBULE_<name>_FILE names, or from VESTIBULE_SECRETS_DIR.

    :raises SettingsError: when there is none, or it is too short to be one.
    """
    token = _text(environ, name, "") or _from_file(environ, name)
    if len(token) < SHORTEST_TOKEN:
        raise SettingsError(
            f"{PREFIX}{name} is missing or too short: set it, or {PREFIX}{name}_FILE, or {PREFIX}SECRETS_DIR; "
            "make one with: openssl rand -hex 32"
        )
    return token


def _from_file(environ: Mapping[str, str], name: str) -> str:
    folder = _text(environ, "SECRETS_DIR", "")
    file = _text(environ, f"{name}_FILE", "") or (str(Path(folder) / name.lower()) if folder else "")
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{PREFIX}{name}: the file {file} cannot be read.") from error


def _text(environ: Mapping[str, str], name: str, default: str) -> str:
    return environ.get(PREFIX + name, "").strip() or default


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    value = _text(environ, name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise SettingsError(f"{PREFIX}{name} is not a port; write a number from 1 to 65535.")
    return int(value)
