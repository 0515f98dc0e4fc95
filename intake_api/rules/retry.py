"""When to try a delivery or a mail again: the schedule of Standard Webhooks, ten attempts over 75 h 35 min (G-01)."""

from datetime import datetime, timedelta

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# An answer we cannot read is not worth three days: after 5 h + 2 h 35 min a person looks at it.
ATTEMPTS_AT_AN_UNREADABLE_ANSWER = 6
# A destination may ask for more patience than the schedule has, not for a year of it.
LONGEST_WAIT = timedelta(hours=24)
JITTER = 0.1


def next_attempt(
    attempts: int, *, now: datetime, jitter: float, asked: timedelta | None = None, readable: bool = True
) -> datetime | None:
    """Say when the next attempt is due after `attempts` of them failed, or None to give up.

    `jitter` is a chance from 0 to 1 drawn by the caller; it adds up to a tenth of the wait, so that deliveries that
    failed together do not come back together. `asked` is the destination's own wish (`Retry-After`): never earlier than
    that, at most a day later. `readable` is False when the last answer fits no class: those are capped sooner.
    """
    allowed = len(WAITS) + 1 if readable else ATTEMPTS_AT_AN_UNREADABLE_ANSWER
    if attempts >= allowed:
        return None
    wait = WAITS[attempts - 1]
    if asked:
        wait = max(wait, min(asked, LONGEST_WAIT))
    return now + wait * (1 + JITTER * jitter)
