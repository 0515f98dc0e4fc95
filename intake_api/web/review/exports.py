"""Leads taken out as a file: look at what would stand in it, say what for, let somebody agree, download (X-06)."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.ask_export import (
    AlreadyAnswered,
    Asking,
    JobUnknown,
    MayNotAgree,
    WordsInvalid,
    approve_export,
    ask_export,
    refuse_export,
    wants_second_person,
)
from intake_api.flows.hand_out_export import ExportGone, hand_out_export
from intake_api.flows.judge_bulk import Choice
from intake_api.flows.make_export import fields_in_files
from intake_api.flows.preview_bulk import MORE, NothingChosen
from intake_api.rules.bulk import BulkAct, JobState
from intake_api.rules.exports import ALONE, LIVES, MOST, WAITS, WORDS_LENGTH, FileShape, Reason
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.bulk_jobs import MOVED, BulkJob, count_outcomes, find_job, list_jobs, references_by_outcome
from intake_api.store.lead_exports import LeadExport, find_export, why_gone
from intake_api.store.staff import list_staff
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.bulk import IN_FILTER, JOB_ID, NOTHING_CHOSEN, look_at, progress_of
from intake_api.web.review.bulk_words import CUTS, STOPPED_FOR, WHY_LEFT_OUT
from intake_api.web.review.export_files import LeadOrigin, table_of
from intake_api.web.review.export_words import COLUMNS, GONE, REASONS, SHAPES, asked_of_said, standing
from intake_api.web.review.filters import chosen_filter
from intake_api.web.review.lead import get_queue
from intake_api.web.review.names import capital, field_name
from intake_api.web.review.permits import needs, needs_fresh_factor
from intake_api.web.review.queue import queue_page
from intake_api.web.review.report_files import XLSX_TYPE, as_csv, as_xlsx
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _, from_below

exports = Blueprint("exports", __name__, template_folder="templates")


@exports.post("/exports")
@open_to("staff")
@needs(StaffAct.EXPORT_LEADS)
def preview() -> ResponseReturnValue:
    """Look at what would stand in a file; nothing is made. The page can be looked at again."""
    chosen = chosen_filter()
    asked_of = chosen.args if request.form.get("which") == IN_FILTER else {}
    try:
        job = look_at(Choice(BulkAct.EXPORT, asked_of=asked_of))
    except NothingChosen:
        return queue_page(chosen, problem=NOTHING_CHOSEN), 422
    return redirect(url_for("exports.show", job_id=job.id), 303)


@exports.get("/exports")
@open_to("staff")
@needs(StaffAct.EXPORT_LEADS)
def jobs() -> ResponseReturnValue:
    """List the files of the last 30 days, everybody's: those that wait for a second person are among them."""
    with door().store.reading() as tx:
        found = [job for job in list_jobs(tx, staff_id=None, exports=True) if _is_open_to_me(job)]
        counts = count_outcomes(tx, [job.id for job in found])
        people = {one.id: one.email for one in list_staff(tx)}
        rows = []
        for job in found:
            export = _said_of(find_export(tx, job.id))
            is_gone = why_gone(tx, export, now=door().now()) is not None
            for_what = REASONS.get(job.reason or "", _("Not asked for yet"))
            leads = counts[job.id].get(None, 0) + counts[job.id].get(MOVED, 0)
            rows.append((job, for_what, standing(job, is_gone=is_gone), people.get(job.staff_id, ""), leads))
    return render_template("review/exports.html", rows=rows)


@exports.get("/exports/<job_id>")
@open_to("staff")
@needs(StaffAct.EXPORT_LEADS)
def show(job_id: str) -> ResponseReturnValue:
    """Show what would stand in a file, whether it waits for somebody, how far it is, or until when it can be had."""
    return _page(job_id)


@exports.post("/exports/<job_id>/ask")
@open_to("staff")
@needs(StaffAct.EXPORT_LEADS)
@needs_fresh_factor
def ask(job_id: str) -> ResponseReturnValue:
    """Let the file be made, or let a large one wait for a second person."""
    here = door()
    try:
        asking = Asking(
            Reason(request.form.get("reason", "")),
            request.form.get("words", ""),
            FileShape(request.form.get("shape", "")),
        )
    except ValueError:
        return _page(job_id, problem=_("Choose what the file is for.")), 422
    try:
        ask_export(
            here.store, get_queue(), here.catalogue, _job(job_id).id, asking, staff_id=reviewer().id, now=here.now()
        )
    except WordsInvalid as error:
        return _page(job_id, problem=from_below(str(error))), 422
    except JobUnknown:
        raise RequestProblem("not_found") from None
    return redirect(url_for("exports.show", job_id=job_id), 303)


@exports.post("/exports/<job_id>/approve")
@open_to("staff")
@needs(StaffAct.EXPORT_LEADS)
@needs_fresh_factor
def approve(job_id: str) -> ResponseReturnValue:
    """Agree to a large file that somebody else asked for."""
    return _answer(job_id, agrees=True)


@exports.post("/exports/<job_id>/refuse")
@open_to("staff")
@needs(StaffAct.EXPORT_LEADS)
def refuse(job_id: str) -> ResponseReturnValue:
    """Say no to a large file that somebody else asked for."""
    return _answer(job_id, agrees=False)


@exports.get("/exports/<job_id>/file")
@open_to("staff")
@needs(StaffAct.EXPORT_LEADS)
@needs_fresh_factor
def file(job_id: str) -> Response:
    """Hand the file to whoever asked for it; each time is written down first."""
    here, now = door(), door().now()
    try:
        handed = hand_out_export(here.store, _job(job_id).id, staff_id=reviewer().id, now=now)
    except JobUnknown:
        raise RequestProblem("not_found") from None
    except ExportGone:
        raise RequestProblem("export_gone") from None
    today, table = now.astimezone(UTC).date(), table_of(handed, here.catalogue)
    if handed.shape is FileShape.XLSX:
        content, ending, kind = as_xlsx(table, LeadOrigin(handed.export, handed.reason, today)), "xlsx", XLSX_TYPE
    else:
        content, ending, kind = as_csv(table, handed.shape.value), "csv", "text/csv; charset=utf-8"
    disposition = {"Content-Disposition": f'attachment; filename="leads-{today}-{handed.export[:8]}.{ending}"'}
    return Response(content, content_type=kind, headers=disposition)


def _answer(job_id: str, *, agrees: bool) -> ResponseReturnValue:
    here, job = door(), _job(job_id)
    try:
        if agrees:
            approve_export(here.store, get_queue(), job.id, staff_id=reviewer().id, now=here.now())
        else:
            refuse_export(here.store, job.id, staff_id=reviewer().id, now=here.now())
    except MayNotAgree:
        raise RequestProblem("second_person_needed") from None
    except AlreadyAnswered:
        return _page(job_id, problem=_("Somebody answered before you, or it is too late. Nothing was changed.")), 409
    except JobUnknown:
        raise RequestProblem("not_found") from None
    return redirect(url_for("exports.show", job_id=job_id), 303)


def _page(job_id: str, *, problem: str = "") -> str:
    job, now = _job(job_id), door().now()
    with door().store.reading() as tx:
        export = _said_of(find_export(tx, job.id))
        references = references_by_outcome(tx, job.id)
        people = {one.id: one.email for one in list_staff(tx)}
        gone = why_gone(tx, export, now=now)
        is_large = job.state is JobState.PREVIEWED and wants_second_person(tx, job, now=now)
    left_out = {outcome: found for outcome, found in references.items() if outcome not in (None, MOVED)}
    return render_template(
        "review/export.html",
        problem=problem,
        job=job,
        export=export,
        by=people.get(job.staff_id, ""),
        answered_by=people.get(export.answered_by or "", ""),
        is_mine=job.staff_id == reviewer().id,
        progress=progress_of({outcome: len(found) for outcome, found in references.items()}),
        to_do=references.get(None, []),
        left_out=left_out,
        why=WHY_LEFT_OUT,
        state=standing(job, is_gone=gone is not None),
        stopped_for=STOPPED_FOR.get(job.stopped_for or "", ""),
        gone=GONE.get(gone or ""),
        cut=_cut(job),
        is_large=is_large,
        alone=ALONE,
        words_length=WORDS_LENGTH,
        reasons=REASONS,
        shapes=SHAPES,
        columns=_columns(),
        asked_of=export.asked_of,
        asked_of_said=asked_of_said(export.asked_of, people),
        waits_until=_after(export.asked_at, WAITS),
        lives_until=_after(export.ready_at, LIVES),
        filter=chosen_filter(),
    )


def _columns() -> list[str]:
    typed = sorted(capital(field_name(name)) for name in fields_in_files(door().catalogue))
    return [*map(str, COLUMNS.values()), *typed]


def _cut(job: BulkJob) -> str:
    if job.cut == MORE:
        return _("There are more than %(most)s. These are the first %(most)s of the list.", most=MOST)
    return str(CUTS.get(job.cut or "", ""))


def _job(job_id: str) -> BulkJob:
    """Return the job of a file that whoever is at the door may see.

    :raises RequestProblem: `not_found`.
    """
    with door().store.reading() as tx:
        job = find_job(tx, job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None or job.act is not BulkAct.EXPORT or not _is_open_to_me(job):
        raise RequestProblem("not_found")
    return job


def _is_open_to_me(job: BulkJob) -> bool:
    """What somebody else only looked at is nobody's business."""
    return job.staff_id == reviewer().id or job.state is not JobState.PREVIEWED


def _said_of(export: LeadExport | None) -> LeadExport:
    if export is None:
        raise RequestProblem("not_found")
    return export


def _after(moment: datetime | None, span: timedelta) -> datetime | None:
    return None if moment is None else moment + span
