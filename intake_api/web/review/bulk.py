"""Many leads at once: choose, look at what would happen and to which it would not, begin, watch, stop."""

import re
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.begin_bulk import JobUnknown, begin_bulk, stop_bulk
from intake_api.flows.judge_bulk import Choice
from intake_api.flows.preview_bulk import (
    AssigneeUnknown,
    NothingChosen,
    ReasonUnknown,
    preview_bulk,
    preview_filter,
)
from intake_api.rules.bulk import MANY, BulkAct, JobState
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.bulk_jobs import (
    MOVED,
    BulkJob,
    count_outcomes,
    find_job,
    list_jobs,
    references_by_outcome,
)
from intake_api.store.destinations import list_pauses
from intake_api.store.staff import list_staff
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.bulk_words import CUTS, JOB_STATES, STOPPED_FOR, WHY_LEFT_OUT, act_said
from intake_api.web.review.filters import chosen_filter
from intake_api.web.review.lead import get_queue
from intake_api.web.review.permits import ask_fresh_factor, i_may, needs
from intake_api.web.review.queue import queue_page
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _l, from_below

bulk = Blueprint("bulk", __name__, template_folder="templates")
JOB_ID = re.compile("[0-9a-f]{32}")
TICKED, ON_PAGE, IN_FILTER = "ticked", "page", "filter"
NOTHING_CHOSEN = _l("Choose at least one lead of the list, or all of them.")


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    moved: int
    left_out: int
    left: int

    @property
    def total(self) -> int:
        """Return how many leads were chosen."""
        return self.moved + self.left_out + self.left


@bulk.post("/bulk")
@open_to("staff")
@needs(StaffAct.DECIDE_MANY)
def preview() -> ResponseReturnValue:
    """Look at what would happen; nothing is changed. The page can be looked at again."""
    chosen = chosen_filter()
    try:
        job = look_at(_choice(request.form.get("act", "")))
    except NothingChosen:
        return queue_page(chosen, problem=NOTHING_CHOSEN), 422
    except (ReasonUnknown, AssigneeUnknown) as error:
        return queue_page(chosen, problem=from_below(str(error))), 422
    return redirect(url_for("bulk.show", job_id=job.id, **chosen.args), 303)


def look_at(choice: Choice) -> BulkJob:
    """Look at the leads that the form of the queue names: those ticked, those on the page, or those of the filter.

    :raises NothingChosen, ReasonUnknown, AssigneeUnknown: nothing was written.
    """
    here, which = door(), request.form.get("which", TICKED)
    me, recipient = reviewer().id, here.settings.destination_recipient
    if which == IN_FILTER:
        wanted = chosen_filter().wanted(here.now())
        return preview_filter(here.store, wanted, choice, recipient, staff_id=me, now=here.now())
    references = request.form.getlist("shown" if which == ON_PAGE else "lead")
    return preview_bulk(here.store, references, choice, recipient, staff_id=me, now=here.now())


@bulk.get("/bulk")
@open_to("staff")
@needs(StaffAct.DECIDE_MANY)
def jobs() -> ResponseReturnValue:
    """List what was done at once lately: one's own, and everybody's for those who lead."""
    sees_all = i_may(StaffAct.SEE_MANY)
    with door().store.reading() as tx:
        found = [job for job in list_jobs(tx, staff_id=None if sees_all else reviewer().id) if _is_open_to_me(job)]
        counts = count_outcomes(tx, [job.id for job in found])
        people = {one.id: one.email for one in list_staff(tx)}
    rows = [(job, act_said(job, people), people.get(job.staff_id, ""), progress_of(counts[job.id])) for job in found]
    return render_template("review/bulk_jobs.html", rows=rows, states=JOB_STATES, sees_all=sees_all, now=door().now())


@bulk.get("/bulk/<job_id>")
@open_to("staff")
@needs(StaffAct.DECIDE_MANY)
def show(job_id: str) -> ResponseReturnValue:
    """Show what would happen, or how far it is."""
    job = _mine(job_id)
    with door().store.reading() as tx:
        references = references_by_outcome(tx, job.id)
        people = {one.id: one.email for one in list_staff(tx)}
        pauses = list_pauses(tx) if job.act is BulkAct.APPROVE else []
    left_out = {outcome: found for outcome, found in references.items() if outcome not in (None, MOVED)}
    return render_template(
        "review/bulk.html",
        job=job,
        act=act_said(job, people),
        by=people.get(job.staff_id, ""),
        is_mine=job.staff_id == reviewer().id,
        is_preview=job.state is JobState.PREVIEWED,
        progress=progress_of({outcome: len(found) for outcome, found in references.items()}),
        to_do=references.get(None, []),
        moved=references.get(MOVED, []),
        left_out=left_out,
        why=WHY_LEFT_OUT,
        state=JOB_STATES[job.state],
        stopped_for=STOPPED_FOR.get(job.stopped_for or "", ""),
        cut=CUTS.get(job.cut or "", ""),
        asks_factor=len(references.get(None, [])) > MANY,
        pauses=pauses,
        filter=chosen_filter(),
        now=door().now(),
    )


@bulk.post("/bulk/<job_id>/begin")
@open_to("staff")
@needs(StaffAct.DECIDE_MANY)
def begin(job_id: str) -> ResponseReturnValue:
    """Begin what was looked at. For many leads, the second factor is asked for anew (SEC-10)."""
    job, here = _mine(job_id), door()
    with here.store.reading() as tx:
        count = count_outcomes(tx, [job.id])[job.id].get(None, 0)
    if job.state is JobState.PREVIEWED and count > MANY:
        ask_fresh_factor()
    try:
        begin_bulk(here.store, get_queue(), job.id, staff_id=reviewer().id, now=here.now())
    except JobUnknown:
        raise RequestProblem("not_found") from None
    return redirect(url_for("bulk.show", job_id=job.id, **chosen_filter().args), 303)


@bulk.post("/bulk/<job_id>/stop")
@open_to("staff")
@needs(StaffAct.DECIDE_MANY)
def stop(job_id: str) -> ResponseReturnValue:
    """Stop it: what is done stays done, the rest is left as it is."""
    job, here = _mine(job_id), door()
    try:
        stop_bulk(here.store, job.id, staff_id=reviewer().id, now=here.now())
    except JobUnknown:
        raise RequestProblem("not_found") from None
    return redirect(url_for("bulk.show", job_id=job.id, **chosen_filter().args), 303)


def _choice(text: str) -> Choice:
    """Read what is to be done: `approve`, `decline:<reason>`, `assign:<id>`, `assign:` for nobody."""
    act, _, more = text.partition(":")
    try:
        known = BulkAct(act)
    except ValueError:
        raise RequestProblem("request_malformed") from None
    if known is BulkAct.EXPORT:
        raise RequestProblem("request_malformed")  # it has a page of its own
    reason, given_to = (more if known is one else None for one in (BulkAct.DECLINE, BulkAct.ASSIGN))
    return Choice(known, reason or None, given_to or None)


def _mine(job_id: str) -> BulkJob:
    """Return a job that whoever is at the door began, or anybody's for those who lead.

    :raises RequestProblem: `not_found`.
    """
    with door().store.reading() as tx:
        job = find_job(tx, job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None or job.act is BulkAct.EXPORT or not _is_open_to_me(job):
        raise RequestProblem("not_found")
    return job


def _is_open_to_me(job: BulkJob) -> bool:
    """What somebody else only looked at is nobody's business."""
    others = job.state is not JobState.PREVIEWED and i_may(StaffAct.SEE_MANY)
    return job.staff_id == reviewer().id or others


def progress_of(counts: dict[str | None, int]) -> Progress:
    """Say how far a job is by how many leads came to which outcome."""
    moved, left = counts.get(MOVED, 0), counts.get(None, 0)
    return Progress(moved, sum(counts.values()) - moved - left, left)
