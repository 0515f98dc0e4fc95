"""End an act on many leads, whoever ends it: by its last lead, by a press, or because it may not go on."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.log import event
from intake_api.rules.bulk import Stopped
from intake_api.store import evidence
from intake_api.store.bulk_jobs import MOVED, BulkJob, count_outcomes, end_job


def end_bulk(tx: Connection, job: BulkJob, *, stopped: Stopped | None, actor: str = "system", now: datetime) -> None:
    """Write down that a job is over, and what came of its leads. The caller holds it.

    :param stopped: why, if it did not come to its end.
    """
    counts = count_outcomes(tx, [job.id])[job.id]
    moved, left = counts.get(MOVED, 0), counts.get(None, 0)
    end_job(tx, job.id, stopped=stopped, now=now)
    evidence.add_entry(
        tx,
        "leads.bulk_stopped" if stopped else "leads.bulk_done",
        actor=actor,
        now=now,
        facts={
            "job": job.id,
            "staff": job.staff_id,
            "why": stopped.value if stopped else None,
            "moved": moved,
            "left_out": sum(counts.values()) - moved - left,
            "left": left,
        },
    )
    event("bulk.stopped" if stopped else "bulk.done", job=job.id, moved=moved, left=left)
