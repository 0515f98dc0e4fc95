"""Links that go out by mail, each good for one thing: their tokens, and what becomes of their mails.

A token is derived from the id of what it opens, so that the same mail can be sent again, and names it, so that no index
is needed to find it; only a digest is kept (SEC-45). A mail is sent by the durable engine, turn by turn.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, String, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store import turns
from intake_api.store.base import Moment
from intake_api.store.turns import TurnRow

TOKEN_BYTES = 24
WAITS = "next_attempt_at IS NOT NULL"


class MailState(StrEnum):
    """Where the mail of a link stands."""

    QUEUED = turns.QUEUED
    SENDING = turns.SENDING
    RETRYING = turns.RETRYING
    SENT = "sent"  # taken by the mail server
    REFUSED = "refused"  # the mail server will never take it
    GIVEN_UP = "given_up"  # tried for as long as the link may be sent
    HELD = "held"  # this address was written to often enough
    DROPPED = "dropped"  # there is nothing left to ask
    ENCLOSED = "enclosed"  # stands in the mail of another question of the same lead


LEAVING = (MailState.SENDING, MailState.RETRYING)  # it may be on its way already


class MailedLinkRow(TurnRow):
    """The row of what a link opens."""

    __abstract__ = True

    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    last_reason: Mapped[str | None] = mapped_column(String(64))
    last_status: Mapped[int | None]
    sent_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class MailAttempt:
    """What is written down after an attempt to send the mail."""

    state: MailState
    reason: str | None = None
    status: int | None = None
    next_attempt_at: datetime | None = None


def derive_token(token_key: bytes, use: str, link_id: str) -> str:
    """Derive the token of a link: the id of what it opens, and 192 bits that open this, for this use, and no more."""
    derived = hmac.digest(token_key, f"{use}|{link_id}".encode(), "sha256")[:TOKEN_BYTES]
    return f"{link_id}-{base64.urlsafe_b64encode(derived).decode()}"


def stop_token(token_key: bytes, lead_id: str, purpose: str) -> str:
    """Derive the token that stops a purpose of a lead, as long as the lead is known. It is kept nowhere."""
    return derive_token(token_key, f"stop|{purpose}", lead_id)


def stop_url(public_url: str, token_key: bytes, lead_id: str, purpose: str) -> str:
    """Return the link that stops a purpose of a lead (RFC 8058)."""
    return f"{public_url}/u/{stop_token(token_key, lead_id, purpose)}"


def digest(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def find_by_token(
    tx: Connection, row: type[MailedLinkRow], columns: Iterable[ColumnElement[Any]], token: str, *, hold: bool
) -> Row[Any] | None:
    """Return these columns of what a token opens; with `hold` nobody else changes it until the transaction ends."""
    query = select(row.token_digest, *columns).where(row.id == token.partition("-")[0])
    found = tx.execute(query.with_for_update() if hold else query).one_or_none()
    return found if found is not None and hmac.compare_digest(found.token_digest, digest(token)) else None


def hold_address(tx: Connection, address: bytes) -> None:
    """Let two workers that look at the same address take turns, so that not both find it free.

    :param address: its blind index.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int.from_bytes(address, "big", signed=True)})


def record_mail(tx: Connection, row: type[MailedLinkRow], link_id: str, attempt: MailAttempt, *, now: datetime) -> None:
    """Write down what came of an attempt and let go of the mail."""
    values: dict[str, Any] = {
        row.STATE: attempt.state,
        "claim": None,
        "next_attempt_at": attempt.next_attempt_at,
        "last_reason": attempt.reason,
        "last_status": attempt.status,
    }
    if attempt.state is MailState.SENT:
        values["sent_at"] = now
    tx.execute(update(row).where(row.id == link_id).values(**values))
