"""Who is given a lead that came in: the first rule that fits says which team, the turn says which of its people."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """One rule of the catalogue. No forms or no languages stand for any.

    `only_present`: whoever is not here is passed over; where nobody is here, the lead waits in nobody's hand.
    """

    id: str
    team: str
    forms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    only_present: bool = True

    def fits(self, form: str, language: str) -> bool:
        """Say whether it is about leads of a form in a language."""
        return (not self.forms or form in self.forms) and (not self.languages or language in self.languages)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The teams by their names, with what they are for, and the rules in their order."""

    teams: Mapping[str, str]
    rules: tuple[AssignmentRule, ...] = ()

    def rule_for(self, form: str, language: str) -> AssignmentRule | None:
        """Return the first rule that fits; None where a lead is left to whoever takes it."""
        return next((rule for rule in self.rules if rule.fits(form, language)), None)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team. `turn` says when they were given a lead last, as a number that grows; 0 is never."""

    staff_id: str
    turn: int
    is_here: bool


def in_turn(members: Iterable[Member], *, only_present: bool) -> list[Member]:
    """Return who may be given the next lead, whose turn it is in front: who was given one longest ago.

    Whoever was away gets one lead when they are back, and not all that the others got meanwhile.
    """
    able = [one for one in members if one.is_here or not only_present]
    return sorted(able, key=lambda one: (one.turn, one.staff_id))


def next_turn(members: Collection[Member]) -> int:
    """Return the turn of whoever is given a lead now: behind everybody else of the team, whether here or not."""
    return max((one.turn for one in members), default=0) + 1
