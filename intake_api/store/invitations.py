"""Invitations: a link by mail with which a person of the staff chooses a password, once.

The token is derived from the invitation's id and kept nowhere, not even as a digest (SEC-45).
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, ForeignKey, Index, String, delete, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, table_of
from intake_api.store.mailed_links import derive_token
from intake_api.store.mails import WAITS, MailRow, MailState
from intake_api.store.staff import StaffRow
from intake_api.store.turns import WorkKind

LASTS = timedelta(hours=72)
KEPT = timedelta(days=30)  # after its end: what became of the mail can be looked up for as long


class InvitationRow(MailRow):
    """One invitation. Whose address it goes to is known to the account alone."""

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),)

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), index=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))  # where its mail stands


class InvitationOver(Exception):
    """No invitation has this token, or it was used, or it is too late: the answer is the same."""

    code = "invitation_over"


@dataclass(frozen=True)
class Invitation:
    """One invitation, as it stands."""

    id: str
    staff_id: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    state: MailState
    turn: int
    attempts: int
    last_reason: str | None
    last_status: int | None
    sent_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Say whether it may still be used."""
        return self.used_at is None and now < self.expires_at


INVITATIONS = WorkKind(InvitationRow, Invitation, {"state": MailState})


def add_invitation(tx: Connection, staff_id: str, *, now: datetime) -> Invitation:
    """Write a new invitation, its mail queued for the first turn. Older ones of this person are over."""
    end_invitations(tx, staff_id, now=now)
    new = Invitation(
        id=secrets.token_hex(16),
        staff_id=staff_id,
        made_at=now,
        expires_at=now + LASTS,
        used_at=None,
        state=MailState.QUEUED,
        turn=1,
        attempts=0,
        last_reason=None,
        last_status=None,
        sent_at=None,
    )
    tx.execute(insert(table_of(InvitationRow)).values(**vars(new)))
    return new


def end_invitations(tx: Connection, staff_id: str, *, now: datetime) -> None:
    """End all invitations of a person; a mail that is still to go will not."""
    still_open = InvitationRow.staff_id == staff_id, InvitationRow.used_at.is_(None)
    tx.execute(update(InvitationRow).where(*still_open).values(used_at=now))


def invitation_token(token_key: bytes, invitation_id: str) -> str:
    """Derive the token of an invitation."""
    return derive_token(token_key, "invitation", invitation_id)


def get_open(tx: Connection, token_key: bytes, token: str, *, hold: bool = False, now: datetime) -> Invitation:
    """Return the invitation a token opens; with `hold` nobody else uses it until the transaction ends.

    :raises InvitationOver: there is none, or it is over.
    """
    invitation_id = token.partition("-")[0]
    right = hmac.compare_digest(invitation_token(token_key, invitation_id).encode(), token.encode())
    query = select(*INVITATIONS.columns).where(InvitationRow.id == (invitation_id if right else ""))
    row = tx.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None or not (found := INVITATIONS.read(row)).is_open(now):
        raise InvitationOver("This link is over.")
    return found


def last_invitations(tx: Connection) -> dict[str, Invitation]:
    """Return the newest invitation of each person who has one, by the person's id."""
    return {
        row.staff_id: INVITATIONS.read(row)
        for row in tx.execute(select(*INVITATIONS.columns).order_by(InvitationRow.made_at))
    }


def find_over(tx: Connection, invitation_ids: Iterable[str]) -> set[str]:
    """Return those of these invitations that were used: their mail need not be held any longer."""
    used = InvitationRow.id.in_(list(invitation_ids)), InvitationRow.used_at.is_not(None)
    return set(tx.scalars(select(InvitationRow.id).where(*used)))


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete invitations that ended long ago."""
    tx.execute(delete(InvitationRow).where(InvitationRow.expires_at < now - KEPT))
