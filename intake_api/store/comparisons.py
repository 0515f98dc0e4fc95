"""What we believe against what a destination holds (G-05): how far the comparing came, and what differs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, String, delete, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.deliveries import COMPARED, DELIVERIES, Delivery, DeliveryRow, DeliveryState
from intake_api.store.leads import LeadRow

HELD_FOR = timedelta(minutes=2)  # a batch; a worker that died with it is outlived


class Differs(StrEnum):
    """In what a destination differs; the order is the order in which it is looked at."""

    STILL_THERE = "still_there"  # what was erased
    OTHERWISE = "otherwise"  # fields or purposes, by name
    MISSING = "missing"


RANKS = {one: rank for rank, one in enumerate(Differs)}


class ComparisonRow(Table):
    """How far the last comparing of a destination came. Whoever makes a batch holds it for a while."""

    __tablename__ = "comparisons"

    destination: Mapped[str] = mapped_column(String(40), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_for: Mapped[str | None] = mapped_column(String(64))  # why before its end; None when all was compared
    held_until: Mapped[datetime | None] = mapped_column(Moment)
    place: Mapped[str] = mapped_column(String(32))  # the id of the delivery compared last
    compared: Mapped[int]


class DifferenceRow(Table):
    """One difference: names of fields and ids of purposes, never a value."""

    __tablename__ = "differences"
    __table_args__ = (Index(None, "rank", "found_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # of the delivery by which the lead came there
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id))
    destination: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(64))
    rank: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    names: Mapped[list[str]] = mapped_column(JSON)
    found_at: Mapped[datetime] = mapped_column(Moment)
    repair_id: Mapped[str | None] = mapped_column(String(32))  # the delivery that is to put it right


@dataclass(frozen=True)
class Comparison:
    """How far the last comparing of a destination came."""

    destination: str
    began_at: datetime
    ended_at: datetime | None
    ended_for: str | None
    place: str
    compared: int


@dataclass(frozen=True)
class Difference:
    """One difference, with the reference of its lead and how its repair stands, if there is one."""

    id: str
    lead_id: str
    destination: str
    recipient: str
    kind: Differs
    names: list[str]
    found_at: datetime
    repair_id: str | None
    reference: str
    repair: DeliveryState | None


def find_comparison(tx: Connection, destination: str) -> Comparison | None:
    """Return how far the last comparing came, or None if there was none."""
    columns = [getattr(ComparisonRow, name) for name in Comparison.__dataclass_fields__]
    row = tx.execute(select(*columns).where(ComparisonRow.destination == destination)).one_or_none()
    return Comparison(**row._mapping) if row else None


def begin_comparison(tx: Connection, destination: str, *, now: datetime) -> None:
    """Begin anew, from the first delivery on."""
    over = {"ended_at": None, "ended_for": None, "held_until": None}
    fresh: dict[str, Any] = {"began_at": now, **over, "place": "", "compared": 0}
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = add(ComparisonRow).values(destination=destination, **fresh)
    tx.execute(row.on_conflict_do_update(index_elements=["destination"], set_=fresh))


def hold_batch(tx: Connection, destination: str, *, now: datetime) -> bool:
    """Take the next batch into these hands; False if there is none, or another worker has it."""
    row = ComparisonRow
    free = row.held_until.is_(None) | (row.held_until <= now)
    mine = update(row).where(row.destination == destination, row.ended_at.is_(None), free)
    return tx.execute(mine.values(held_until=now + HELD_FOR)).rowcount == 1


def go_on(
    tx: Connection, destination: str, *, place: str, compared: int, over: bool, why: str | None, now: datetime
) -> None:
    """Write down how far a batch came, and let go of it."""
    row = ComparisonRow
    values: dict[str, Any] = {"place": place, "compared": row.compared + compared, "held_until": None}
    if over:
        values |= {"ended_at": now, "ended_for": why}
    tx.execute(update(row).where(row.destination == destination).values(**values))


def list_believed(tx: Connection, destination: str, *, after: str, limit: int) -> list[Delivery]:
    """Return deliveries that we believe to have arrived, in the order of their ids."""
    mine = (DeliveryRow.destination == destination, DeliveryRow.id > after)
    query = select(*DELIVERIES.columns).where(text(COMPARED), *mine).order_by(DeliveryRow.id).limit(limit)
    return [DELIVERIES.read(row) for row in tx.execute(query)]


def note_difference(tx: Connection, of: Delivery, kind: Differs, names: list[str], *, now: datetime) -> None:
    """Write down a difference; the same one again stays as old as it is, with its repair."""
    row = DifferenceRow
    same = (row.id == of.id, row.kind == kind.value)
    if tx.scalar(select(row.id).where(*same)):
        tx.execute(update(row).where(*same).values(names=names))
        return
    forget_difference(tx, of.id)
    values = {"lead_id": of.lead_id, "destination": of.destination, "recipient": of.recipient, "names": names}
    tx.execute(insert(row).values(id=of.id, rank=RANKS[kind], kind=kind.value, found_at=now, **values))


def forget_difference(tx: Connection, difference_id: str) -> None:
    """Remove what differs no more."""
    tx.execute(delete(DifferenceRow).where(DifferenceRow.id == difference_id))


def note_repair(tx: Connection, difference_id: str, repair_id: str, *, seen: str | None) -> bool:
    """Write down what is to put a difference right; False if somebody did so before."""
    row = DifferenceRow
    before = row.repair_id.is_(None) if seen is None else row.repair_id == seen
    return tx.execute(update(row).where(row.id == difference_id, before).values(repair_id=repair_id)).rowcount == 1


def list_differences(tx: Connection, *, limit: int, only: str | None = None) -> list[Difference]:
    """Return what differs: what was erased and is still there first, then the oldest."""
    row, repair = DifferenceRow, DeliveryRow.__table__.alias("repair")
    columns = (row.id, row.lead_id, row.destination, row.recipient, row.kind, row.names, row.found_at, row.repair_id)
    query = select(*columns, LeadRow.reference, repair.c.state.label("repair"))
    query = query.join(LeadRow, LeadRow.id == row.lead_id).outerjoin(repair, repair.c.id == row.repair_id)
    if only is not None:
        query = query.where(row.id == only)
    rows = tx.execute(query.order_by(row.rank, row.found_at, row.id).limit(limit))
    return [
        Difference(
            **{
                **one._mapping,
                "kind": Differs(one.kind),
                "repair": DeliveryState(one.repair) if one.repair else None,
            }
        )
        for one in rows
    ]
