"""Acts on many leads at once: who does what, to which leads as they were seen, and what came of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.bulk import BulkAct, JobState, Stopped
from intake_api.store.base import Moment, Table, table_of
from intake_api.store.leads import LeadRow
from intake_api.store.mails import WAITS
from intake_api.store.staff import StaffRow
from intake_api.store.turns import RUNNING, TurnRow, WorkKind, give_turns, hold_work

MOVED = "moved"  # the outcome of a lead that was not left out
KEPT = timedelta(days=30)
PREVIEWS_KEPT = timedelta(days=1)
ENDED = (JobState.DONE, JobState.STOPPED)


class BulkJobRow(TurnRow):
    """One such act. `given_to` is whom the leads are assigned to, None for nobody; `cut` why not all were taken."""

    __tablename__ = "bulk_jobs"
    __table_args__ = (
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        Index(None, "staff_id", "made_at"),
        Index(None, "made_at"),
    )

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id))
    act: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(40))
    given_to: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime] = mapped_column(Moment)
    begun_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    stopped_for: Mapped[str | None] = mapped_column(String(16))
    cut: Mapped[str | None] = mapped_column(String(16))


class BulkLeadRow(Table):
    """One lead of it, as it was seen. `outcome`: `moved`, why it was left out, or None while it is still to do."""

    __tablename__ = "bulk_job_leads"
    __table_args__ = ({"sqlite_with_rowid": False},)

    job_id: Mapped[str] = mapped_column(ForeignKey(BulkJobRow.id), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    seen_version: Mapped[int]
    outcome: Mapped[str | None] = mapped_column(String(32))


@dataclass(frozen=True)
class BulkJob:
    """An act on many leads as it stands."""

    id: str
    staff_id: str
    act: BulkAct
    reason: str | None
    given_to: str | None
    state: JobState
    made_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    stopped_for: str | None
    cut: str | None
    turn: int
    attempts: int

    @property
    def is_running(self) -> bool:
        """Say whether it was begun and is not at its end."""
        return self.begun_at is not None and self.ended_at is None


@dataclass(frozen=True)
class BulkLead:
    """One lead of it that is still to do."""

    place: int
    lead_id: str
    seen_version: int


@dataclass(frozen=True)
class Chosen:
    """A lead that was chosen, as it was seen, and why it is left out from the start, if it is."""

    lead_id: str
    seen_version: int
    outcome: str | None


BULK_JOBS = WorkKind(BulkJobRow, BulkJob, {"act": BulkAct, "state": JobState})


def add_job(tx: Connection, job: BulkJob, chosen: Iterable[Chosen]) -> None:
    """Write down what is to be done, with its leads in their order."""
    tx.execute(insert(table_of(BulkJobRow)).values(**vars(job)))
    rows = [{"job_id": job.id, "place": place, **vars(one)} for place, one in enumerate(chosen)]
    if rows:
        tx.execute(insert(BulkLeadRow), rows)


def find_job(tx: Connection, job_id: str) -> BulkJob | None:
    """Return a job by its id."""
    row = tx.execute(select(*BULK_JOBS.columns).where(BulkJobRow.id == job_id)).one_or_none()
    return None if row is None else BULK_JOBS.read(row)


def hold_job(tx: Connection, job_id: str) -> BulkJob | None:
    """Return a job, and hold it until the transaction ends."""
    return hold_work(tx, BULK_JOBS, BulkJobRow.id == job_id)


def list_jobs(tx: Connection, *, staff_id: str | None, exports: bool = False, limit: int = 50) -> list[BulkJob]:
    """Return the newest jobs, of one person or of all; previews are their owner's alone.

    :param exports: those that make files; else those that move leads.
    """
    query = select(*BULK_JOBS.columns).where((BulkJobRow.act == BulkAct.EXPORT) == exports)
    if staff_id is not None:
        query = query.where(BulkJobRow.staff_id == staff_id)
    return [BULK_JOBS.read(row) for row in tx.execute(query.order_by(BulkJobRow.made_at.desc()).limit(limit))]


def begin_job(tx: Connection, job_id: str, *, now: datetime) -> None:
    """Queue a previewed job for its first turn. The caller holds it."""
    give_turns(tx, BulkJobRow, [job_id], begun_at=now)


def change_job(tx: Connection, job_id: str, **values: object) -> None:
    """Change what is said of a job that was not begun. The caller holds it."""
    tx.execute(update(BulkJobRow).where(BulkJobRow.id == job_id).values(**values))


def end_job(tx: Connection, job_id: str, *, stopped: Stopped | None = None, now: datetime) -> None:
    """Write down that nothing more is done. The caller holds it."""
    state = JobState.STOPPED if stopped else JobState.DONE
    over = {"claim": None, "next_attempt_at": None, "ended_at": now, "stopped_for": stopped}
    tx.execute(update(BulkJobRow).where(BulkJobRow.id == job_id).values(state=state, **over))


def next_turn(tx: Connection, job: BulkJob) -> None:
    """Give a job that got on its next turn. The caller holds it."""
    give_turns(tx, BulkJobRow, [job.id], attempts=0)


def try_again(tx: Connection, job_id: str, at: datetime, *, attempts: int) -> None:
    """Let a job wait whose attempt broke. The caller holds it."""
    waiting = {"state": JobState.RETRYING, "claim": None, "next_attempt_at": at, "attempts": attempts}
    tx.execute(update(BulkJobRow).where(BulkJobRow.id == job_id).values(**waiting))


def next_lead(tx: Connection, job_id: str) -> BulkLead | None:
    """Return the next lead that is still to do."""
    columns = BulkLeadRow.place, BulkLeadRow.lead_id, BulkLeadRow.seen_version
    open_ones = BulkLeadRow.job_id == job_id, BulkLeadRow.outcome.is_(None)
    row = tx.execute(select(*columns).where(*open_ones).order_by(BulkLeadRow.place).limit(1)).first()
    return None if row is None else BulkLead(*row)


def record_outcome(tx: Connection, job_id: str, place: int, outcome: str) -> None:
    """Write down what came of a lead. The caller holds the job."""
    one = BulkLeadRow.job_id == job_id, BulkLeadRow.place == place
    tx.execute(update(BulkLeadRow).where(*one).values(outcome=outcome))


def count_outcomes(tx: Connection, job_ids: Iterable[str]) -> dict[str, dict[str | None, int]]:
    """Return how many leads of each job came to which outcome; None counts those that are still to do."""
    columns = BulkLeadRow.job_id, BulkLeadRow.outcome
    query = select(*columns, func.count()).where(BulkLeadRow.job_id.in_(list(job_ids))).group_by(*columns)
    counts: dict[str, dict[str | None, int]] = {}
    for job_id, outcome, count in tx.execute(query):
        counts.setdefault(job_id, {})[outcome] = count
    return counts


def references_by_outcome(tx: Connection, job_id: str) -> dict[str | None, list[str]]:
    """Return the references of a job's leads by what came of them, in its order."""
    query = (
        select(BulkLeadRow.outcome, LeadRow.reference)
        .join(LeadRow, LeadRow.id == BulkLeadRow.lead_id)
        .where(BulkLeadRow.job_id == job_id)
        .order_by(BulkLeadRow.place)
    )
    found: dict[str | None, list[str]] = {}
    for outcome, reference in tx.execute(query):
        found.setdefault(outcome, []).append(reference)
    return found


def running_jobs(tx: Connection, staff_id: str) -> list[BulkJob]:
    """Return the jobs of a person that are under way."""
    theirs = BulkJobRow.staff_id == staff_id, BulkJobRow.state.in_([*RUNNING, JobState.RETRYING])
    return [BULK_JOBS.read(row) for row in tx.execute(select(*BULK_JOBS.columns).where(*theirs))]


def old_jobs(now: datetime) -> Select[str]:
    """Ask for the ids of previews that nobody began, and of what ended long ago."""
    left = (BulkJobRow.state == JobState.PREVIEWED) & (BulkJobRow.made_at < now - PREVIEWS_KEPT)
    ended = BulkJobRow.state.in_(ENDED) & (BulkJobRow.ended_at < now - KEPT)
    return select(BulkJobRow.id).where(left | ended)


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete what `old_jobs` names."""
    tx.execute(delete(BulkLeadRow).where(BulkLeadRow.job_id.in_(old_jobs(now))))
    tx.execute(delete(BulkJobRow).where(BulkJobRow.id.in_(old_jobs(now))))
