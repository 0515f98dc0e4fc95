"""Where leads go: how each destination fares, what to do about one that is paused, and letting it go on."""

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.resume_deliveries import NotPaused, resume_deliveries
from intake_api.rules.staff_roles import StaffAct
from intake_api.settings import DESTINATIONS
from intake_api.store.delivery_health import list_health
from intake_api.store.destinations import list_pauses
from intake_api.store.workers import newest_beat
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.permits import i_may, needs
from intake_api.web.review.question_words import told_of_destination
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _l

destinations = Blueprint("destinations", __name__, template_folder="templates")
SILENT_AFTER = timedelta(minutes=1)  # then another worker takes over; where none is left, nothing is sent
RIGHTS = _l("Give our account there the rights that docs/delivery.md names, then let deliveries go on.")
CREDENTIAL = _l(
    "Put the key or the password right, there or in the settings of the worker, restart the worker if a setting "
    "changed, then let deliveries go on."
)
# What to do about a pause, by its reason.
TO_DO: Mapping[str, str] = {
    "credential_refused": CREDENTIAL,
    "login_refused": CREDENTIAL,
    "erase_login_refused": CREDENTIAL,
    "rights_missing": RIGHTS,
    "erase_rights_missing": RIGHTS,
    "address_gone": _l(
        "The other side closed this address for good. Set the new one, restart the worker, then let deliveries go on."
    ),
    "address_not_public": _l(
        "The name of the address leads into a private network: it was changed, or somebody tries something. Find out "
        "which before anything is sent."
    ),
}
LOOK_UP = _l(
    "docs/delivery.md says what this answer means for this kind of destination. Put it right, then let deliveries go "
    "on."
)
NOT_PAUSED = _l("Somebody was quicker: this destination is not paused any more.")


def look_at_pauses(app: Flask) -> None:
    """Let every page say what is paused to those who can do something about it; call after `guard_acts`."""

    @app.before_request
    def look() -> None:
        if i_may(StaffAct.SETTLE_DELIVERIES):
            with door().store.reading() as tx:
                g.pauses = list_pauses(tx)


@destinations.get("/destinations")
@open_to("staff")
@needs(StaffAct.SEE_DESTINATIONS)
def show() -> ResponseReturnValue:
    """Show how each destination fares: counts, and no lead."""
    return _page()


@destinations.post("/destinations/<name>/resume")
@open_to("staff")
@needs(StaffAct.RESUME_DESTINATION)
def resume(name: str) -> ResponseReturnValue:
    """Let a paused destination take deliveries again."""
    try:
        resume_deliveries(door().store, name, actor=f"staff:{reviewer().id}", now=door().now())
    except NotPaused:
        return _page(problem=NOT_PAUSED), 409
    return redirect(url_for("destinations.show", resumed=name), 303)


def _page(*, problem: str = "") -> str:
    here, now = door(), door().now()
    with here.store.reading() as tx:
        healths = list_health(tx, [here.settings.destination], now=now)
        beat_at = newest_beat(tx)
        told = told_of_destination(tx)
    resumed = request.args.get("resumed")
    return render_template(
        "review/destinations.html",
        healths=healths,
        configured=here.settings.destination,
        recipient=here.catalogue.recipient(here.settings.destination_recipient),
        to_do={one.name: TO_DO.get(one.pause.reason, LOOK_UP) for one in healths if one.pause},
        is_at_work=beat_at is not None and now - beat_at <= SILENT_AFTER,
        resumed=resumed if resumed in DESTINATIONS else None,
        told=told,
        problem=problem,
    )
