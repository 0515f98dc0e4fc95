"""Mails that tell somebody of staff to look at a page: at the audit, or at deliveries that failed.

Why, and about whom, stands there and in none of them.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, ForeignKey, Index, String, delete, insert, text
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.staff_roles import Role
from intake_api.store.base import Moment, table_of
from intake_api.store.mails import WAITS, MailRow, MailState
from intake_api.store.staff import StaffRow, list_people, list_who_may
from intake_api.store.turns import WorkKind

KEPT = timedelta(days=30)


class AlertMailRow(MailRow):
    """One such mail. Whose address it goes to is known to the account alone."""

    __tablename__ = "alert_mails"
    __table_args__ = (Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),)

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id))
    made_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))
    destination: Mapped[str | None] = mapped_column(String(40))  # of the deliveries; none for the audit
    reason: Mapped[str | None] = mapped_column(String(64))


@dataclass(frozen=True)
class AlertMail:
    """One such mail, as it stands."""

    id: str
    staff_id: str
    made_at: datetime
    state: MailState
    turn: int
    attempts: int
    last_reason: str | None
    last_status: int | None
    sent_at: datetime | None
    destination: str | None = None
    reason: str | None = None


ALERT_MAILS = WorkKind(AlertMailRow, AlertMail, {"state": MailState})


def add_alert_mails(tx: Connection, *, now: datetime) -> int:
    """Write a mail to each officer, or, where there is none, to each administrator; return how many.

    A worker queues them at its next look: whoever reads a lead need not wait until the engine is loaded.
    """
    return _add(tx, _officers(tx, now=now), None, None, now=now)


def add_grant_mails(tx: Connection, destination: str, reason: str, *, now: datetime) -> int:
    """Write a mail about a destination that would have allowed something, to those `add_alert_mails` writes to."""
    return _add(tx, _officers(tx, now=now), destination, reason, now=now)


def add_parked_mails(tx: Connection, destination: str, reason: str, roles: Collection[Role], *, now: datetime) -> int:
    """Write a mail to each person of these roles about what failed at a destination; return how many."""
    return _add(tx, [one.id for one in list_who_may(tx, roles)], destination, reason, now=now)


def _officers(tx: Connection, *, now: datetime) -> list[str]:
    here = [person.reviewer for person in list_people(tx, now=now) if person.disabled_at is None]
    told = [one for one in here if Role.OFFICER in one.roles] or [
        one for one in here if Role.ADMINISTRATOR in one.roles
    ]
    return [one.id for one in told]


def _add(
    tx: Connection, staff_ids: Collection[str], destination: str | None, reason: str | None, *, now: datetime
) -> int:
    for staff_id in staff_ids:
        new = (secrets.token_hex(16), staff_id, now, MailState.RETRYING, 0, 0, None, None, None)
        mail = AlertMail(*new, destination, reason)
        tx.execute(insert(table_of(AlertMailRow)).values(**vars(mail), next_attempt_at=now))
    return len(staff_ids)


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete what was written long ago."""
    tx.execute(delete(AlertMailRow).where(AlertMailRow.made_at < now - KEPT))
