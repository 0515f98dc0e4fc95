"""Workers: who is at work, and since when nobody has heard of whom. A worker that leaves takes its row along."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, String, delete, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table


class WorkerRow(Table):
    """One running worker process. `heir` is the worker that takes its unfinished work over, since `heir_at`."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    started_at: Mapped[datetime] = mapped_column(Moment)
    beat_at: Mapped[datetime] = mapped_column(Moment, index=True)
    heir: Mapped[str | None] = mapped_column(String(32))
    heir_at: Mapped[datetime | None] = mapped_column(Moment)


def add_worker(tx: Connection, worker_id: str, *, host: str, now: datetime) -> None:
    """Write down that a worker begins."""
    tx.execute(insert(WorkerRow).values(id=worker_id, host=host, started_at=now, beat_at=now))


def beat(tx: Connection, worker_id: str, *, now: datetime) -> bool:
    """Write down that a worker is alive; False when another already took its work over."""
    return tx.execute(update(WorkerRow).where(WorkerRow.id == worker_id).values(beat_at=now, heir=None)).rowcount == 1


def claim_silent(tx: Connection, *, heir: str, now: datetime, silence: timedelta) -> list[str]:
    """Take charge of the workers nobody has heard of for `silence`; an heir that fell silent itself is replaced."""
    since = now - silence
    free = or_(WorkerRow.heir.is_(None), WorkerRow.heir == heir, WorkerRow.heir_at <= since)
    query = select(WorkerRow.id).where(WorkerRow.beat_at <= since, WorkerRow.id != heir, free)
    silent = list(tx.scalars(query.with_for_update(skip_locked=True)))
    tx.execute(update(WorkerRow).where(WorkerRow.id.in_(silent)).values(heir=heir, heir_at=now))
    return silent


def list_workers(tx: Connection) -> set[str]:
    """Return the ids of all workers that are not forgotten."""
    return set(tx.scalars(select(WorkerRow.id)))


def remove_worker(tx: Connection, worker_id: str) -> None:
    """Forget a worker: it left, or all it had begun is in other hands."""
    tx.execute(delete(WorkerRow).where(WorkerRow.id == worker_id))


def last_beat(tx: Connection, *, host: str) -> datetime | None:
    """Return when a worker of this machine last showed that it lives."""
    query = select(WorkerRow.beat_at).where(WorkerRow.host == host).order_by(WorkerRow.beat_at.desc()).limit(1)
    beat_at: datetime | None = tx.scalar(query)
    return beat_at


def newest_beat(tx: Connection) -> datetime | None:
    """Return when any worker, on whichever machine, last showed that it lives."""
    beat_at: datetime | None = tx.scalar(select(func.max(WorkerRow.beat_at)))
    return beat_at
