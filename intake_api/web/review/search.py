"""Search: by what somebody says who they are. Sent in a form's body, so that no address and no log has it (A-02)."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from intake_api.flows.search_leads import search_leads
from intake_api.rules.staff_roles import StaffAct
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.filters import ALL, Filter
from intake_api.web.review.names import form_name
from intake_api.web.review.permits import needs
from intake_api.web.review.session import reviewer

search = Blueprint("search", __name__, template_folder="templates")
FOUND_IN = Filter(state=ALL)  # what newer and older mean on the page of a lead that was found


@search.get("/search")
@open_to("staff")
@needs(StaffAct.READ_LEAD)
def ask() -> ResponseReturnValue:
    """Show where to type."""
    return render_template("review/search.html", typed="", hits=None)


@search.post("/search")
@open_to("staff")
@needs(StaffAct.READ_LEAD)
def show() -> ResponseReturnValue:
    """Show who was found, masked; opening one is a reading as ever."""
    here, typed = door(), request.form.get("term", "")
    regions = sorted(
        {region for form in here.catalogue.forms.values() for of in form.regions.values() for region in of}
    )
    hits = search_leads(here.store, typed, regions=regions, staff_id=reviewer().id, now=here.now())
    return render_template(
        "review/search.html", typed=typed, hits=hits, form_name=form_name, filter=FOUND_IN, now=here.now()
    )
