"""Work that goes through the queue, attempt by attempt: deliveries, and mails with a link.

The durable engine runs attempts; the row of the work says which attempt is the valid one. `turn` counts the times it
was put into the queue: an attempt of an older turn finds that it is not its turn and ends. `claim` is drawn anew
whenever a worker takes the work into its hands: what an outrun worker reports is not written.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, String, TextClause, select, update
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


class Work(Protocol):
    """A piece of work as it stands: a frozen dataclass, which has its state in the field named as the row's column."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def id(self) -> str: ...

    @property
    def attempts(self) -> int: ...


W = TypeVar("W", bound=Work)


def _nothing(now: datetime) -> Mapping[str, object]:  # noqa: ARG001
    return {}


@dataclass(frozen=True)
class WorkKind(Generic[W]):
    """One kind of work: its rows, and what one of it is read as."""

    row: type[TurnRow]
    made: type[W]  # its fields are the columns that are read
    enums: Mapping[str, type[StrEnum]]  # by field, of those that are one
    only: tuple[ColumnElement[bool] | TextClause, ...] = ()  # which of what is due gets its turn
    at_claim: Callable[[datetime], Mapping[str, object]] = _nothing  # what else a claim writes, by column

    @cached_property
    def columns(self) -> tuple[Column[Any], ...]:
        """The columns that `read` needs."""
        return tuple(table_of(self.row).c[name] for name in self.made.__dataclass_fields__)

    def read(self, row: Row[Any]) -> W:
        """Return the work of a row that has these columns, and maybe more."""
        make: Callable[..., W] = self.made
        values = {name: getattr(row, name) for name in self.made.__dataclass_fields__}
        return make(**{**values, **{name: enum(values[name]) for name, enum in self.enums.items()}})


def turn_key(work_id: str, turn: int) -> str:
    """Return the key of a turn, as the queue knows it."""
    return f"{work_id}.{turn}"


def parse_turn_key(key: str) -> tuple[str, int]:
    """Return the id of the work and the turn of a key."""
    work_id, _, turn = key.rpartition(".")
    return work_id, int(turn)


def find_running(tx: Connection, kind: WorkKind[W], work_id: str, turn: int) -> W | None:
    """Return work if this is its turn and it is not settled, and hold it until the transaction ends."""
    row = kind.row
    return hold_work(tx, kind, row.id == work_id, row.turn == turn, _state(row).in_(RUNNING))


def claim_turn(tx: Connection, kind: WorkKind[Any], work_id: str, *, now: datetime) -> str:
    """Take work into this worker's hands: one more attempt. Return the claim, needed to report on it."""
    row, claim = kind.row, secrets.token_hex(16)
    values = {row.STATE: SENDING, "claim": claim, "attempts": row.attempts + 1, **kind.at_claim(now)}
    tx.execute(update(row).where(row.id == work_id).values(**values))
    return claim


def claim_broken(tx: Connection, kind: WorkKind[W], work_id: str, turn: int, *, now: datetime) -> W | None:
    """Return work whose attempt of this turn broke down, as tried once more; None if it is settled. Hold it."""
    work = find_running(tx, kind, work_id, turn)
    if work is None or getattr(work, kind.row.STATE) != QUEUED:
        return work
    claim_turn(tx, kind, work_id, now=now)  # it broke before it was claimed, and counts all the same
    return replace(work, attempts=work.attempts + 1)


def find_claimed(tx: Connection, kind: WorkKind[W], work_id: str, claim: str) -> W | None:
    """Return work if it is still in these hands, and hold it until the transaction ends."""
    return hold_work(tx, kind, kind.row.id == work_id, kind.row.claim == claim)


def hold_work(tx: Connection, kind: WorkKind[W], *which: ColumnElement[bool]) -> W | None:
    """Return the one piece of work that answers to this, if there is one, and hold it until the transaction ends."""
    row = tx.execute(select(*kind.columns).where(*which).with_for_update()).one_or_none()
    return None if row is None else kind.read(row)


def give_turns(tx: Connection, row: type[TurnRow], work_ids: list[str], **more: object) -> None:
    """Give work its next turn."""
    values = {row.STATE: QUEUED, "claim": None, "turn": row.turn + 1, **more}
    tx.execute(update(row).where(row.id.in_(work_ids)).values(**values))


def has_due_turn(tx: Connection, kind: WorkKind[Any], *, now: datetime) -> bool:
    """Say whether `give_due_turns` would find anything."""
    return tx.scalar(_due(kind, now).limit(1)) is not None


def give_due_turns(tx: Connection, kind: WorkKind[Any], *, now: datetime, limit: int = 200) -> list[str]:
    """Give the next turn to work whose time has come; return the keys of these turns."""
    due = _due(kind, now).order_by(kind.row.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
    found = tx.execute(due).all()
    give_turns(tx, kind.row, [one.id for one in found])
    return [turn_key(one.id, one.turn + 1) for one in found]


def _due(kind: WorkKind[Any], now: datetime) -> Select[str, int]:
    row = kind.row
    return select(row.id, row.turn).where(_state(row) == RETRYING, row.next_attempt_at <= now, *kind.only)


def _state(row: type[TurnRow]) -> Column[Any]:
    return table_of(row).c[row.STATE]
