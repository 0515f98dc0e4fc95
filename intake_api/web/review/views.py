"""Saved views: save the filter one looks at, and remove one of one's own."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.remove_view import remove_view
from intake_api.flows.save_view import TooManyViews, ViewNameInvalid, save_view
from intake_api.rules.staff_roles import StaffAct
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.filters import chosen_filter
from intake_api.web.review.permits import needs
from intake_api.web.review.queue import queue_page
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import from_below

views = Blueprint("views", __name__, template_folder="templates")


@views.post("/views")
@open_to("staff")
@needs(StaffAct.LIST_LEADS)
def save() -> ResponseReturnValue:
    """Save the filter that the form carries, and show it."""
    here, chosen = door(), chosen_filter()
    name, shared = request.form.get("name", ""), request.form.get("shared") == "yes"
    try:
        save_view(here.store, name, chosen.args, shared=shared, staff_id=reviewer().id, now=here.now())
    except (ViewNameInvalid, TooManyViews) as error:
        return queue_page(chosen, problem=from_below(str(error))), 422
    return redirect(url_for("queue.show", **chosen.args), 303)


@views.post("/views/<view_id>/remove")
@open_to("staff")
@needs(StaffAct.LIST_LEADS)
def remove(view_id: str) -> ResponseReturnValue:
    """Remove a view of one's own; somebody else's stays."""
    here = door()
    remove_view(here.store, view_id, staff_id=reviewer().id, now=here.now())
    return redirect(url_for("queue.show", **chosen_filter().args), 303)
