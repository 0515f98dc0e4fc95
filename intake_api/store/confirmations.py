"""Confirmations: the second yes to one purpose, asked for by e-mail (C-12 to C-15).

A confirmation is made with the first yes; its link goes out by mail.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Index, String, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.confirmation import ANSWER_WITHIN
from intake_api.store import mailed_links
from intake_api.store.base import Moment, table_of
from intake_api.store.lead_index import LeadIndexRow
from intake_api.store.leads import LeadRow
from intake_api.store.mailed_links import MailedLinkRow
from intake_api.store.mails import LEAVING, WAITS, MailState
from intake_api.store.turns import WorkKind, give_turns, hold_work

UNANSWERED = "confirmed_at IS NULL AND ended_at IS NULL"


class ConfirmationRow(MailedLinkRow):
    """One question for a second yes. Whose address it goes to is known to the lead alone."""

    __tablename__ = "confirmations"
    # Both indexes leave out what nobody looks for by them: most rows, soon after they were made.
    __table_args__ = (
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        Index(None, "made_at", sqlite_where=text(UNANSWERED), postgresql_where=text(UNANSWERED)),
        {"sqlite_with_rowid": False},
    )

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    purpose: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))  # where its mail stands
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class ConfirmationUnknown(Exception):
    """No confirmation has this token."""

    code = "confirmation_unknown"


@dataclass(frozen=True)
class Confirmation:
    """One confirmation, as it stands."""

    id: str
    lead_id: str
    purpose: str
    made_at: datetime
    expires_at: datetime
    state: MailState
    turn: int
    attempts: int
    last_reason: str | None  # a code of ours, never the mail server's words
    last_status: int | None
    sent_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None  # disowned, or never confirmed

    def is_open(self, now: datetime) -> bool:
        """Say whether the second yes may still be given."""
        return self.confirmed_at is None and self.ended_at is None and now < self.expires_at


CONFIRMATIONS = WorkKind(ConfirmationRow, Confirmation, {"state": MailState})
_ADD = insert(table_of(ConfirmationRow))


def add_confirmation(
    tx: Connection,
    token_key: bytes,
    *,
    lead_id: str,
    purpose: str,
    state: MailState = MailState.QUEUED,
    now: datetime,
) -> Confirmation:
    """Write a new confirmation, its mail queued for the first turn, or enclosed in that of another one."""
    confirmation = Confirmation(
        id=secrets.token_hex(16),
        lead_id=lead_id,
        purpose=purpose,
        made_at=now,
        expires_at=now + ANSWER_WITHIN,
        state=state,
        turn=1,
        attempts=0,
        last_reason=None,
        last_status=None,
        sent_at=None,
        confirmed_at=None,
        ended_at=None,
    )
    digest = mailed_links.digest(confirmation_token(token_key, confirmation.id))
    tx.execute(_ADD, {**vars(confirmation), "token_digest": digest, "claim": None, "next_attempt_at": None})
    return confirmation


def confirmation_token(token_key: bytes, confirmation_id: str) -> str:
    """Derive the token of a confirmation."""
    return mailed_links.derive_token(token_key, "confirmation", confirmation_id)


def get_by_token(tx: Connection, token: str, *, hold: bool = False) -> Confirmation:
    """Return the confirmation a token opens; with `hold` nobody else changes it until the transaction ends.

    Whoever holds one holds all of its lead: an answer to one may erase the lead, and would wait for another answer that
    waits for the lead.

    :raises ConfirmationUnknown: no such token.
    """
    found = mailed_links.find_by_token(tx, CONFIRMATIONS, token, hold=False)
    if found is not None and hold:
        hold_confirmations(tx, found.lead_id)
        found = mailed_links.find_by_token(tx, CONFIRMATIONS, token, hold=False)  # as it stands now
    if found is None:
        raise ConfirmationUnknown("There is no such link.")
    return found


def lead_of(tx: Connection, confirmation_id: str) -> str:
    """Return the id of the lead of a confirmation: it never changes, so nothing is held for it."""
    query = select(ConfirmationRow.lead_id).where(ConfirmationRow.id == confirmation_id)
    return tx.execute(query).scalar_one()


def list_confirmations(tx: Connection, lead_id: str) -> list[Confirmation]:
    """Return the confirmations of a lead, oldest first."""
    query = select(*CONFIRMATIONS.columns).where(ConfirmationRow.lead_id == lead_id).order_by(ConfirmationRow.made_at)
    return [CONFIRMATIONS.read(row) for row in tx.execute(query)]


def hold_confirmations(tx: Connection, lead_id: str) -> None:
    """Let nobody else change the confirmations of a lead until the transaction ends."""
    of_lead = select(ConfirmationRow.id).where(ConfirmationRow.lead_id == lead_id)
    tx.execute(of_lead.order_by(ConfirmationRow.id).with_for_update()).all()


def mark_confirmed(tx: Connection, confirmation_id: str, *, now: datetime) -> None:
    """Record that the second yes was given."""
    tx.execute(update(ConfirmationRow).where(ConfirmationRow.id == confirmation_id).values(confirmed_at=now))


def end_confirmation(tx: Connection, confirmation_id: str, *, now: datetime) -> None:
    """Record that no second yes will come."""
    tx.execute(update(ConfirmationRow).where(ConfirmationRow.id == confirmation_id).values(ended_at=now))


def close_confirmations(tx: Connection, lead_id: str, *, now: datetime) -> None:
    """End all confirmations of a lead."""
    still_open = update(ConfirmationRow).where(ConfirmationRow.lead_id == lead_id, ConfirmationRow.ended_at.is_(None))
    tx.execute(still_open.values(ended_at=now))


def find_ended(tx: Connection, confirmation_ids: Iterable[str]) -> set[str]:
    """Return those of these confirmations that have ended."""
    query = select(ConfirmationRow.id).where(ConfirmationRow.id.in_(list(confirmation_ids)))
    return set(tx.scalars(query.where(ConfirmationRow.ended_at.is_not(None))))


def find_unanswered(tx: Connection, *, made_before: datetime, limit: int = 100) -> list[str]:
    """Return the ids of confirmations made before a moment that are neither confirmed nor ended, oldest first."""
    query = (
        select(ConfirmationRow.id)
        .where(
            ConfirmationRow.made_at <= made_before,
            ConfirmationRow.confirmed_at.is_(None),
            ConfirmationRow.ended_at.is_(None),
        )
        .order_by(ConfirmationRow.made_at)
        .limit(limit)
    )
    return list(tx.scalars(query))


def find_unanswered_by_id(tx: Connection, confirmation_id: str) -> Confirmation | None:
    """Return a confirmation if it is neither confirmed nor ended; hold all of its lead until the transaction ends."""
    hold_confirmations(tx, lead_of(tx, confirmation_id))
    unanswered = (ConfirmationRow.confirmed_at.is_(None), ConfirmationRow.ended_at.is_(None))
    return hold_work(tx, CONFIRMATIONS, ConfirmationRow.id == confirmation_id, *unanswered)


def mails_to(tx: Connection, confirmation: Confirmation) -> list[datetime | None]:
    """Return when other mails to the same address left, None for one that is on its way; hold the address."""
    of_address = (LeadIndexRow.kind == "email", LeadIndexRow.lead_id == confirmation.lead_id)
    address: bytes | None = tx.scalar(select(LeadIndexRow.token).where(*of_address))
    if address is None:
        return []
    mailed_links.hold_address(tx, address)
    leads = select(LeadIndexRow.lead_id).where(LeadIndexRow.kind == "email", LeadIndexRow.token == address)
    query = select(ConfirmationRow.sent_at).where(
        ConfirmationRow.lead_id.in_(leads),
        ConfirmationRow.id != confirmation.id,
        ConfirmationRow.sent_at.is_not(None) | ConfirmationRow.state.in_(LEAVING),
    )
    return list(tx.scalars(query))


def queue_mail_again(tx: Connection, confirmation_id: str) -> None:
    """Give a mail that was settled its next turn."""
    give_turns(tx, ConfirmationRow, [confirmation_id])
