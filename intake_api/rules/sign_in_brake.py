"""How long to wait after failed sign-ins: longer each time, never for ever (SEC-03)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGET_AFTER = timedelta(hours=24)
TRUSTED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Brake:
    """How many failures cost nothing, and the longest wait that the doubling after them leads to."""

    free: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Tries:
    """What happened under one key so far: failures in a row, the last one, the last success."""

    failures: int = 0
    last_at: datetime | None = None
    succeeded_at: datetime | None = None


ACCOUNT_FROM_HERE = Brake(free=5, longest=timedelta(minutes=15))
ACCOUNT_FROM_ANYWHERE = Brake(free=20, longest=timedelta(minutes=5))
NETWORK = Brake(free=30, longest=timedelta(minutes=15))


def wait_left(brake: Brake, tries: Tries, *, now: datetime) -> timedelta:
    """Return how long this key still has to wait, zero if it may try now. Trying while waiting does not lengthen it."""
    if tries.last_at is None or tries.failures < brake.free or now - tries.last_at >= FORGET_AFTER:
        return timedelta(0)
    doublings = min(tries.failures - brake.free, 20)
    pause = min(brake.longest, timedelta(seconds=2**doublings))
    return max(timedelta(0), tries.last_at + pause - now)


def is_trusted(tries: Tries, *, now: datetime) -> bool:
    """Tell whether the person signed in from this network lately: then strangers elsewhere cannot keep them out."""
    return tries.succeeded_at is not None and now - tries.succeeded_at < TRUSTED_FOR


def counted(tries: Tries, *, now: datetime) -> Tries:
    """Return the tries with one more failure; failures of long ago are forgotten first."""
    is_old = tries.last_at is None or now - tries.last_at >= FORGET_AFTER
    return Tries(1 if is_old else tries.failures + 1, now, tries.succeeded_at)
