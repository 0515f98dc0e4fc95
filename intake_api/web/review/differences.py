"""What a destination holds otherwise than we believe (G-05): which lead, which names, and putting it right."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.reconcile import CANNOT_TELL
from intake_api.flows.repair_difference import ForwardingBlocked, NotToRepair, repair_difference
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.comparisons import Differs, find_comparison, list_differences
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.permits import needs
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _, _l, from_below

differences = Blueprint("differences", __name__, template_folder="templates")
PAGE = 100
SAYS = {
    Differs.STILL_THERE: _l("erased here, still there"),
    Differs.OTHERWISE: _l("stands otherwise there"),
    Differs.MISSING: _l("missing there"),
}
QUICKER = _l("Somebody was quicker, or it is put right already. Nothing was changed; this is how it stands now.")


@differences.get("/destinations/differences")
@open_to("staff")
@needs(StaffAct.SETTLE_DELIVERIES)
def show() -> ResponseReturnValue:
    """Show what differs: what was erased and is still there first."""
    return _page()


@differences.post("/destinations/differences/<difference_id>/repair")
@open_to("staff")
@needs(StaffAct.SETTLE_DELIVERIES)
def repair(difference_id: str) -> ResponseReturnValue:
    """Put one right: by the worker, within seconds."""
    here = door()
    named = here.catalogue.field_map(here.settings.destination)
    try:
        repair_difference(here.store, difference_id, named, staff_id=reviewer().id, now=here.now())
    except NotToRepair:
        return _page(problem=QUICKER), 409
    except ForwardingBlocked as error:
        why = " ".join(from_below(one.says) for one in error.obstacles)
        return _page(problem=_("It may not be passed on: %(why)s", why=why)), 409
    return redirect(url_for("differences.show", done="yes"), 303)


def _page(*, problem: str = "") -> str:
    with door().store.reading() as tx:
        found = list_differences(tx, limit=PAGE)
        last = find_comparison(tx, door().settings.destination)
    return render_template(
        "review/differences.html",
        found=found,
        last=last,
        cannot_tell=last is not None and last.ended_for == CANNOT_TELL,
        name=door().settings.destination,
        says=SAYS,
        problem=problem,
        done=request.args.get("done") == "yes",
    )
