"""How the pages of files of leads say what a file is for, where it stands, and what its columns are."""

from collections.abc import Mapping

from intake_api.rules.bulk import JobState
from intake_api.rules.exports import FileShape, Gone, Reason
from intake_api.store.bulk_jobs import BulkJob
from intake_api.web.review.bulk_words import JOB_STATES
from intake_api.web.review.filters import filter_label
from intake_api.web.review.names import form_name, language_name, purpose_name, spoken
from intake_api.web.review.tongue import _, _l
from intake_api.web.review.words import AGES, CHANNELS, DUES, NARROWED_BY

REASONS: Mapping[str, str] = {
    Reason.CALL: _l("To get in touch with these people"),
    Reason.HAND_OVER: _l("To share the work out"),
    Reason.QUALITY: _l("To see how good what comes in is"),
    Reason.OTHER: _l("Something else, in your own words"),
}
SHAPES: Mapping[str, str] = {
    FileShape.XLSX: _l("Workbook (XLSX)"),
    FileShape.SEMICOLON: _l("CSV with semicolons"),
    FileShape.COMMA: _l("CSV with commas"),
}
GONE: Mapping[str, str] = {
    Gone.EXPIRED: _l("Its day is over: the file was deleted."),
    Gone.LEAD: _l("Somebody in it was erased, took everything back or wants it not used: the whole file was deleted."),
    Gone.STOPPED: _l("It was never made whole, so nothing of it is kept."),
}
COLUMNS: Mapping[str, str] = {
    "reference": _l("Reference"),
    "received_at": _l("Came in on"),
    "form": _l("Form"),
    "channel": _l("Channel"),
    "language": _l("Language"),
    "state": _l("State"),
    "score": _l("Score"),
    "purposes": _l("May be used for"),
    "delete_after": _l("Delete by"),
}


def standing(job: BulkJob, *, is_gone: bool) -> str:
    """Say in a word where a file stands."""
    if job.state is JobState.DONE:
        return _("Deleted") if is_gone else _("Ready")
    return str(JOB_STATES[job.state])


def asked_of_said(asked_of: Mapping[str, str], people: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the filter of the list that a file is of, for reading; nothing where leads were chosen one by one."""
    said = {**AGES, **DUES, **CHANNELS, **people}
    named = {name: value for name, value in asked_of.items() if name in NARROWED_BY}
    state = [(_("State"), filter_label(asked_of["state"]))] if asked_of else []
    return [*state, *((str(NARROWED_BY[name]), _said(name, value, said)) for name, value in named.items())]


def _said(name: str, value: str, said: Mapping[str, str]) -> str:
    called = {"form": form_name, "purpose": purpose_name, "language": language_name}.get(name, spoken)
    return str(said.get(value) or called(value))
