"""Destinations that are paused: by themselves when nothing can pass any more, resumed by a person only.

And those that asked to be left alone for a while: they go on by themselves.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table


class DestinationRow(Table):
    """What is known about a destination beyond its settings; a destination that never failed has no row."""

    __tablename__ = "destinations"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str | None] = mapped_column(String(64))
    delivery_id: Mapped[str | None] = mapped_column(String(32))
    not_before: Mapped[datetime | None] = mapped_column(Moment)  # nothing is sent until then, as it asked


@dataclass(frozen=True)
class Pause:
    """Why and since when nothing is sent to a destination, and which delivery found out."""

    name: str
    paused_at: datetime
    reason: str
    delivery_id: str | None


def list_pauses(tx: Connection) -> list[Pause]:
    """Return all destinations that are paused now."""
    columns = (DestinationRow.name, DestinationRow.paused_at, DestinationRow.reason, DestinationRow.delivery_id)
    query = select(*columns).where(DestinationRow.paused_at.is_not(None)).order_by(DestinationRow.name)
    return [Pause(**row._mapping) for row in tx.execute(query)]


def pause_destination(tx: Connection, name: str, *, reason: str, delivery_id: str | None, now: datetime) -> bool:
    """Stop sending to a destination; return False when it was paused already (the first reason stays)."""
    row = tx.execute(
        select(DestinationRow.paused_at).where(DestinationRow.name == name).with_for_update()
    ).one_or_none()
    if row is not None and row.paused_at is not None:
        return False
    values = {"paused_at": now, "reason": reason, "delivery_id": delivery_id}
    if row is None:
        tx.execute(insert(DestinationRow).values(name=name, **values))
    else:
        tx.execute(update(DestinationRow).where(DestinationRow.name == name).values(**values))
    return True


def hold_destination(tx: Connection, name: str, *, until: datetime) -> None:
    """Send nothing to a destination until a moment; one that it asked for before and is later stays."""
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row, new = DestinationRow, add(DestinationRow).values(name=name, not_before=until)
    earlier = row.not_before.is_(None) | (row.not_before < until)
    tx.execute(new.on_conflict_do_update(index_elements=["name"], set_={"not_before": until}, where=earlier))


@dataclass(frozen=True)
class Standing:
    """Whether a destination takes deliveries now; `held_until` is None unless it asked to be left alone for longer."""

    is_paused: bool
    held_until: datetime | None


def destination_standing(tx: Connection, name: str, *, now: datetime) -> Standing:
    """Return how a destination stands, in one look: it is asked for before each delivery."""
    columns = (DestinationRow.paused_at, DestinationRow.not_before)
    row = tx.execute(select(*columns).where(DestinationRow.name == name)).one_or_none()
    if row is None:
        return Standing(False, None)
    is_held = row.not_before is not None and row.not_before > now
    return Standing(row.paused_at is not None, row.not_before if is_held else None)


def resume_destination(tx: Connection, name: str) -> bool:
    """Send again; what waits is due at once. Return False when it was not paused."""
    paused = (DestinationRow.name == name, DestinationRow.paused_at.is_not(None))
    resumed = update(DestinationRow).where(*paused).values(paused_at=None, reason=None, delivery_id=None)
    return tx.execute(resumed).rowcount == 1
