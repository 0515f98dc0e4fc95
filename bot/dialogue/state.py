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
    AGE = "age"
    SUMMARY = "summary"
    CORRECT = "correct"
    SENDING = "sending"  # it was sent, and nobody said whether it arrived
    RIGHTS = "rights"  # whose data a right is about


MOST_TEXTS_BEFORE_YES = 5


@dataclass(frozen=True)
class State:
    """Each field is a slot of the same name in domain.yml; none is filled from text, none steers a policy.

    `values` holds, by field, `{"value", "masked"}` as the API normalised it; `decisions` yes or no by purpose;
    `age` that the visitor is old enough for a yes to count, as the API takes it;
    `before_yes` what was typed before the notice was agreed to, kept in memory for one offer only; `known` the values
    of what was sent, to be offered again; `sent` the receipts of it. `refused` names forms whose notice got a no.
    `right` is the right asked for while the address is asked, and `paused` the stage and the question that wait
    meanwhile. `heard_language` is that of the last text when it plainly was another than the one spoken; `lost` counts
    what was not understood in a row.
    """

    form: str | None = None
    stage: Stage | None = None
    asked: str | None = None
    tries: int = 0
    sheet: dict[str, Any] | None = None
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    decisions: dict[str, bool] = field(default_factory=dict)
    age: str | None = None
    before_yes: tuple[str, ...] = ()
    offered: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    language: str | None = None
    last_form: str | None = None
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: tuple[dict[str, Any], ...] = ()
    right: str | None = None
    paused: tuple[str, ...] = ()
    heard_language: str | None = None
    lost: int = 0
    too_young: bool = False

    @classmethod
    def from_slots(cls, slots: Mapping[str, Any]) -> State:
        """Read the state from slots; an absent slot is the beginning."""
        known = {slot.name: slots[slot.name] for slot in fields(cls) if slots.get(slot.name) is not None}
        for name in TUPLES & known.keys():
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

    def shown_anew(self, sheet: dict[str, Any]) -> State:
        """Return this state with a fresh showing open: what was decided on the one before does not count (C-06)."""
        return replace(self, sheet=sheet, decisions={}, age=None).asking(Stage.NOTICE)

    def heard_before_yes(self, text: str) -> State:
        """Return this state remembering `text` until the visitor has said yes or no to the notice."""
        if not text.strip():
            return self
        return replace(self, before_yes=(*self.before_yes, text)[-MOST_TEXTS_BEFORE_YES:])

    def pausing_for(self, right: str) -> State:
        """Return this state asking for an address, with the open question waiting."""
        waiting = (self.stage.value, *([self.asked] if self.asked else [])) if self.stage else ()
        return replace(self, right=right, paused=self.paused if self.stage is Stage.RIGHTS else waiting).asking(
            Stage.RIGHTS
        )

    def resumed(self) -> State:
        """Return the state as it was before `pausing_for`."""
        stage, asked, *_ = (*self.paused, None, None)
        back = replace(self, right=None, paused=(), asked=asked, tries=0)
        return replace(back, stage=Stage(stage) if stage else None)

    @property
    def receipts(self) -> tuple[str, ...]:
        """Return the tokens of the receipts, in the order things were sent."""
        return tuple(str(one["receipt"]).rstrip("/").rpartition("/")[2] for one in self.sent)

    def cleared(self, **changes: Any) -> State:
        """Return what is left when a form is over, for whatever reason: nothing of what was typed for it."""
        kept = {name: getattr(self, name) for name in OUTLIVES_A_FORM}
        return State(**{**kept, "last_form": self.form or self.last_form, **changes})


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


OUTLIVES_A_FORM = ("refused", "language", "known", "sent", "heard_language", "lost", "too_young")
TUPLES = {"skipped", "before_yes", "refused", "sent", "paused"}
SLOTS = tuple(slot.name for slot in fields(State))
