"""One showing of one notice to one visitor: what was shown, where, when; good for one decision (C-06)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Index, String, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table, table_of


class Outcome(StrEnum):
    """What became of a presentation."""

    OPEN = "open"  # shown, nothing decided (after its end: ignored)
    SUBMITTED = "submitted"  # used for a submission
    REFUSED = "refused"  # the visitor said no


class PresentationRow(Table):
    """A presentation. It holds nothing of the person: a random id, no address, no agent (M-06)."""

    __tablename__ = "presentations"
    __table_args__ = (Index(None, "outcome", "expires_at"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    form: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    notice_hash: Mapped[str] = mapped_column(String(64))
    shown_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    outcome: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    lead_id: Mapped[str | None] = mapped_column(String(32))  # what was sent on it


_TABLE = table_of(PresentationRow)
_ADD = insert(_TABLE)
_SHOWN = [column for column in _TABLE.c if column.name != "decided_at"]
_CLAIM = select(*_SHOWN).where(_TABLE.c.id == bindparam("presentation")).with_for_update()
_TAKE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("presentation"), _TABLE.c.outcome == Outcome.OPEN.value)
    .values(outcome=Outcome.SUBMITTED.value, decided_at=bindparam("now"), lead_id=bindparam("lead"))
    .returning(*_SHOWN)
)
_MARK = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("presentation"))
    .values(outcome=bindparam("outcome_"), decided_at=bindparam("now"))
)


class PresentationUnknown(Exception):
    """No presentation has this id."""

    code = "presentation_unknown"


@dataclass(frozen=True)
class Presentation:
    """One showing of one notice."""

    id: str
    form: str
    locale: str
    channel: str
    notice_hash: str
    shown_at: datetime
    expires_at: datetime
    outcome: Outcome = Outcome.OPEN
    lead_id: str | None = None


def add_presentation(tx: Connection, presentation: Presentation) -> None:
    """Write a new presentation down."""
    tx.execute(_ADD, {**vars(presentation), "outcome": presentation.outcome.value, "decided_at": None})


def claim_presentation(tx: Connection, presentation_id: str, *, form: str) -> Presentation:
    """Return a presentation of a form and hold it until the transaction ends, so that two senders take turns.

    :raises PresentationUnknown: no such id, or of another form.
    """
    row = tx.execute(_CLAIM, {"presentation": presentation_id}).one_or_none()
    if row is None or row.form != form:
        raise PresentationUnknown("This form was not opened here, or too long ago.")
    return Presentation(**{**row._mapping, "outcome": Outcome(row.outcome)})


def take_presentation(
    tx: Connection, presentation_id: str, *, form: str, lead_id: str, now: datetime
) -> Presentation | None:
    """Use up an open presentation of a form for a lead and return it as it was; None if it is not open.

    One statement for the usual case; `claim_presentation` then says what is the matter with the others.
    """
    row = tx.execute(_TAKE, {"presentation": presentation_id, "lead": lead_id, "now": now}).one_or_none()
    if row is None or row.form != form:
        return None
    return Presentation(**{**row._mapping, "outcome": Outcome.OPEN, "lead_id": None})


def mark_decided(tx: Connection, presentation_id: str, outcome: Outcome, *, now: datetime) -> None:
    """Record what became of an open presentation."""
    tx.execute(_MARK, {"presentation": presentation_id, "outcome_": outcome.value, "now": now})


def remove_expired(tx: Connection, *, before: datetime, limit: int = 5000) -> int:
    """Delete presentations that ended undecided before a moment; return how many."""
    expired = (
        select(PresentationRow.id)
        .where(PresentationRow.outcome == Outcome.OPEN, PresentationRow.expires_at < before)
        .limit(limit)
    )
    return tx.execute(delete(PresentationRow).where(PresentationRow.id.in_(expired.scalar_subquery()))).rowcount
