"""People of the staff: let them in, say what they may, switch them off, end their sessions. For administrators."""

from collections.abc import Callable

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.change_staff import (
    LastAdministrator,
    StaffUnknown,
    change_roles,
    change_teams,
    disable_staff,
    enable_staff,
    end_sessions,
)
from intake_api.flows.invite_staff import Refused, invite_staff, send_link
from intake_api.flows.set_up_factor import remove_factor
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role, RoleUnknown, StaffAct, read_roles
from intake_api.store.invitations import last_invitations
from intake_api.store.second_factors import who_has_a_factor
from intake_api.store.staff import list_people
from intake_api.store.teams import teams_of
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.lead import QUEUE
from intake_api.web.review.names import team_name
from intake_api.web.review.permits import needs, needs_fresh_factor, person
from intake_api.web.review.tongue import _l
from intake_api.web.review.words import INVITED, ROLES

people = Blueprint("people", __name__, template_folder="templates")
DONE = {
    "invited": _l("If this address has no account yet, a mail with a link is on its way to it."),
    "sent": _l("A mail with a link to choose a password is on its way."),
    "changed": _l("The roles hold from this person's next click on."),
    "teams": _l("The teams are changed. Rules give this person leads from now on as one of them."),
    "off": _l("The account is switched off, and its sessions have ended."),
    "on": _l("The account is switched on."),
    "factor": _l("The second factor is taken away. This person sets up another at the next sign-in."),
    "ended": _l("All sessions of this person have ended."),
}
LAST = _l("Nothing was changed: somebody has to be left who can let people in.")
NO_ROLE = _l("Choose at least one role.")
NO_ADDRESS = _l("This is not an e-mail address.")


@people.get("/people")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
def show() -> ResponseReturnValue:
    """Show everybody, and a form to invite somebody."""
    return _page()


@people.post("/people")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def invite() -> ResponseReturnValue:
    """Invite an address; the answer is the same whether it has an account or not."""
    here, typed = door(), request.form.get("email", "")
    try:
        roles = read_roles(request.form.getlist("role"))
        invite_staff(here.store, _queue(), typed, roles, actor=_me(), now=here.now())
    except RoleUnknown:
        return _page(problem=NO_ROLE, typed=typed, status=422)
    except Refused:
        return _page(problem=NO_ADDRESS, typed=typed, status=422)
    return _done("invited")


@people.post("/people/<staff_id>/link")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def link(staff_id: str) -> ResponseReturnValue:
    """Send a person a link to choose a password."""
    return _change(lambda: send_link(door().store, _queue(), staff_id, actor=_me(), now=door().now()), "sent")


@people.post("/people/<staff_id>/roles")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def change(staff_id: str) -> ResponseReturnValue:
    """Give a person other roles."""
    try:
        roles = read_roles(request.form.getlist("role"))
    except RoleUnknown:
        return _page(problem=NO_ROLE, status=422)
    return _change(lambda: change_roles(door().store, staff_id, roles, actor=_me(), now=door().now()), "changed")


@people.post("/people/<staff_id>/teams")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def team_up(staff_id: str) -> ResponseReturnValue:
    """Put a person into teams of the catalogue; others are not taken."""
    here, known = door(), door().catalogue.assignment.teams
    teams = [name for name in request.form.getlist("team") if name in known]
    return _change(lambda: change_teams(here.store, staff_id, teams, actor=_me(), now=here.now()), "teams")


@people.post("/people/<staff_id>/off")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def switch_off(staff_id: str) -> ResponseReturnValue:
    """Switch an account off."""
    return _change(lambda: disable_staff(door().store, staff_id, actor=_me(), now=door().now()), "off")


@people.post("/people/<staff_id>/on")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def switch_on(staff_id: str) -> ResponseReturnValue:
    """Switch an account on again."""
    return _change(lambda: enable_staff(door().store, staff_id, actor=_me(), now=door().now()), "on")


@people.post("/people/<staff_id>/sessions")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def sign_out(staff_id: str) -> ResponseReturnValue:
    """End all sessions of a person at once."""
    return _change(lambda: end_sessions(door().store, staff_id, actor=_me(), now=door().now()), "ended")


@people.post("/people/<staff_id>/factor")
@open_to("staff")
@needs(StaffAct.MANAGE_PEOPLE)
@needs_fresh_factor
def take_factor(staff_id: str) -> ResponseReturnValue:
    """Take a person's second factor away: the phone and the codes are lost."""
    return _change(lambda: remove_factor(door().store, staff_id, actor=_me(), now=door().now()), "factor")


def _change(act: Callable[[], None], done: str) -> ResponseReturnValue:
    try:
        act()
    except StaffUnknown:
        raise RequestProblem("not_found") from None
    except LastAdministrator:
        return _page(problem=LAST, status=409)
    return _done(done)


def _done(what: str) -> ResponseReturnValue:
    return redirect(url_for("people.show", done=what), 303)


def _page(*, problem: str = "", typed: str = "", status: int = 200) -> ResponseReturnValue:
    here = door()
    with here.store.reading() as tx:
        everybody, invitations = list_people(tx, now=here.now()), last_invitations(tx)
        with_factor = who_has_a_factor(tx)
        in_teams = teams_of(tx)
    page = render_template(
        "review/people.html",
        people=everybody,
        invitations=invitations,
        roles={role: ROLES[role] for role in Role if role in ROLES},
        invited=INVITED,
        with_factor=with_factor,
        teams={name: team_name(name) for name in here.catalogue.assignment.teams},
        in_teams=in_teams,
        problem=problem,
        typed=typed,
        done=DONE.get(request.args.get("done", ""), ""),
        me=person().id,
        now=here.now(),
    )
    return page, status


def _me() -> str:
    return f"staff:{person().id}"


def _queue() -> Queue:
    queue: Queue = current_app.extensions[QUEUE]
    return queue
