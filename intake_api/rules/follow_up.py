"""Who is not content is owed a word, and by when: a due date for those who work here, and no decision about anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

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


class DayInvalid(ValueError):
    """This is no day to follow up by."""

    code = "day_invalid"


def end_of_day(typed: str, *, now: datetime, until: datetime) -> datetime:
    """Return the last second of a day as typed (`2026-11-25`), in UTC.

    :raises DayInvalid: it is no day, is over, or comes after the day of `until`.
    """
    try:
        day = date.fromisoformat(typed) if len(typed) == 10 else None
    except ValueError:
        day = None
    if day is None or not now.astimezone(UTC).date() <= day <= until.astimezone(UTC).date():
        raise DayInvalid("Choose a day from today on, and not after the lead is erased.")
    return datetime.combine(day, time(23, 59, 59), UTC)
