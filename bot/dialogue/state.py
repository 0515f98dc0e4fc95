"""Where a conversation stands: the one value that travels from turn to turn, as Rasa slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Any


class Stage(str, Enum):
    """Which question is open."""

    NOTICE = "notice"
    REUSE = "reuse"
    FIELD = "field"
    PURPOSE = "purpose"
    SUMMARY = "summary"
    CORRECT = "correct"
    SENDING = "sending"  # it was sent, and nobody said whether it arrived


MOST_TEXTS_BEFORE_YES = 5


@dataclass(frozen=True)
class State:
    """Each field is a slot of the same name in domain.yml; none is filled from text, none steers a policy.

    `values` holds, by field, `{"value", "masked"}` as the API normalised it; `decisions` yes or no by purpose;
    `before_yes` what was typed before the notice was agreed to, kept in memory for one offer only.
    """

    form: str | None = None
    stage: Stage | None = None
    asked: str | None = None
    tries: int = 0
    sheet: dict[str, Any] | None = None
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    decisions: dict[str, bool] = field(default_factory=dict)
    before_yes: tuple[str, ...] = ()
    offered: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: bool = False
    language: str | None = None
    last_form: str | None = None

    @classmethod
    def from_slots(cls, slots: Mapping[str, Any]) -> State:
        """Read the state from slots; an absent slot is the beginning."""
        known = {slot.name: slots[slot.name] for slot in fields(cls) if slots.get(slot.name) is not None}
        for name in ("skipped", "before_yes"):
            if name in known:
                known[name] = tuple(known[name])
        if "stage" in known:
            known["stage"] = Stage(known["stage"])
        return cls(**known)

    def to_slots(self) -> dict[str, Any]:
        """Return the slots; an empty value is None, so that nothing of it is kept."""
        slots = {slot.name: getattr(self, slot.name) for slot in fields(self)}
        return {name: _plain(value) or None for name, value in slots.items()}

    def but(self, **changes: Any) -> State:
        """Return this state with some changes."""
        return replace(self, **changes)

    def asking(self, stage: Stage, asked: str | None = None) -> State:
        """Return this state with a new question open."""
        return replace(self, stage=stage, asked=asked, tries=0)

    def heard_before_yes(self, text: str) -> State:
        """Return this state remembering `text` until the visitor has said yes or no to the notice."""
        if not text.strip():
            return self
        return replace(self, before_yes=(*self.before_yes, text)[-MOST_TEXTS_BEFORE_YES:])

    def cleared(self, *, refused: bool | None = None) -> State:
        """Return what is left when a form is over, for whatever reason: nothing anybody typed."""
        return State(
            refused=self.refused if refused is None else refused,
            language=self.language,
            last_form=self.form or self.last_form,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


SLOTS = tuple(slot.name for slot in fields(State))
