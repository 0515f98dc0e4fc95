"""Which days a report is about, and which it is compared with. A day is one in UTC, as everywhere in these pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

CHOICES = (7, 30, 90, 365)  # days that end today
USUAL = 30
LONGEST = 366  # days: a year, whatever year it is
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY = timedelta(days=1)


class PeriodInvalid(Exception):
    """These are no days that a report can be about."""

    code = "period_invalid"


@dataclass(frozen=True)
class Period:
    """Whole days, from the first to the last, both among them."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    @property
    def begins(self) -> datetime:
        """The first moment of it."""
        return _midnight(self.first)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return _midnight(self.last + _DAY)

    @property
    def before(self) -> "Period":
        """As many days, right before these."""
        return Period(self.first - self.length * _DAY, self.first - _DAY)

    @property
    def days(self) -> Iterator[date]:
        """Each day, in order."""
        return (self.first + number * _DAY for number in range(self.length))


def days_until(today: date, length: int) -> Period:
    """Return so many days, of which today is the last."""
    return Period(today - (length - 1) * _DAY, today)


def days_between(first: str, last: str, *, today: date) -> Period:
    """Return the days from one to another, as `2026-11-21`.

    :raises PeriodInvalid: a text is no day, the last comes before the first or has not come yet, there are more than
        `LONGEST`, or the calendar does not reach back far enough to compare them.
    """
    try:
        period = Period(_read(first), _read(last))
        if not period.first <= period.last <= today or period.length > LONGEST:
            raise PeriodInvalid("A report is about at most a year of days, up to today.")
        _ = period.before, period.ends
    except (ValueError, OverflowError):
        raise PeriodInvalid("These are no days of the calendar.") from None
    return period


def _read(text: str) -> date:
    if not DAY.fullmatch(text):  # other digits, and days without a nought, are read as well otherwise
        raise ValueError("no day")
    return date.fromisoformat(text)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
