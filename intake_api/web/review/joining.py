"""The page of an invitation: choose a password, once, and be signed in (SEC-01)."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.join_staff import InvitationOver, PasswordRefused, join_staff, look_at_invitation
from intake_api.rules.password import MIN_LENGTH
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.session import give_session, need_same_origin
from intake_api.web.review.sign_in import NOT_TWICE, need_passwords, password_said, with_a_slot

joining = Blueprint("joining", __name__, template_folder="templates")


@joining.get("/join/<token>")
@open_to("anyone")
def show(token: str) -> ResponseReturnValue:
    """Show the page to choose a password. Looking changes nothing, however often a mail scanner looks."""
    return _page(token) if door().settings.passwords else redirect(url_for("entrance.show_sign_in"), 303)


@joining.post("/join/<token>")
@open_to("anyone")
def join(token: str) -> ResponseReturnValue:
    """Take the password and sign in; the link is used up by this, and by nothing else."""
    need_passwords()
    need_same_origin()
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _page(token, NOT_TWICE, status=422)
    here = door()
    with with_a_slot() as free:
        if not free:
            return _page(token, "busy", status=429)
        try:
            joined = join_staff(here.store, here.settings.secrets.token_key, token, password, now=here.now())
        except PasswordRefused as error:
            return _page(token, error.problem, status=422)
        except InvitationOver:
            return _page(token)
    target = "second_factor.ask" if joined.waits_for_code else "queue.show"
    return give_session(redirect(url_for(target), 303), joined.token)


def _page(token: str, problem: str = "", *, status: int = 200) -> Response:
    here = door()
    try:
        invited = look_at_invitation(here.store, here.settings.secrets.token_key, token, now=here.now())
    except InvitationOver:
        return make_response(render_template("review/join_over.html"), 410)
    said = password_said(problem)
    page = render_template("review/join.html", token=token, email=invited.email, problem=said, least=MIN_LENGTH)
    return make_response(page, status)
