"""Asking the API whether values are acceptable: validity is its check, never the bot's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.client import ApiAway
from bot.dialogue import replies
from bot.dialogue.replies import Reply
from bot.dialogue.sheet import Field, Sheet
from bot.dialogue.turn import Desk

Values = dict[str, dict[str, Any]]
Problems = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Checked:
    """What the API says of some values: those it takes, normalised and masked, those it does not, and what it left out
    of them (C-11, M-05)."""

    good: Values
    bad: Problems
    warnings: list[Reply]


async def check(sheet: Sheet, values: dict[str, Any], desk: Desk) -> Checked:
    """Have some values checked; nothing is kept of them.

    :raises ApiAway: also when the answer is not about these values.
    """
    typed = {name: _as_type(sheet.field(name), value) for name, value in values.items()}
    verdicts = await desk.api.check(sheet.key, str(sheet.form.get("locale", desk.language)), typed)
    if set(verdicts) != set(typed):
        raise ApiAway("checks of the wrong shape")
    good = {
        name: {"value": what.get("value"), "masked": what.get("masked", what.get("value"))}
        for name, what in verdicts.items()
        if what.get("ok") is True
    }
    warnings = {str(one.get("text")) for what in verdicts.values() for one in what.get("warnings") or ()}
    return Checked(
        good=good,
        bad={name: what for name, what in verdicts.items() if what.get("ok") is not True},
        warnings=[Reply(replies.VERBATIM, {"words": text}) for text in sorted(warnings)],
    )


def _as_type(field: Field | None, value: Any) -> Any:
    return int(value) if field is not None and field.type == "integer" and isinstance(value, str) else value
