"""Who is not content is owed a word, and by when: a due date for those who work here, and no decision about anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from intake_api.rules.fields import FieldRule, Value

CONTACTS = ("email", "phone")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A whole number of at most `at_most` in `field` makes a follow-up due `within_days` days."""

    field: str
    at_most: int
    within_days: int


def due_at(
    follow_up: FollowUp | None, rules: Mapping[str, FieldRule], values: Mapping[str, Value], *, now: datetime
) -> datetime | None:
    """Return by when somebody is to get in touch; None where all is well, or nobody left a way to be reached."""
    if follow_up is None:
        return None
    given = values.get(follow_up.field)
    can_be_reached = any(rules[name].type in CONTACTS for name in values)
    is_low = isinstance(given, int) and given <= follow_up.at_most
    return now + timedelta(days=follow_up.within_days) if is_low and can_be_reached else None
