"""Work that goes through the queue, attempt by attempt: deliveries, and mails with a link.

The durable engine runs attempts; the row of the work says which attempt is the valid one. `turn` counts the times it
was put into the queue: an attempt of an older turn finds that it is not its turn and ends. `claim` is drawn anew
whenever a worker takes the work into its hands: what an outrun worker reports is not written.
"""

import secrets
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, ColumnElement, Connection, Select, String, and_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table, table_of

QUEUED = "queued"  # in the engine's queue
SENDING = "sending"  # in a worker's hands
RETRYING = "retrying"  # waits until `next_attempt_at`
RUNNING = (QUEUED, SENDING)


class TurnRow(Table):
    """The row of a piece of work: besides the three states above, it has others in which it is settled."""

    __abstract__ = True
    STATE: ClassVar[str] = "state"  # the column that says where the work stands

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    turn: Mapped[int]
    attempts: Mapped[int]
    claim: Mapped[str | None] = mapped_column(String(32))
    next_attempt_at: Mapped[datetime | None] = mapped_column(Moment)


def turn_key(work_id: str, turn: int) -> str:
    """Return the key of a turn, as the queue knows it."""
    return f"{work_id}.{turn}"


def parse_turn_key(key: str) -> tuple[str, int]:
    """Return the id of the work and the turn of a key."""
    work_id, _, turn = key.rpartition(".")
    return work_id, int(turn)


def is_running(row: type[TurnRow], work_id: str, turn: int) -> ColumnElement[bool]:
    """Ask for the work of an id, if this is its turn and it is not settled."""
    return and_(row.id == work_id, row.turn == turn, _state(row).in_(RUNNING))


def is_claimed(row: type[TurnRow], work_id: str, claim: str) -> ColumnElement[bool]:
    """Ask for the work of an id, if it is still in these hands."""
    return and_(row.id == work_id, row.claim == claim)


def claim_turn(tx: Connection, row: type[TurnRow], work_id: str, **more: object) -> str:
    """Take work into this worker's hands: one more attempt. Return the claim, needed to report on it."""
    claim = secrets.token_hex(16)
    values = {row.STATE: SENDING, "claim": claim, "attempts": row.attempts + 1, **more}
    tx.execute(update(row).where(row.id == work_id).values(**values))
    return claim


def give_turns(tx: Connection, row: type[TurnRow], work_ids: list[str], **more: object) -> None:
    """Give work its next turn."""
    values = {row.STATE: QUEUED, "claim": None, "turn": row.turn + 1, **more}
    tx.execute(update(row).where(row.id.in_(work_ids)).values(**values))


def has_due_turn(tx: Connection, row: type[TurnRow], *only: ColumnElement[bool], now: datetime) -> bool:
    """Say whether `give_due_turns` would find anything."""
    return tx.scalar(_due(row, now).where(*only).limit(1)) is not None


def give_due_turns(
    tx: Connection, row: type[TurnRow], *only: ColumnElement[bool], now: datetime, limit: int = 200
) -> list[str]:
    """Give the next turn to work whose time has come; return the keys of these turns."""
    due = _due(row, now).where(*only).order_by(row.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
    found = tx.execute(due).all()
    give_turns(tx, row, [one.id for one in found])
    return [turn_key(one.id, one.turn + 1) for one in found]


def _due(row: type[TurnRow], now: datetime) -> Select[str, int]:
    return select(row.id, row.turn).where(_state(row) == RETRYING, row.next_attempt_at <= now)


def _state(row: type[TurnRow]) -> Column[Any]:
    return table_of(row).c[row.STATE]
