"""Work on a lead that decides nothing: a note on it, a day to follow up, who has it in hand, who looks at it."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.assign_lead import AssigneeUnknown, assign_lead
from intake_api.flows.note_look import keep_look
from intake_api.flows.set_follow_up import DayInvalid, set_follow_up
from intake_api.flows.write_note import NoteInvalid, write_note
from intake_api.rules.lead_state import MoveRefused
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.leads import LeadChanged, LeadUnknown
from intake_api.store.subjects import SubjectErased
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.filters import chosen_filter
from intake_api.web.review.lead import get_queue, lead_page, seen_version, tell_it_is_not_there, tell_who_was_quicker
from intake_api.web.review.permits import needs
from intake_api.web.review.session import asked_by_itself, reviewer
from intake_api.web.review.tongue import _, from_below
from intake_api.web.review.words import LEFT_OUT

work = Blueprint("work", __name__, template_folder="templates")
work.register_error_handler(LeadUnknown, tell_it_is_not_there)
work.register_error_handler(LeadChanged, tell_who_was_quicker)
work.register_error_handler(MoveRefused, tell_who_was_quicker)


@work.post("/leads/<reference>/notes")
@open_to("staff")
@needs(StaffAct.WORK_ON)
def note(reference: str) -> ResponseReturnValue:
    """Write a note and show the lead again.

    What was left out is told on the answer itself: in an address it would say something about the person. That page
    sent again writes nothing more.
    """
    here, typed = door(), request.form.get("note", "")
    note_id, me = request.form.get("note_id", ""), reviewer().id
    try:
        codes = write_note(here.store, here.catalogue, reference, typed, note_id=note_id, staff_id=me, now=here.now())
    except NoteInvalid as error:
        return lead_page(reference, problem=from_below(str(error)), status=422, draft=typed)
    except SubjectErased:
        raise RequestProblem("lead_erased") from None
    if codes:
        return lead_page(
            reference, problem=" ".join([_("The note was kept."), *(str(LEFT_OUT[code]) for code in codes)])
        )
    return redirect(url_for("lead.show", reference=reference, **chosen_filter().args, _anchor="notes"), 303)


@work.post("/leads/<reference>/follow-up")
@open_to("staff")
@needs(StaffAct.WORK_ON)
def follow_up(reference: str) -> ResponseReturnValue:
    """Set or take away the day of a lead as it was seen, and show it again."""
    here, day = door(), request.form.get("day", "")
    try:
        set_follow_up(here.store, reference, day, seen_version=seen_version(), staff_id=reviewer().id, now=here.now())
    except DayInvalid as error:
        return lead_page(reference, problem=from_below(str(error)), status=422)
    return redirect(url_for("lead.show", reference=reference, **chosen_filter().args), 303)


@work.post("/leads/<reference>/assign")
@open_to("staff")
@needs(StaffAct.WORK_ON)
def assign(reference: str) -> ResponseReturnValue:
    """Give a lead as it was seen to somebody, or to nobody, and show it again."""
    here, to = door(), request.form.get("to") or None
    seen, me = seen_version(), reviewer().id
    try:
        assign_lead(here.store, get_queue(), reference, to, seen_version=seen, staff_id=me, now=here.now())
    except AssigneeUnknown as error:
        return lead_page(reference, problem=from_below(str(error)), status=422)
    return redirect(url_for("lead.show", reference=reference, **chosen_filter().args), 303)


@work.post("/leads/<reference>/look")
@open_to("staff")
@needs(StaffAct.READ_LEAD)
@asked_by_itself
def look(reference: str) -> ResponseReturnValue:
    """Note that the page of a lead is still open and to be seen; it asks so by itself, every two minutes."""
    keep_look(door().store, reference, staff_id=reviewer().id, now=door().now())
    return "", 204
