"""Mails that go out turn by turn: where one stands, and what is written down after an attempt (see `turns.py`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, String, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store import turns
from intake_api.store.base import Moment
from intake_api.store.turns import TurnRow, WorkKind

WAITS = "next_attempt_at IS NOT NULL"  # for indexes: most rows are settled soon after they were made


class MailState(StrEnum):
    """Where a mail stands."""

    QUEUED = turns.QUEUED
    SENDING = turns.SENDING
    RETRYING = turns.RETRYING
    SENT = "sent"  # taken by the mail server
    REFUSED = "refused"  # the mail server will never take it
    GIVEN_UP = "given_up"  # tried for as long as it was worth sending
    HELD = "held"  # this address was written to often enough
    DROPPED = "dropped"  # there is nothing left to ask
    ENCLOSED = "enclosed"  # stands in the mail of another question of the same lead


LEAVING = (MailState.SENDING, MailState.RETRYING)  # it may be on its way already


class MailRow(TurnRow):
    """The row of a mail, or of what it is about."""

    __abstract__ = True

    last_reason: Mapped[str | None] = mapped_column(String(64))
    last_status: Mapped[int | None]
    sent_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class MailAttempt:
    """What is written down after an attempt to send a mail."""

    state: MailState
    reason: str | None = None
    status: int | None = None
    next_attempt_at: datetime | None = None


def record_mail(tx: Connection, kind: WorkKind[Any], mail_id: str, attempt: MailAttempt, *, now: datetime) -> None:
    """Write down what came of an attempt and let go of the mail. The rows of its kind are `MailRow`s."""
    row = kind.row
    values: dict[str, Any] = {
        row.STATE: attempt.state,
        "claim": None,
        "next_attempt_at": attempt.next_attempt_at,
        "last_reason": attempt.reason,
        "last_status": attempt.status,
    }
    if attempt.state is MailState.SENT:
        values["sent_at"] = now
    tx.execute(update(row).where(row.id == mail_id).values(**values))
