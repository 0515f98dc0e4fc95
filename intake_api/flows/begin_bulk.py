"""Begin an act on many leads that was looked at before: the worker does it, lead by lead. Or stop it."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.end_bulk import end_bulk
from intake_api.queue import ACT_ON_MANY, Queue
from intake_api.rules.bulk import BulkAct, JobState, Stopped
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import BulkJob, begin_job, count_outcomes, hold_job
from intake_api.store.turns import turn_key

__all__ = ["JobUnknown", "begin_bulk", "stop_bulk"]


class JobUnknown(Exception):
    """There is no such act on many leads, or it is over."""

    code = "job_unknown"


def begin_bulk(store: Store, queue: Queue, job_id: str, *, staff_id: str, now: datetime) -> None:
    """Begin a job; one that was begun already is left as it is, so that a second press does nothing.

    :raises JobUnknown: there is none of this person with this id.
    """
    queue.load()
    with store.writing() as tx:
        job = hold_job(tx, job_id)
        if job is None or job.staff_id != staff_id or job.act is BulkAct.EXPORT:
            raise JobUnknown("There is nothing to begin.")
        if job.state is not JobState.PREVIEWED:
            return
        start_job(tx, queue, job, now=now)


def start_job(tx: Connection, queue: Queue, job: BulkJob, *, now: datetime) -> None:
    """Queue a job for its first turn, in its owner's name. The caller holds it and loaded the queue."""
    begin_job(tx, job.id, now=now)
    queue.enqueue(tx, ACT_ON_MANY, turn_key(job.id, job.turn + 1))
    counts = count_outcomes(tx, [job.id])[job.id]
    evidence.add_entry(
        tx,
        "leads.bulk_begun",
        actor=f"staff:{job.staff_id}",
        now=now,
        facts={
            "job": job.id,
            "act": job.act.value,
            "reason": job.reason,
            "given_to": job.given_to,
            "leads": counts.get(None, 0),
            "left_out": sum(counts.values()) - counts.get(None, 0),
        },
    )


def stop_bulk(store: Store, job_id: str, *, staff_id: str, now: datetime) -> None:
    """Stop a job: what is done stays done, the rest is left as it is. One that is over stays as it ended.

    :raises JobUnknown: there is none that was begun.
    """
    with store.writing() as tx:
        job = hold_job(tx, job_id)
        if job is None or job.begun_at is None or job.act is BulkAct.EXPORT:
            raise JobUnknown("There is nothing to stop.")
        if job.is_running:
            end_bulk(tx, job, stopped=Stopped.ASKED, actor=f"staff:{staff_id}", now=now)
