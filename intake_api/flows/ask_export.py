"""Ask for a file of leads that was looked at before; for a large one somebody else has to agree (SEC-10, X-06)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue
from intake_api.flows.begin_bulk import JobUnknown, start_job
from intake_api.flows.count_readings import TooManyReadings, has_room
from intake_api.flows.end_bulk import end_bulk
from intake_api.flows.make_export import exports
from intake_api.queue import Queue
from intake_api.rules.bulk import BulkAct, JobState, Stopped
from intake_api.rules.exports import (
    LATELY,
    NAMES_SOMEBODY,
    WAITS,
    WORDS_LENGTH,
    FileShape,
    Reason,
    WordsInvalid,
    needs_second_person,
    read_words,
)
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import BulkJob, change_job, count_outcomes, hold_job
from intake_api.store.lead_exports import change_export, count_taken, find_export
from intake_api.store.staff import find_person

__all__ = [
    "AlreadyAnswered",
    "Asking",
    "JobUnknown",
    "MayNotAgree",
    "TooManyReadings",
    "WordsInvalid",
    "approve_export",
    "ask_export",
    "refuse_export",
    "wants_second_person",
]


class MayNotAgree(Exception):
    """It is their own, or they may not take leads out."""

    code = "second_person_needed"


class AlreadyAnswered(Exception):
    """Somebody agreed or refused before, or the time for it is over."""

    code = "already_answered"


@dataclass(frozen=True)
class Asking:
    """What a file is for, in words of one's own besides, and its shape."""

    reason: Reason
    words: str
    shape: FileShape


def wants_second_person(tx: Connection, job: BulkJob, *, now: datetime) -> bool:
    """Say whether somebody else has to agree to a file that was looked at."""
    leads = count_outcomes(tx, [job.id])[job.id].get(None, 0)
    return needs_second_person(leads, taken_lately=count_taken(tx, job.staff_id, since=now - LATELY))


def ask_export(
    store: Store, queue: Queue, catalogue: Catalogue, job_id: str, asking: Asking, *, staff_id: str, now: datetime
) -> None:
    """Let a file be made, or let it wait for a second person. One that was asked for already is left as it is.

    :raises WordsInvalid: nothing was written.
    :raises JobUnknown: there is none of this person with this id.
    :raises TooManyReadings: they saw so many leads that a second factor comes first (A-04).
    """
    words = _words(catalogue, asking)
    queue.load()
    with store.writing() as tx:
        # Held, so that two files that are asked for at once count together.
        if find_person(tx, staff_id) is None:
            raise JobUnknown("There is nothing to ask for.")
        job = _hold(tx, job_id)
        if job.staff_id != staff_id:
            raise JobUnknown("There is nothing to ask for.")
        if job.state is not JobState.PREVIEWED:
            return
        is_let = has_room(tx, f"staff:{staff_id}", now=now)
        if is_let:
            _ask(tx, queue, job, asking, words, now=now)
    if not is_let:
        raise TooManyReadings("Many leads were seen in a short time: show your second factor first.")


def approve_export(store: Store, queue: Queue, job_id: str, *, staff_id: str, now: datetime) -> None:
    """Agree to a file that somebody else asked for: it is made now.

    :raises MayNotAgree: it is one's own, or one's role is gone.
    :raises AlreadyAnswered: somebody was first, or it is too late.
    :raises JobUnknown: there is no such file.
    """
    queue.load()
    with store.writing() as tx:
        job = _hold_asked(tx, job_id, staff_id, now=now)
        change_export(tx, job_id, answered_by=staff_id)
        evidence.add_entry(tx, "leads.export_approved", actor=f"staff:{staff_id}", now=now, facts=_facts(tx, job))
        start_job(tx, queue, job, now=now)


def refuse_export(store: Store, job_id: str, *, staff_id: str, now: datetime) -> None:
    """Say no to a file that somebody else asked for. Raises as `approve_export` does."""
    with store.writing() as tx:
        job = _hold_asked(tx, job_id, staff_id, now=now)
        change_export(tx, job_id, answered_by=staff_id)
        evidence.add_entry(tx, "leads.export_refused", actor=f"staff:{staff_id}", now=now, facts=_facts(tx, job))
        end_bulk(tx, job, stopped=Stopped.REFUSED, actor=f"staff:{staff_id}", now=now)


def _ask(tx: Connection, queue: Queue, job: BulkJob, asking: Asking, words: str, *, now: datetime) -> None:
    is_large = wants_second_person(tx, job, now=now)
    state = JobState.ASKED if is_large else job.state
    change_job(tx, job.id, reason=asking.reason, state=state)
    change_export(tx, job.id, shape=asking.shape, words=words or None, asked_at=now)
    job = _hold(tx, job.id)
    facts = {**_facts(tx, job), "second_person": is_large}
    evidence.add_entry(tx, "leads.export_asked", actor=f"staff:{job.staff_id}", now=now, facts=facts)
    if not is_large:
        start_job(tx, queue, job, now=now)


def _hold(tx: Connection, job_id: str) -> BulkJob:
    job = hold_job(tx, job_id)
    if job is None or job.act is not BulkAct.EXPORT:
        raise JobUnknown("There is nothing to ask for.")
    return job


def _hold_asked(tx: Connection, job_id: str, staff_id: str, *, now: datetime) -> BulkJob:
    job, person = _hold(tx, job_id), find_person(tx, staff_id, hold=False)
    if job.state is JobState.PREVIEWED:
        raise JobUnknown("What somebody only looked at is nobody else's business.")
    if job.staff_id == staff_id or person is None or not exports(person):
        raise MayNotAgree("Somebody else who may take leads out has to agree.")
    export = find_export(tx, job_id)
    if job.state is not JobState.ASKED or export is None or export.asked_at is None or export.asked_at + WAITS <= now:
        raise AlreadyAnswered("Somebody was first, or it is too late.")
    return job


def _facts(tx: Connection, job: BulkJob) -> dict[str, object]:
    counts = count_outcomes(tx, [job.id])[job.id]
    return {"export": job.id, "reason": job.reason, "leads": counts.get(None, 0), "staff": job.staff_id}


def _words(catalogue: Catalogue, asking: Asking) -> str:
    words = read_words(asking.reason, asking.words)
    if catalogue.any_view(catalogue.default_locale).free_texts.reader.read(words, WORDS_LENGTH).left_out:
        raise WordsInvalid(NAMES_SOMEBODY)
    return words
