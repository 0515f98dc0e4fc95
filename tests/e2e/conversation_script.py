"""A whole conversation as a script that anybody can read: tests/conversations/README.md says how one is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SCRIPTS = Path(__file__).parent.parent / "conversations"
TURN_KEYS = {"visitor", "presses", "bot", "bot_not", "now_in"}
KEPT_KEYS = {"form", "language", "channel", "state", "fields", "decisions"}
SCRIPT_KEYS = {"title", "covers", "language", "conversation", "kept", "refusals", "mails", "nowhere"}


class ScriptWrong(Exception):
    """A script is not written as scripts are; the text says which and where."""


@dataclass(frozen=True)
class Turn:
    """What the visitor types or presses (neither in the first turn, in which the bot speaks first), and what follows.

    `bot` and `bot_not` are what the bot must say and must not say; `now_in` the language it speaks from here on.
    """

    visitor: str | None
    presses: str | None
    bot: tuple[str, ...]
    bot_not: tuple[str, ...]
    now_in: str | None


@dataclass(frozen=True)
class Kept:
    """One lead as it must stand in the store, every value as text."""

    form: str
    language: str
    channel: str
    state: str
    fields: Mapping[str, str]
    decisions: Mapping[str, str]


@dataclass(frozen=True)
class Script:
    """One conversation, and what must be left of it."""

    file: Path
    title: str
    covers: tuple[str, ...]
    language: str
    turns: tuple[Turn, ...]
    kept: tuple[Kept, ...]
    refusals: int
    mails: tuple[str, ...]
    nowhere: tuple[str, ...]


def read_scripts(folder: Path = SCRIPTS) -> list[Script]:
    """Return all scripts, by language and file name.

    :raises ScriptWrong: one of them cannot be read as a script.
    """
    return [read_script(file) for file in sorted(folder.glob("*/*.yml"))]


def read_script(file: Path) -> Script:
    """Return one script.

    :raises ScriptWrong: a word that scripts do not know, or one that is missing.
    """
    # Every value is text: `yes` is what somebody says, and +371 is no number.
    raw = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - the loader that makes only text
    _expect_keys(raw, SCRIPT_KEYS, {"title", "covers", "language", "conversation", "kept"}, file)
    if raw["language"] != file.parent.name:
        raise ScriptWrong(f"{file}: the language is {raw['language']}, the folder {file.parent.name}")
    kept = () if raw["kept"] == "nothing" else tuple(_read_kept(one, file) for one in raw["kept"])
    return Script(
        file=file,
        title=raw["title"],
        covers=tuple(raw["covers"]),
        language=raw["language"],
        turns=tuple(_read_turn(number, turn, file) for number, turn in enumerate(raw["conversation"])),
        kept=kept,
        refusals=int(raw.get("refusals", 0)),
        mails=tuple(raw.get("mails", ())),
        nowhere=tuple(raw.get("nowhere", ())),
    )


def _read_turn(number: int, raw: Any, file: Path) -> Turn:
    _expect_keys(raw, TURN_KEYS, {"bot"}, file)
    acts = {"visitor", "presses"} & set(raw)
    if len(acts) != (number > 0):
        raise ScriptWrong(f"{file}: in turn {number} the visitor does {len(acts)} things")
    said = raw["bot"]
    return Turn(
        visitor=raw.get("visitor"),
        presses=raw.get("presses"),
        bot=(said,) if isinstance(said, str) else tuple(said),
        bot_not=tuple(raw.get("bot_not", ())),
        now_in=raw.get("now_in"),
    )


def _read_kept(raw: Any, file: Path) -> Kept:
    _expect_keys(raw, KEPT_KEYS, KEPT_KEYS, file)
    return Kept(**raw)


def _expect_keys(raw: Any, known: set[str], needed: set[str], file: Path) -> None:
    if not isinstance(raw, dict):
        raise ScriptWrong(f"{file}: {raw!r} is not a list of keys and values")
    wrong = (set(raw) - known) | (needed - set(raw))
    if wrong:
        raise ScriptWrong(f"{file}: unknown or missing: {', '.join(sorted(wrong))}")
