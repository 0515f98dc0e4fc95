"""How long a second factor counts as fresh: for what reaches far, it is asked for anew (SEC-10)."""

from datetime import datetime, timedelta

FRESH = timedelta(minutes=10)


def is_fresh(factor_at: datetime | None, *, now: datetime) -> bool:
    """Say whether a second factor was shown lately in a session."""
    return factor_at is not None and now - factor_at < FRESH
