"""What a route of the review door needs: each says which act it is, and one that does not say is not served (SEC-06).

    @lead.post("/leads/<reference>/approve")
    @open_to("staff")
    @needs(StaffAct.DECIDE)
    def approve(reference: str) -> ResponseReturnValue: ...

Roles are read anew with the session in each request, so another role holds from the next one on (SEC-09).
"""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.rules.staff_roles import StaffAct, may
from intake_api.rules.step_up import is_fresh
from intake_api.store.staff import Reviewer
from intake_api.store.staff_identities import can_show_factor
from intake_api.web.access import audiences_of
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.tongue import _l

NEEDS = "vestibule_needs"
FRESH = "vestibule_needs_fresh_factor"
View = TypeVar("View", bound=Callable[..., object])
# Where one can go, by what it needs. Who asks for nothing in particular gets the first of these that they may.
FRONT = "queue.show"
PLACES = (
    (StaffAct.LIST_LEADS, FRONT, _l("Queue")),
    (StaffAct.SEE_AUDIT, "audit.show", _l("Audit")),
    (StaffAct.SEE_RIGHTS, "audit.rights", _l("Rights")),
    (StaffAct.MANAGE_PEOPLE, "people.show", _l("People")),
    (StaffAct.SEE_REPORTS, "reports.show", _l("Reports")),
    (StaffAct.SEE_DESTINATIONS, "destinations.show", _l("Destinations")),
)


class RouteNeedsNothing(Exception):
    """A route for staff does not say which act it is."""


def needs(act: StaffAct) -> Callable[[View], View]:
    """Declare which act a route is. Stands under `open_to("staff")`."""

    def declare(view: View) -> View:
        setattr(view, NEEDS, act)
        return view

    return declare


def needs_fresh_factor(view: View) -> View:
    """Ask for a second factor that was shown lately in this session (SEC-10). Stands under `needs`."""
    setattr(view, FRESH, True)
    return view


def guard_acts(app: Flask) -> None:
    """Let nobody do what none of their roles may; call it after `guard_routes`, when all routes are there.

    :raises RouteNeedsNothing: names the routes; such an app must not serve.
    """
    acts = acts_of(app)
    if silent := sorted(endpoint for endpoint, act in acts.items() if act is None):
        raise RouteNeedsNothing(f"These routes do not say which act of staff they are: {', '.join(silent)}.")

    @app.before_request
    def check_the_act() -> ResponseReturnValue | None:
        act = acts.get(request.endpoint or "")
        if act is None or request.method == "OPTIONS" or may(person().roles, act):
            return None
        if request.endpoint == FRONT and (home := home_of(person())) is not None:
            return redirect(home, 303)
        raise RequestProblem("not_your_role")

    @app.before_request
    def check_the_factor() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if getattr(view, FRESH, False) and request.method != "OPTIONS":
            ask_fresh_factor()


def ask_fresh_factor() -> None:
    """Ask for a second factor that was shown lately, where only what was sent says whether one is needed (SEC-10).

    :raises RequestProblem: `factor_needed`.
    """
    if not _has_shown_a_factor():
        raise RequestProblem("factor_needed")


def acts_of(app: Flask) -> dict[str, StaffAct | None]:
    """Return which act each route for staff says it is."""
    for_staff = [endpoint for endpoint, audiences in audiences_of(app).items() if "staff" in audiences]
    return {endpoint: getattr(app.view_functions[endpoint], NEEDS, None) for endpoint in for_staff}


def i_may(act: StaffAct) -> bool:
    """Say whether the person at the door may do this; templates ask it, too."""
    return "reviewer" in g and g.reviewer is not None and may(person().roles, act)


def home_of(someone: Reviewer) -> str | None:
    """Return the path of the page that a person begins with; None for somebody without any."""
    homes = (endpoint for act, endpoint, _ in PLACES if may(someone.roles, act))
    return next((url_for(endpoint) for endpoint in homes), None)


def places() -> list[tuple[str, str, bool]]:
    """Return where the person at the door may go: the path, how it is called, whether this is it."""
    mine = [one for one in PLACES if i_may(one[0])]
    return [(url_for(endpoint), label, request.endpoint == endpoint) for _, endpoint, label in mine]


def _has_shown_a_factor() -> bool:
    """Say whether a factor was shown lately. Whoever has none cannot be asked for it."""
    here = door()
    if is_fresh(g.session.factor_at, now=here.now()):
        return True
    with here.store.reading() as tx:
        return not can_show_factor(tx, person().id)


def person() -> Reviewer:
    """Return who is signed in; only behind the guard of staff."""
    someone: Reviewer = g.reviewer
    return someone
