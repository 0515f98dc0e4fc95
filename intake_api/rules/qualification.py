"""How promising is a lead? A sum of visible lines, each in plain words; never more than an order for people to read in.

Nothing is decided here: a person qualifies or declines (N-13). What was not given costs nothing (M-03): lines only
add, and no line asks whether an optional field was filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from intake_api.rules.fields import Value


@dataclass(frozen=True, slots=True)
class QualificationLine:
    """One reason for points: the answer to `field` is at least `at_least` (a number) or one of `any_of` (a choice)."""

    id: str
    field: str
    points: int
    says: str
    at_least: int | None = None
    any_of: tuple[str, ...] = ()

    def holds(self, value: Value | None) -> bool:
        """Tell whether this answer earns the line."""
        if self.at_least is not None:
            return isinstance(value, int) and value >= self.at_least
        return value in self.any_of


class IsScored(Protocol):
    """A form, as far as this rule cares."""

    @property
    def qualification_version(self) -> int:
        """Counts up when a line changes, so that an old score can be read by its own lines."""

    @property
    def qualification(self) -> tuple[QualificationLine, ...]:
        """The lines, in the order they are shown. Of lines over the same field the first that holds counts."""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One line of a score as a reviewer sees it: what it says and what it gave (0 when it does not hold)."""

    id: str
    says: str
    points: int
    of: int


@dataclass(frozen=True, slots=True)
class Score:
    """The sum and the lines that add up to it, by version `version` of the form's lines."""

    points: int
    lines: tuple[ScoreLine, ...]
    version: int


def score(form: IsScored, values: Mapping[str, Value]) -> Score:
    """Add up the lines of a form over checked values."""
    lines: list[ScoreLine] = []
    earned: set[str] = set()
    for line in form.qualification:
        holds = line.field not in earned and line.holds(values.get(line.field))
        if holds:
            earned.add(line.field)
        lines.append(ScoreLine(line.id, line.says, line.points if holds else 0, line.points))
    return Score(sum(line.points for line in lines), tuple(lines), form.qualification_version)
