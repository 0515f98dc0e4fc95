"""How much of leads one of us may see before the second factor is asked for anew (A-04).

Whoever decides reads one lead after the other. Whoever carries data off reads many more, and faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

MINUTE = timedelta(minutes=1)
A_MINUTE, A_DAY = 20, 200


class Limit(StrEnum):
    """What was reached."""

    MINUTE = "minute"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Pace:
    """What one person saw since they showed a factor last.

    `lately`: when, and of how many leads, within a minute; `on_day`: how many on `day`, a date in UTC.
    """

    lately: Sequence[tuple[datetime, int]] = ()
    day: str = ""
    on_day: int = 0


def reached(pace: Pace, *, now: datetime) -> Limit | None:
    """Say which limit is reached, so that the next lead waits for a factor; None if there is room.

    What is shown at once counts whole: a list of fifty is shown when there is room for one, and then there is none.
    """
    if sum(leads for at, leads in pace.lately if now - at < MINUTE) >= A_MINUTE:
        return Limit.MINUTE
    return Limit.DAY if pace.day == _day(now) and pace.on_day >= A_DAY else None


def after(pace: Pace, leads: int, *, now: datetime) -> Pace:
    """Return the pace once so many leads more were seen. What is a minute old is left out."""
    lately = [(at, seen) for at, seen in pace.lately if now - at < MINUTE]
    today = pace.on_day if pace.day == _day(now) else 0
    return replace(pace, lately=(*lately, (now, leads)), day=_day(now), on_day=today + leads)


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()
