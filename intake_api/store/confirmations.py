"""Confirmations: the second yes to one purpose, asked for by e-mail (C-12 to C-15).

A confirmation is made with the first yes. Its mail is sent by the durable engine; as for deliveries, `turn` counts the
times it was put into the queue and `claim` says whose hands it is in. Its token is derived from its id, so that the
same mail can be sent again, and names it, so that no index is needed to find it; only a digest is kept (SEC-45).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, LargeBinary, Row, Select, String, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.confirmation import ANSWER_WITHIN
from intake_api.store.base import Moment, Table, table_of
from intake_api.store.leads import LeadIndexRow, LeadRow

TOKEN_BYTES = 24
WAITS = "next_attempt_at IS NOT NULL"
UNANSWERED = "confirmed_at IS NULL AND ended_at IS NULL"


class MailState(StrEnum):
    """Where the mail of a confirmation stands."""

    QUEUED = "queued"  # in the engine's queue
    SENDING = "sending"  # in a worker's hands
    RETRYING = "retrying"  # waits until `next_attempt_at`
    SENT = "sent"  # taken by the mail server
    REFUSED = "refused"  # the mail server will never take it
    GIVEN_UP = "given_up"  # tried until the link was over
    HELD = "held"  # this address was asked often enough
    DROPPED = "dropped"  # there is nothing left to ask


RUNNING = (MailState.QUEUED, MailState.SENDING)


class ConfirmationRow(Table):
    """One question for a second yes. Whose address it goes to is known to the lead alone."""

    __tablename__ = "confirmations"
    # Both indexes leave out what nobody looks for by them: most rows, soon after they were made.
    __table_args__ = (
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        Index(None, "made_at", sqlite_where=text(UNANSWERED), postgresql_where=text(UNANSWERED)),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    purpose: Mapped[str] = mapped_column(String(64))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))
    turn: Mapped[int]
    attempts: Mapped[int]
    claim: Mapped[str | None] = mapped_column(String(32))
    next_attempt_at: Mapped[datetime | None] = mapped_column(Moment)
    last_reason: Mapped[str | None] = mapped_column(String(64))
    last_status: Mapped[int | None]
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
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

    @property
    def turn_key(self) -> str:
        """Return the key of the present turn, as the queue knows it."""
        return f"{self.id}.{self.turn}"

    def is_open(self, now: datetime) -> bool:
        """Say whether the second yes may still be given."""
        return self.confirmed_at is None and self.ended_at is None and now < self.expires_at


@dataclass(frozen=True)
class MailAttempt:
    """What is written down after an attempt to send the mail."""

    state: MailState
    reason: str | None = None
    status: int | None = None
    next_attempt_at: datetime | None = None


_TABLE = table_of(ConfirmationRow)
_ADD = insert(_TABLE)
_COLUMNS = tuple(_TABLE.c[name] for name in Confirmation.__dataclass_fields__)


def add_confirmation(tx: Connection, token_key: bytes, *, lead_id: str, purpose: str, now: datetime) -> Confirmation:
    """Write a new confirmation, its mail queued for the first turn."""
    confirmation = Confirmation(
        id=secrets.token_hex(16),
        lead_id=lead_id,
        purpose=purpose,
        made_at=now,
        expires_at=now + ANSWER_WITHIN,
        state=MailState.QUEUED,
        turn=1,
        attempts=0,
        last_reason=None,
        last_status=None,
        sent_at=None,
        confirmed_at=None,
        ended_at=None,
    )
    digest = _digest(confirmation_token(token_key, confirmation.id))
    tx.execute(_ADD, {**vars(confirmation), "token_digest": digest, "claim": None, "next_attempt_at": None})
    return confirmation


def confirmation_token(token_key: bytes, confirmation_id: str) -> str:
    """Derive the token of a confirmation: its id, and 192 bits that open this and nothing else."""
    derived = hmac.digest(token_key, b"confirmation|" + confirmation_id.encode(), "sha256")[:TOKEN_BYTES]
    return f"{confirmation_id}-{base64.urlsafe_b64encode(derived).decode()}"


def get_by_token(tx: Connection, token: str, *, hold: bool = False) -> Confirmation:
    """Return the confirmation a token opens; with `hold` nobody else changes it until the transaction ends.

    :raises ConfirmationUnknown: no such token.
    """
    query = select(ConfirmationRow.token_digest, *_COLUMNS).where(ConfirmationRow.id == token.partition("-")[0])
    row = tx.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None or not hmac.compare_digest(row.token_digest, _digest(token)):
        raise ConfirmationUnknown("There is no such link.")
    return _confirmation(row)


def list_confirmations(tx: Connection, lead_id: str) -> list[Confirmation]:
    """Return the confirmations of a lead, oldest first."""
    query = select(*_COLUMNS).where(ConfirmationRow.lead_id == lead_id).order_by(ConfirmationRow.made_at)
    return [_confirmation(row) for row in tx.execute(query)]


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
    """Return a confirmation if it is neither confirmed nor ended, and hold it until the transaction ends."""
    query = select(*_COLUMNS).where(
        ConfirmationRow.id == confirmation_id,
        ConfirmationRow.confirmed_at.is_(None),
        ConfirmationRow.ended_at.is_(None),
    )
    row = tx.execute(query.with_for_update()).one_or_none()
    return None if row is None else _confirmation(row)


def find_running(tx: Connection, confirmation_id: str, turn: int) -> Confirmation | None:
    """Return a confirmation if it is this turn of its mail and not settled, and hold it until the transaction ends."""
    query = select(*_COLUMNS).where(
        ConfirmationRow.id == confirmation_id, ConfirmationRow.turn == turn, ConfirmationRow.state.in_(RUNNING)
    )
    row = tx.execute(query.with_for_update()).one_or_none()
    return None if row is None else _confirmation(row)


def mails_to(tx: Connection, confirmation: Confirmation) -> list[datetime | None]:
    """Return when other mails to the same address left, None for one that is on its way; hold the address.

    Two workers that look at the same address take turns, so that not both find it free.
    """
    of_address = (LeadIndexRow.kind == "email", LeadIndexRow.lead_id == confirmation.lead_id)
    address: bytes | None = tx.scalar(select(LeadIndexRow.token).where(*of_address))
    if address is None:
        return []
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int.from_bytes(address, "big", signed=True)})
    leads = select(LeadIndexRow.lead_id).where(LeadIndexRow.kind == "email", LeadIndexRow.token == address)
    is_on_its_way = ConfirmationRow.state.in_((MailState.SENDING, MailState.RETRYING))
    query = select(ConfirmationRow.sent_at).where(
        ConfirmationRow.lead_id.in_(leads),
        ConfirmationRow.id != confirmation.id,
        ConfirmationRow.sent_at.is_not(None) | is_on_its_way,
    )
    return list(tx.scalars(query))


def claim_mail(tx: Connection, confirmation_id: str) -> str:
    """Take a mail into this worker's hands: one more attempt. Return the claim, needed to report on it."""
    claim = secrets.token_hex(16)
    values = {"state": MailState.SENDING, "claim": claim, "attempts": ConfirmationRow.attempts + 1}
    tx.execute(update(ConfirmationRow).where(ConfirmationRow.id == confirmation_id).values(**values))
    return claim


def find_claimed(tx: Connection, confirmation_id: str, claim: str) -> Confirmation | None:
    """Return a confirmation if its mail is still in these hands, and hold it until the transaction ends."""
    mine = (ConfirmationRow.id == confirmation_id, ConfirmationRow.claim == claim)
    row = tx.execute(select(*_COLUMNS).where(*mine).with_for_update()).one_or_none()
    return None if row is None else _confirmation(row)


def record_mail(tx: Connection, confirmation_id: str, attempt: MailAttempt, *, now: datetime) -> None:
    """Write down what came of an attempt and let go of the mail."""
    values = {
        "state": attempt.state,
        "claim": None,
        "next_attempt_at": attempt.next_attempt_at,
        "last_reason": attempt.reason,
        "last_status": attempt.status,
    }
    if attempt.state is MailState.SENT:
        values["sent_at"] = now
    tx.execute(update(ConfirmationRow).where(ConfirmationRow.id == confirmation_id).values(**values))


def claim_due_mails(tx: Connection, *, now: datetime, limit: int = 200) -> list[Confirmation]:
    """Give the next turn to mails whose time has come; return them."""
    due = _due(now).order_by(ConfirmationRow.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
    found = [_confirmation(row) for row in tx.execute(due)]
    return [_give_turn(tx, confirmation) for confirmation in found]


def has_due_mail(tx: Connection, *, now: datetime) -> bool:
    """Say whether `claim_due_mails` would find anything."""
    return tx.scalar(_due(now).limit(1)) is not None


def parse_turn_key(key: str) -> tuple[str, int]:
    """Return the confirmation id and the turn of a key."""
    confirmation_id, _, turn = key.rpartition(".")
    return confirmation_id, int(turn)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _due(now: datetime) -> Select[Any]:
    return select(*_COLUMNS).where(ConfirmationRow.state == MailState.RETRYING, ConfirmationRow.next_attempt_at <= now)


def _give_turn(tx: Connection, confirmation: Confirmation) -> Confirmation:
    values: dict[str, Any] = {"state": MailState.QUEUED, "turn": confirmation.turn + 1}
    tx.execute(update(ConfirmationRow).where(ConfirmationRow.id == confirmation.id).values(claim=None, **values))
    return Confirmation(**{**vars(confirmation), **values})


def _confirmation(row: Row[Any]) -> Confirmation:
    values = {name: getattr(row, name) for name in Confirmation.__dataclass_fields__}
    return Confirmation(**{**values, "state": MailState(values["state"])})
