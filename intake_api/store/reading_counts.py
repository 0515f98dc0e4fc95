"""How many leads each of the staff saw lately: one small row of a person, since the evidence is too long to count in.

It is in the database, so that the limits hold in every process (A-04).
"""

from datetime import datetime, timedelta

from sqlalchemy import JSON, Connection, String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.clock import rfc3339
from intake_api.rules.reading_pace import Pace
from intake_api.store.base import Moment, Table

TELLS_FOR = timedelta(hours=1)  # one alert tells of all that a person saw within it
KEPT = timedelta(days=2)


class ReadingCountRow(Table):
    """What one person saw since they showed a second factor last."""

    __tablename__ = "reading_counts"

    staff_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lately: Mapped[list[tuple[str, int]]] = mapped_column(JSON)
    day: Mapped[str] = mapped_column(String(10))
    on_day: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Moment)
    alerted_at: Mapped[datetime | None] = mapped_column(Moment)


def hold_pace(tx: Connection, staff_id: str, *, now: datetime) -> Pace:
    """Return what a person saw lately, and hold it until the transaction ends: readings in parallel take turns."""
    held = select(ReadingCountRow).where(ReadingCountRow.staff_id == staff_id).with_for_update()
    row = tx.execute(held).one_or_none()
    if row is None:
        add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        new = {"staff_id": staff_id, "lately": [], "day": "", "on_day": 0, "changed_at": now}
        tx.execute(add(ReadingCountRow).values(**new).on_conflict_do_nothing())
        row = tx.execute(held).one()
    lately = tuple((datetime.fromisoformat(at), leads) for at, leads in row.lately)
    return Pace(lately, row.day, row.on_day)


def put_pace(tx: Connection, staff_id: str, pace: Pace, *, now: datetime) -> None:
    """Write a pace back that is held."""
    lately = [(rfc3339(at), leads) for at, leads in pace.lately]
    values = {"lately": lately, "day": pace.day, "on_day": pace.on_day, "changed_at": now}
    tx.execute(update(ReadingCountRow).where(ReadingCountRow.staff_id == staff_id).values(**values))


def claim_alert(tx: Connection, staff_id: str, *, now: datetime) -> bool:
    """Say whether an alert about a person is due, and take it; False if one of within the hour tells the same."""
    row = ReadingCountRow
    due = row.staff_id == staff_id, row.alerted_at.is_(None) | (row.alerted_at <= now - TELLS_FOR)
    return tx.execute(update(row).where(*due).values(alerted_at=now)).rowcount == 1


def forget_pace(tx: Connection, staff_id: str, *, now: datetime) -> None:
    """Begin anew to count what a person sees: they have just shown a second factor."""
    begun = {"lately": [], "day": "", "on_day": 0, "changed_at": now}
    tx.execute(update(ReadingCountRow).where(ReadingCountRow.staff_id == staff_id).values(**begun))


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete what no limit asks about any more."""
    tx.execute(delete(ReadingCountRow).where(ReadingCountRow.changed_at < now - KEPT))
