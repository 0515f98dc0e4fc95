"""A correction of a part: "no, it's .lv", "gmail.com, not gmial", "@firma.pl" after an e-mail address was given."""

from __future__ import annotations

import re

from bot.dialogue.details import find_email
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import State

LONGEST_TEXT = 80
_ENDING = re.compile(r"(?<![\w.@])\.([a-z]{2,10})(?![\w.@])")
_HOST = re.compile(r"(?<![\w.+-])@?((?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,10})(?![\w@])")


def corrected_email(text: str, state: State) -> dict[str, str]:
    """Return, by field, the kept e-mail address with the part changed that a short text names; nothing when it names
    none."""
    text = text.casefold()
    field = next((one for one in Sheet(state.sheet or {}).fields() if one.type == "email"), None)
    kept = str(state.values[field.name]["value"]) if field and field.name in state.values else ""
    if field is None or "@" not in kept or len(text) > LONGEST_TEXT or find_email(text):
        return {}
    who, _, host = kept.partition("@")
    if named := _HOST.search(text):
        changed = f"{who}@{named.group(1)}"
    elif ending := _ENDING.search(text):
        changed = f"{who}@{host.rpartition('.')[0]}.{ending.group(1)}"
    else:
        return {}
    return {field.name: changed} if changed != kept else {}
