"""Mails that tell somebody of staff that leads were given to them: which, and of whom, stands in none of it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, ForeignKey, Index, String, delete, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import TO_DECIDE
from intake_api.store.base import Moment, table_of
from intake_api.store.leads import LeadRow
from intake_api.store.mails import WAITS, MailRow, MailState
from intake_api.store.staff import StaffRow
from intake_api.store.turns import WorkKind

TELLS_FOR = timedelta(hours=1)  # one mail tells of all that is given to a person within it
KEPT = timedelta(days=30)


class AssignmentMailRow(MailRow):
    """One such mail. Whose address it goes to is known to the account alone."""

    __tablename__ = "assignment_mails"
    __table_args__ = (
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        Index(None, "staff_id", "made_at"),
    )

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id))
    made_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))


@dataclass(frozen=True)
class AssignmentMail:
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


ASSIGNMENT_MAILS = WorkKind(AssignmentMailRow, AssignmentMail, {"state": MailState})


def add_assignment_mail(tx: Connection, staff_id: str, *, now: datetime) -> AssignmentMail | None:
    """Write a mail, queued for the first turn; None if one of within the hour tells the same."""
    lately = AssignmentMailRow.staff_id == staff_id, AssignmentMailRow.made_at > now - TELLS_FOR
    if tx.scalar(select(AssignmentMailRow.id).where(*lately, AssignmentMailRow.state != MailState.DROPPED).limit(1)):
        return None
    new = AssignmentMail(secrets.token_hex(16), staff_id, now, MailState.QUEUED, 1, 0, None, None, None)
    tx.execute(insert(table_of(AssignmentMailRow)).values(**vars(new)))
    return new


def has_leads(tx: Connection, staff_id: str) -> bool:
    """Say whether anything that is to decide is a person's."""
    theirs = LeadRow.assigned_to == staff_id, LeadRow.state.in_(TO_DECIDE), LeadRow.restricted_until.is_(None)
    return tx.scalar(select(LeadRow.id).where(*theirs).limit(1)) is not None


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete what was written long ago."""
    tx.execute(delete(AssignmentMailRow).where(AssignmentMailRow.made_at < now - KEPT))
