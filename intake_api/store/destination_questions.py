"""Questions that staff put to a destination: would it take a lead, and does it hold this one. A worker asks them.

The door of staff has no key to a CRM and no way out of the house (SEC-47), so the answer is left here, for a day.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, ForeignKey, Index, String, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store import turns
from intake_api.store.base import Moment
from intake_api.store.leads import LeadRow
from intake_api.store.staff import StaffRow
from intake_api.store.turns import TurnRow, WorkKind

KEPT = timedelta(days=1)


class QuestionState(StrEnum):
    """Where a question stands."""

    QUEUED = turns.QUEUED
    SENDING = turns.SENDING
    RETRYING = turns.RETRYING
    ANSWERED = "answered"  # also by "nobody there": it is asked once


class QuestionRow(TurnRow):
    """One question. With a lead it is whether the destination holds that one, without whether it would take any."""

    __tablename__ = "destination_questions"
    __table_args__ = (Index(None, "lead_id", "asked_at"), Index(None, "state", "next_attempt_at"))

    destination: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(64))
    lead_id: Mapped[str | None] = mapped_column(ForeignKey(LeadRow.id))
    asked_by: Mapped[str] = mapped_column(ForeignKey(StaffRow.id))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[int | None]
    remote_id: Mapped[str | None] = mapped_column(String(200))


@dataclass(frozen=True)
class Question:
    """One question, as it stands."""

    id: str
    destination: str
    recipient: str
    lead_id: str | None
    asked_by: str
    asked_at: datetime
    state: QuestionState
    turn: int
    attempts: int
    outcome: str | None  # done | held | absent | cannot_tell, or as of a delivery: retry | not_allowed_in | …
    reason: str | None  # a code of ours, never the other side's words
    status: int | None
    remote_id: str | None

    @property
    def waits(self) -> bool:
        """Say whether the answer is still to come."""
        return self.state is not QuestionState.ANSWERED


@dataclass(frozen=True)
class Answer:
    """What came of a question."""

    outcome: str
    reason: str | None = None
    status: int | None = None
    remote_id: str | None = None


QUESTIONS = WorkKind(QuestionRow, Question, {"state": QuestionState})


def add_question(
    tx: Connection, *, destination: str, recipient: str, lead_id: str | None, asked_by: str, now: datetime
) -> Question:
    """Write a question down, queued for its one turn."""
    asked = Question(
        id=secrets.token_hex(16),
        destination=destination,
        recipient=recipient,
        lead_id=lead_id,
        asked_by=asked_by,
        asked_at=now,
        state=QuestionState.QUEUED,
        turn=1,
        attempts=0,
        outcome=None,
        reason=None,
        status=None,
        remote_id=None,
    )
    values = {name: getattr(asked, name) for name in Question.__dataclass_fields__}
    tx.execute(insert(QuestionRow).values(**values, next_attempt_at=now))
    return asked


def find_question(
    tx: Connection, *, destination: str, recipient: str, lead_id: str | None, now: datetime
) -> Question | None:
    """Return what was last asked of a destination within a day: about a lead, or about no lead."""
    asked = (QuestionRow.destination == destination, QuestionRow.recipient == recipient)
    about = (QuestionRow.lead_id == lead_id, QuestionRow.asked_at > now - KEPT)
    query = select(*QUESTIONS.columns).where(*asked, *about).order_by(QuestionRow.asked_at.desc()).limit(1)
    row = tx.execute(query).first()
    return QUESTIONS.read(row) if row else None


def record_answer(tx: Connection, question_id: str, answer: Answer) -> None:
    """Write down what came of a question and let go of it."""
    values = {"state": QuestionState.ANSWERED, "claim": None, "next_attempt_at": None, **vars(answer)}
    tx.execute(update(QuestionRow).where(QuestionRow.id == question_id).values(**values))


def forget_questions(tx: Connection, lead_id: str) -> None:
    """Delete what was asked about a lead."""
    tx.execute(delete(QuestionRow).where(QuestionRow.lead_id == lead_id))


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete what was asked more than a day ago: it may be otherwise by now."""
    tx.execute(delete(QuestionRow).where(QuestionRow.asked_at <= now - KEPT))
