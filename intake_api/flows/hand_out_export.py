"""Hand out a file of leads to whoever asked for it, each time on the record, for as long as it stands (X-06, A-03)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake_api.flows.begin_bulk import JobUnknown
from intake_api.flows.make_export import exports
from intake_api.rules.exports import FileShape
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import find_job
from intake_api.store.lead_exports import find_export, open_lines, why_gone
from intake_api.store.staff import find_person

__all__ = ["ExportGone", "HandedOut", "JobUnknown", "hand_out_export"]


class ExportGone(Exception):
    """The file's time is over, or somebody in it may not be in a file any more."""

    code = "export_gone"


@dataclass(frozen=True)
class HandedOut:
    """The lines of a file, each with what is `said` of the lead and the `fields` as typed."""

    export: str
    reason: str
    shape: FileShape
    lines: Sequence[Mapping[str, Any]]

    def __repr__(self) -> str:
        return f"HandedOut({self.export})"


def hand_out_export(store: Store, job_id: str, *, staff_id: str, now: datetime) -> HandedOut:
    """Open a file and write down that it is handed out.

    :raises JobUnknown: there is none of this person, or it is not made yet.
    :raises ExportGone: it was there and is not any more.
    :raises StoreUnavailable: it cannot be written down, so nothing is handed out.
    """
    with store.writing() as tx:
        job, person = find_job(tx, job_id), find_person(tx, staff_id, hold=False)
        if job is None or job.staff_id != staff_id or person is None or not exports(person):
            raise JobUnknown("There is no such file of yours.")
        export = find_export(tx, job_id, hold=True)
        if export is None or export.ready_at is None or export.shape is None:
            raise JobUnknown("There is no such file yet.")
        lines = None if why_gone(tx, export, now=now) else open_lines(tx, store.vault, job_id)
        if lines is None:
            raise ExportGone("This file is not there any more.")
        facts = {"export": job_id, "reason": job.reason, "leads": len(lines)}
        evidence.add_entry(tx, "leads.export_downloaded", actor=f"staff:{staff_id}", now=now, facts=facts)
    return HandedOut(job_id, job.reason or "", export.shape, lines)
