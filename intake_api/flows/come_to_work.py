"""Say that one is here today, or not any more: rules that ask for it give leads to those who are."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from intake_api.store.base import Store
from intake_api.store.teams import set_here


def come_to_work(store: Store, staff_id: str, zone: ZoneInfo, *, now: datetime) -> datetime:
    """Write down that a person is here until the day ends by the clocks of `zone`; return that moment."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    until = datetime.combine(tomorrow, time.min, zone)
    with store.writing() as tx:
        set_here(tx, staff_id, until)
    return until


def leave_for_today(store: Store, staff_id: str) -> None:
    """Write down that a person is not here any more today."""
    with store.writing() as tx:
        set_here(tx, staff_id, None)
