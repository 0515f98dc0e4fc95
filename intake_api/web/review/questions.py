"""Asking a destination through a worker: whether it holds a lead, and whether it would take one.

This door has no key to a CRM (SEC-47; docs/decisions/questions.md). What was answered is shown with the page that asks,
and in a part of its own that the page's script looks at while it waits: no value of anybody stands in it.
"""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.ask_destination import ForwardingBlocked, ask_about_lead, ask_whether_open
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.leads import LeadUnknown, get_lead
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.filters import chosen_filter
from intake_api.web.review.lead import BLOCKED, get_queue, lead_page, tell_it_is_not_there
from intake_api.web.review.permits import needs
from intake_api.web.review.question_words import asked_of, told_of_destination, told_of_lead
from intake_api.web.review.session import asked_by_itself, reviewer

questions = Blueprint("questions", __name__, template_folder="templates")
questions.register_error_handler(LeadUnknown, tell_it_is_not_there)


@questions.post("/leads/<reference>/ask")
@open_to("staff")
@needs(StaffAct.DECIDE)
def ask(reference: str) -> ResponseReturnValue:
    """Ask the destination whether it holds a lead, and show the lead again."""
    here = door()
    try:
        ask_about_lead(here.store, get_queue(), reference, **asked_of(), staff_id=reviewer().id, now=here.now())
    except ForwardingBlocked:
        return lead_page(reference, problem=BLOCKED, status=409)
    return redirect(url_for("lead.show", reference=reference, **chosen_filter().args, _anchor="dry-run"), 303)


@questions.get("/leads/<reference>/question")
@open_to("staff")
@needs(StaffAct.READ_LEAD)
@asked_by_itself
def of_lead(reference: str) -> str:
    """Show what was last asked about a lead, and the answer."""
    with door().store.reading() as tx:
        return render_template("review/question.html", told=told_of_lead(tx, get_lead(tx, reference).id, reference))


@questions.post("/destinations/check")
@open_to("staff")
@needs(StaffAct.CHECK_DESTINATION)
def check() -> ResponseReturnValue:
    """Ask the destination that is set up whether it would take a lead, and show how destinations fare."""
    here = door()
    ask_whether_open(here.store, get_queue(), **asked_of(), staff_id=reviewer().id, now=here.now())
    return redirect(url_for("destinations.show", _anchor="check"), 303)


@questions.get("/destinations/question")
@open_to("staff")
@needs(StaffAct.SEE_DESTINATIONS)
@asked_by_itself
def of_destination() -> str:
    """Show what the destination was last asked, and the answer."""
    with door().store.reading() as tx:
        return render_template("review/question.html", told=told_of_destination(tx))
