"""Renewals: a person is asked once more for a yes they gave: it has changed, or it ends soon (C-16, C-17, V-07).

One renewal is one mail to one person. Which questions its page asks is read from the decisions when it is opened.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Connection,
    ForeignKey,
    Index,
    String,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store import mailed_links
from intake_api.store.base import Moment, table_of
from intake_api.store.leads import LeadRow
from intake_api.store.mailed_links import MailedLinkRow
from intake_api.store.mails import WAITS, MailState
from intake_api.store.turns import WorkKind

WAITING = (MailState.QUEUED, MailState.RETRYING)


class Why(StrEnum):
    """Why somebody is asked again."""

    CHANGED = "changed"  # what they agreed to has changed materially
    ENDING = "ending"  # their yes ends soon


class RenewalRow(MailedLinkRow):
    """One mail that asks again. Whose address it goes to is known to the lead alone."""

    __tablename__ = "renewals"
    __table_args__ = (
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        {"sqlite_with_rowid": False},
    )

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    why: Mapped[str] = mapped_column(String(16))
    purposes: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))  # where its mail stands
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class RenewalUnknown(Exception):
    """No renewal has this token."""

    code = "renewal_unknown"


@dataclass(frozen=True)
class Renewal:
    """One renewal, as it stands. `purposes` are those it was made for."""

    id: str
    lead_id: str
    why: Why
    purposes: Sequence[str]
    made_at: datetime
    expires_at: datetime
    state: MailState
    turn: int
    attempts: int
    last_reason: str | None  # a code of ours, never the mail server's words
    last_status: int | None
    sent_at: datetime | None
    answered_at: datetime | None  # when the last question was answered
    ended_at: datetime | None  # its lead was erased

    def is_open(self, now: datetime) -> bool:
        """Say whether it may still be answered."""
        return self.answered_at is None and self.ended_at is None and now < self.expires_at


RENEWALS = WorkKind(RenewalRow, Renewal, {"why": Why, "state": MailState})
_ADD = insert(table_of(RenewalRow))


def add_renewal(
    tx: Connection,
    token_key: bytes,
    *,
    lead_id: str,
    why: Why,
    purposes: Collection[str],
    expires_at: datetime,
    now: datetime,
) -> Renewal:
    """Write a new renewal, its mail queued for the first turn."""
    renewal = Renewal(
        id=secrets.token_hex(16),
        lead_id=lead_id,
        why=why,
        purposes=sorted(purposes),
        made_at=now,
        expires_at=expires_at,
        state=MailState.QUEUED,
        turn=1,
        attempts=0,
        last_reason=None,
        last_status=None,
        sent_at=None,
        answered_at=None,
        ended_at=None,
    )
    digest = mailed_links.digest(renewal_token(token_key, renewal.id))
    tx.execute(_ADD, {**vars(renewal), "token_digest": digest, "claim": None, "next_attempt_at": None})
    return renewal


def renewal_token(token_key: bytes, renewal_id: str) -> str:
    """Derive the token of a renewal."""
    return mailed_links.derive_token(token_key, "renewal", renewal_id)


def get_by_token(tx: Connection, token: str, *, hold: bool = False) -> Renewal:
    """Return the renewal a token opens; with `hold` nobody else changes it until the transaction ends.

    :raises RenewalUnknown: no such token.
    """
    found = mailed_links.find_by_token(tx, RENEWALS, token, hold=hold)
    if found is None:
        raise RenewalUnknown("There is no such link.")
    return found


def lead_of(tx: Connection, renewal_id: str) -> str:
    """Return the id of the lead of a renewal: it never changes, so nothing is held for it."""
    return tx.execute(select(RenewalRow.lead_id).where(RenewalRow.id == renewal_id)).scalar_one()


def list_renewals_of(tx: Connection, lead_ids: Iterable[str], why: Why) -> list[Renewal]:
    """Return what some leads were asked again for a reason, oldest first."""
    query = select(*RENEWALS.columns).where(RenewalRow.lead_id.in_(list(lead_ids)), RenewalRow.why == why)
    return [RENEWALS.read(row) for row in tx.execute(query.order_by(RenewalRow.made_at))]


def count_renewals(tx: Connection) -> dict[tuple[Why, MailState], tuple[int, int]]:
    """Return how many were asked again, by why and by where the mail stands, and how many of them have answered."""
    query = select(RenewalRow.why, RenewalRow.state, func.count(), func.count(RenewalRow.answered_at))
    rows = tx.execute(query.group_by(RenewalRow.why, RenewalRow.state).order_by(RenewalRow.why, RenewalRow.state))
    return {(Why(why), MailState(state)): (asked, answered) for why, state, asked, answered in rows}


def mark_answered(tx: Connection, renewal_id: str, *, now: datetime) -> None:
    """Record that every question was answered."""
    tx.execute(update(RenewalRow).where(RenewalRow.id == renewal_id).values(answered_at=now))


def close_renewals(tx: Connection, lead_id: str, *, now: datetime) -> None:
    """End all renewals of a lead."""
    still_open = update(RenewalRow).where(RenewalRow.lead_id == lead_id, RenewalRow.ended_at.is_(None))
    tx.execute(still_open.values(ended_at=now))


def find_ended(tx: Connection, renewal_ids: Iterable[str]) -> set[str]:
    """Return those of these renewals that were answered or have ended: their mail need not be held any longer."""
    over = or_(RenewalRow.ended_at.is_not(None), RenewalRow.answered_at.is_not(None))
    return set(tx.scalars(select(RenewalRow.id).where(RenewalRow.id.in_(list(renewal_ids)), over)))
