"""Delete files of leads whose time is over or that hold somebody who may not be in one; end what nobody agreed to."""

from datetime import datetime

from intake_api.flows.end_bulk import end_bulk
from intake_api.log import event
from intake_api.rules.bulk import JobState, Stopped
from intake_api.rules.exports import Gone
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import hold_job
from intake_api.store.lead_exports import find_export, find_over, find_unanswered, remove_file


def end_exports(store: Store, *, now: datetime) -> int:
    """Delete the bytes of all such files, one transaction each; return how many.

    A file is not handed out any more from the moment that this is about; here its lines are taken off the disk.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    with store.reading() as tx:
        unanswered, over = find_unanswered(tx, now=now), find_over(tx, now=now)
    for job_id in unanswered:
        _end_unanswered(store, job_id, now=now)
    return sum(_remove(store, job_id, why, now=now) for job_id, why in over)


def _end_unanswered(store: Store, job_id: str, *, now: datetime) -> None:
    with store.writing() as tx:
        job = hold_job(tx, job_id)
        if job is not None and job.state is JobState.ASKED:  # else somebody answered at this very moment
            end_bulk(tx, job, stopped=Stopped.UNANSWERED, now=now)


def _remove(store: Store, job_id: str, why: Gone, *, now: datetime) -> bool:
    with store.writing() as tx:
        export = find_export(tx, job_id, hold=True)
        if export is None or export.gone_at is not None:
            return False  # another worker was first
        remove_file(tx, job_id, why, now=now)
        evidence.add_entry(
            tx, "leads.export_removed", actor="system", now=now, facts={"export": job_id, "why": why.value}
        )
    event("export.removed", job=job_id, why=why.value)
    return True
