"""Corrections of an e-mail address: of a part of it ("no, it's .lv", "@firma.pl"), and by one that is broken itself."""

from __future__ import annotations

import re

from bot.dialogue.sheet import Sheet
from bot.dialogue.state import State

LONGEST_TEXT = 80
_ENDING = re.compile(r"(?<![\w.@])\.([a-z]{2,10})(?![\w.@])")
_ADDRESS = re.compile(r"[\w.+-]@")  # whole or broken: never mended by guessing
_HOST = re.compile(r"(?<![\w.+-])@?((?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,10})(?![\w@])")


def corrected_email(text: str, state: State) -> dict[str, str]:
    """Return, by field, the kept e-mail address with the part changed that a short text names; nothing when it names
    none."""
    text = text.casefold()
    field = next((one for one in Sheet(state.sheet or {}).fields() if one.type == "email"), None)
    kept = str(state.values[field.name]["value"]) if field and field.name in state.values else ""
    if field is None or "@" not in kept or len(text) > LONGEST_TEXT or _ADDRESS.search(text):
        return {}
    who, _, host = kept.partition("@")
    if named := _HOST.search(text):
        changed = f"{who}@{named.group(1)}"
    elif ending := _ENDING.search(text):
        changed = f"{who}@{host.rpartition('.')[0]}.{ending.group(1)}"
    else:
        return {}
    return {field.name: changed} if changed != kept else {}


def broken_address(text: str, sheet: Sheet) -> dict[str, str]:
    """Return, by field, the word of a text that was meant for an e-mail address and is none; the API says why."""
    field = next((one for one in sheet.fields() if one.type == "email"), None)
    word = next((word.strip(".,;:!?()<>\"'") for word in text.split() if "@" in word), "")
    return {field.name: word} if field is not None and word else {}
