"""When do people answer? The same hours on some weekdays, by the clock on one wall, except on days off.

A day's hours are an interval between two moments. So the change between summer and winter time moves the moments and
never the clock, and what is said to open at a moment is open at that moment.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKING_DAYS = WEEKDAYS[:5]

# Who opens on no day of a whole year is closed: there is no next opening to promise.
LOOK_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Open from `opens` to `closes` (later on the same day) by the clocks of `zone`, on `weekdays` of `WEEKDAYS`."""

    zone: ZoneInfo
    weekdays: tuple[str, ...]
    opens: time
    closes: time
    days_off: frozenset[date] = frozenset()


def is_open(hours: OpeningHours, now: datetime) -> bool:
    """Tell whether people answer at `now` (aware). The moment of closing is closed."""
    return any(
        opens <= now < closes for opens, closes in [_span(hours, day) for day in _days(hours, now, timedelta(0))]
    )


def next_opening(hours: OpeningHours, now: datetime) -> datetime | None:
    """Return the first moment after `now` (aware) at which it opens, in UTC; None if it opens on no day of a year."""
    openings = (_span(hours, day)[0] for day in _days(hours, now, LOOK_AHEAD))
    return next((opens for opens in openings if opens > now), None)


def after_open_time(hours: OpeningHours, start: datetime, span: timedelta) -> datetime | None:
    """Return when `span` of open time has passed since `start` (aware), in UTC; None if a year has not enough of it."""
    left = span
    for opens, closes in (_span(hours, day) for day in _days(hours, start, LOOK_AHEAD)):
        begins = max(opens, start)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, timedelta(0))
    return None


def _days(hours: OpeningHours, now: datetime, ahead: timedelta) -> list[date]:
    """Return the days it opens on, from today, as the calendar on the wall says."""
    today = now.astimezone(hours.zone).date()
    days = [today + timedelta(days=number) for number in range(ahead.days + 1)]
    return [day for day in days if WEEKDAYS[day.weekday()] in hours.weekdays and day not in hours.days_off]


def _span(hours: OpeningHours, day: date) -> tuple[datetime, datetime]:
    opens, closes = (datetime.combine(day, at, hours.zone) for at in (hours.opens, hours.closes))
    return opens.astimezone(UTC), closes.astimezone(UTC)
