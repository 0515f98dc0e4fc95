"""How long data is kept: ISO 8601 durations with an end, and the day on which a lead is erased (N-08, T-02, T-03)."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

LAST_ACTIVITY = "last_activity"
SUBMISSION = "submission"
STARTS = frozenset({LAST_ACTIVITY, SUBMISSION})

LONGEST_YEARS = 10
# What no purpose allows keeping any more waits so long to be erased, so that staff see why. W-07 allows 72 hours.
NOTHING_LIVES = timedelta(hours=24)

_DATE_PART = r"(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
_TIME_PART = r"(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?"
_SHAPE = re.compile(f"P(?=[0-9T]){_DATE_PART}{_TIME_PART}", re.ASCII)


class DurationError(ValueError):
    """The text is no ISO 8601 duration, is empty of time, or has no end worth the name."""

    code = "duration_invalid"


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar months and of exact time; `text` is the ISO 8601 form it was read from."""

    text: str
    months: int
    exact: timedelta

    def after(self, moment: datetime) -> datetime:
        """Return when this span ends if it starts at `moment` (31 January plus a month is the last of February)."""
        return _plus_months(moment, self.months) + self.exact


@dataclass(frozen=True, slots=True)
class Kept:
    """One rule: keep for `duration` from `start`, one of `STARTS`."""

    duration: Duration
    start: str


def parse_duration(text: str) -> Duration:
    """Read an ISO 8601 duration such as `P6M` or `PT72H`; raise DurationError if it is none, zero, or over 10 years."""
    match = _SHAPE.fullmatch(text)
    if match is None or text.endswith("T"):
        raise DurationError("not an ISO 8601 duration")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    duration = Duration(text, years * 12 + months, timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes))
    if not duration.months and not duration.exact:
        raise DurationError("a duration of nothing")
    if duration.months * 30.5 + duration.exact / timedelta(days=1) > LONGEST_YEARS * 366:
        raise DurationError("longer than ten years: that is keeping without end")
    return duration


def delete_after(kept: Iterable[Kept], *, submitted_at: datetime, last_activity_at: datetime) -> datetime:
    """Return when the data must be gone: the latest end among the purposes that are alive (T-02).

    `last_activity_at` is the last act of the person, never of staff (T-03). Without any rule left the answer is
    `submitted_at`: nothing allows keeping it.
    """
    starts = {SUBMISSION: submitted_at, LAST_ACTIVITY: last_activity_at}
    return max((rule.duration.after(starts[rule.start]) for rule in kept), default=submitted_at)


def kept_after_erasure(erased_at: datetime) -> datetime:
    """Return until when it is kept that somebody was erased, and what they had decided (T-01: proof)."""
    return PROOF_KEPT.after(erased_at)


def _plus_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


PROOF_KEPT = parse_duration("P3Y")  # as long as claims are made, Art. 17(3)(b) and (e)
