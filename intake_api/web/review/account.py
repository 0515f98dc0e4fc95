"""One's own account: the open sessions, and what is recorded about whoever works here (SEC-04, A-06)."""

import re

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.change_staff import end_sessions
from intake_api.flows.choose_language import choose_language
from intake_api.flows.come_to_work import come_to_work, leave_for_today
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.staff import list_sessions, session_id
from intake_api.store.teams import here_until, teams_of
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.names import team_name
from intake_api.web.review.permits import needs, person
from intake_api.web.review.session import open_before_choosing, session_token
from intake_api.web.review.tongue import LANGUAGES
from intake_api.web.review.words import ROLES

account = Blueprint("account", __name__, template_folder="templates")
SESSION_ID = re.compile("[0-9a-f]{64}")
OTHERS = "others"


@account.get("/account")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show one's open sessions, roles, and what is recorded."""
    here = door()
    with here.store.reading() as tx:
        sessions = list_sessions(tx, person().id, now=here.now())
        until = here_until(tx, person().id, now=here.now())
        teams = teams_of(tx).get(person().id, set())
    return render_template(
        "review/account.html",
        sessions=sessions,
        mine=session_id(session_token()),
        roles=[ROLES[role] for role in ROLES if role in person().roles],
        others=OTHERS,
        here_until=until,
        teams=[team_name(name) for name in here.catalogue.assignment.teams if name in teams],
    )


@account.post("/account/language")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def speak() -> ResponseReturnValue:
    """Choose the language these pages speak to one, and go back to where one was."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise RequestProblem("request_malformed")
    choose_language(door().store, person().id, chosen)
    return redirect(_way_back(request.form.get("back", "")), 303)


@account.post("/account/sessions")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
def end() -> ResponseReturnValue:
    """End one of one's sessions, or all but this one."""
    which, here = request.form.get("session", ""), door()
    if which != OTHERS and not SESSION_ID.fullmatch(which):
        raise RequestProblem("request_malformed")
    only, but = (None, session_token()) if which == OTHERS else (which, None)
    end_sessions(here.store, person().id, only=only, but=but, actor=f"staff:{person().id}", now=here.now())
    return redirect(url_for("account.show"), 303)


@account.post("/account/here")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
def be_here() -> ResponseReturnValue:
    """Say that one is here until the day ends, or with `here=no` that one is not."""
    here = door()
    if request.form.get("here") == "no":
        leave_for_today(here.store, person().id)
    else:
        zone = here.catalogue.organisation.opening_hours.zone
        come_to_work(here.store, person().id, zone, now=here.now())
    back = "queue.show" if request.form.get("back") == "queue" else "account.show"
    return redirect(url_for(back), 303)


def _way_back(said: str) -> str:
    """Return the page that a form stood on, if it is one of ours that opens by its address; else one's account."""
    path, _, query = said.partition("?")
    adapter = current_app.url_map.bind("")
    if not said.startswith("/") or "\\" in said or not adapter.test(path, method="GET"):
        return url_for("account.show")
    return path + ("?" + query if query else "")
