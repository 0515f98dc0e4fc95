"""Count what each of us sees of leads. Too much, or too fast, waits for a second factor and is told (A-04)."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.rules.reading_pace import after, reached
from intake_api.store import evidence
from intake_api.store.alerts import add_alert_mails
from intake_api.store.reading_counts import claim_alert, forget_pace, hold_pace, put_pace
from intake_api.store.staff_identities import can_show_factor

STAFF = "staff:"
KIND = "readings.limited"


class TooManyReadings(Exception):
    """So many leads were seen that a second factor comes before the next one. Nothing was read."""

    code = "factor_needed"


def has_room(tx: Connection, actor: str, *, now: datetime) -> bool:
    """Say whether somebody may see a lead, and raise the alarm if they saw too many; hold their count.

    Whoever has no second factor cannot be asked for one: they go on, and the alarm is raised all the same. The caller
    commits in both cases: what is refused is on the record.

    :param actor: as in the evidence; programs and the command line are not counted.
    """
    if not actor.startswith(STAFF):
        return True
    staff_id = actor.removeprefix(STAFF)
    limit = reached(hold_pace(tx, staff_id, now=now), now=now)
    if limit is None:
        return True
    may_go_on = not can_show_factor(tx, staff_id)
    if claim_alert(tx, staff_id, now=now):
        facts = {"staff": staff_id, "limit": limit.value, "asked": not may_go_on}
        evidence.add_entry(tx, KIND, actor="system", now=now, facts=facts)
        add_alert_mails(tx, now=now)
    return may_go_on


def count_seen(tx: Connection, actor: str, leads: int, *, now: datetime) -> None:
    """Count leads that somebody sees now. The caller asked `has_room` in the same transaction."""
    if actor.startswith(STAFF) and leads:
        staff_id = actor.removeprefix(STAFF)
        put_pace(tx, staff_id, after(hold_pace(tx, staff_id, now=now), leads, now=now), now=now)


def begin_anew(tx: Connection, staff_id: str, *, now: datetime) -> None:
    """Give somebody who has just shown a second factor a fresh allowance."""
    forget_pace(tx, staff_id, now=now)
