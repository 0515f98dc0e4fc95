"""Signing in and out, and choosing a password of one's own."""

from contextlib import AbstractContextManager
from datetime import timedelta

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.choose_password import PasswordRefused, SessionOver
from intake_api.flows.choose_password import choose_password as choose
from intake_api.flows.sign_in import SignInRefused, TooManyTries, sign_in
from intake_api.flows.sign_out import sign_out
from intake_api.rules.password import MAX_LENGTH, MIN_LENGTH
from intake_api.rules.reference import spelled_reference
from intake_api.rules.staff_roles import StaffAct
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.limits import Slots
from intake_api.web.networks import network_asking
from intake_api.web.review.permits import needs
from intake_api.web.review.session import (
    give_session,
    need_same_origin,
    open_before_choosing,
    reviewer,
    session_token,
    take_session,
)
from intake_api.web.review.tongue import _, _l
from intake_api.web.review.words import how_long

entrance = Blueprint("entrance", __name__, template_folder="templates")
SLOTS = "vestibule.sign_in_slots"
ONE_ADDRESS = 32  # bits: staff of one office are told apart where they can be
AT_ONCE = 3  # one check of a password takes 64 MiB on purpose
WRONG = _l("This e-mail and this password do not fit together.")
NOT_TWICE = "not_twice_the_same"
PASSWORD_PROBLEMS = {
    "too_short": _l(
        "That is too short. Take at least %(least)s characters; a few words in a row are fine.", least=MIN_LENGTH
    ),
    "too_long": _l("That is too long. Take at most %(most)s characters.", most=MAX_LENGTH),
    "too_common": _l("That is one of the first that anybody would guess. Take another one."),
    "same_as_printed": _l("That is the password you were given. Take one of your own."),
    "busy": _l("Many are signing in at once. Try again in a moment."),
    NOT_TWICE: _l("The two do not match. Type the same password twice."),
}


@entrance.record_once
def _prepare(state: object) -> None:
    state.app.extensions[SLOTS] = Slots(AT_ONCE)  # type: ignore[attr-defined]


@entrance.get("/sign-in")
@open_to("anyone")
def show_sign_in() -> ResponseReturnValue:
    """Show the page to sign in."""
    return sign_in_page(lead=request.args.get("lead", ""))


@entrance.post("/sign-in")
@open_to("anyone")
def enter() -> ResponseReturnValue:
    """Sign in: to the queue, to the lead that was asked for, or to choosing a password first."""
    need_passwords()
    need_same_origin()
    email, password, lead = (request.form.get(name, "") for name in ("email", "password", "lead"))
    with with_a_slot() as free:
        if not free:
            return sign_in_page(password_said("busy"), lead=lead, email=email, status=429)
        try:
            signed_in = sign_in(
                door().store,
                email,
                password,
                network=network_asking(v4=ONE_ADDRESS) or "unknown",
                old_token=session_token(),
                now=door().now(),
            )
        except SignInRefused:
            return sign_in_page(WRONG, lead=lead, email=email, status=401)
        except TooManyTries as error:
            return _wait_page(error.wait, lead, email)
    if signed_in.waits_for_code:
        target = url_for("second_factor.ask")
    else:
        target = url_for("entrance.show_choice") if signed_in.must_choose_password else after_sign_in(lead)
    return give_session(redirect(target, 303), signed_in.token)


@entrance.post("/sign-out")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def leave() -> ResponseReturnValue:
    """Sign out: the session ends on the server too."""
    sign_out(door().store, session_token(), now=door().now())
    return take_session(redirect(url_for("entrance.show_sign_in"), 303))


@entrance.get("/password")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def show_choice() -> ResponseReturnValue:
    """Show the page to choose a password; there is one to choose after the printed one only."""
    return _choice_page() if reviewer().one_time else redirect(url_for("queue.show"), 303)


@entrance.post("/password")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def choose_password() -> ResponseReturnValue:
    """Take the chosen password. All sessions end, this one goes on under a new token."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _choice_page(NOT_TWICE, status=422)
    try:
        token = choose(door().store, session_token(), password, now=door().now())
    except PasswordRefused as error:
        return _choice_page(error.problem, status=422)
    except SessionOver:
        return redirect(url_for("entrance.show_sign_in"), 303)
    return give_session(redirect(url_for("queue.show"), 303), token)


def sign_in_page(problem: str = "", *, lead: str = "", email: str = "", status: int = 200) -> Response:
    """Make the page to sign in. `lead` is the reference to go to afterwards, never an address (SEC-18)."""
    settings, lead = door().settings, spelled_reference(lead) or ""
    page = render_template(
        "review/sign_in.html",
        problem=problem,
        lead=lead,
        email=email,
        company=settings.company.name if settings.company else "",
        passwords=settings.passwords,
    )
    return make_response(page, status)


def need_passwords() -> None:
    """Refuse a password where staff sign in with their company's account only.

    :raises RequestProblem: `not_found`.
    """
    if not door().settings.passwords:
        raise RequestProblem("not_found")


def with_a_slot() -> AbstractContextManager[bool]:
    """Take one of the few places in which a password is looked at; False when none is free."""
    slots: Slots = current_app.extensions[SLOTS]
    return slots.one()


def password_said(problem: str) -> str:
    """Say what is wrong with a password."""
    return PASSWORD_PROBLEMS.get(problem, "")


def _wait_page(wait: timedelta, lead: str, email: str) -> Response:
    page = sign_in_page(
        _("Too many tries. Wait %(wait)s, then try again.", wait=how_long(wait)), lead=lead, email=email, status=429
    )
    page.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return page


def _choice_page(problem: str = "", *, status: int = 200) -> Response:
    page = render_template("review/choose_password.html", problem=password_said(problem), least=MIN_LENGTH)
    return make_response(page, status)


def after_sign_in(lead: str) -> str:
    """Return the path of the lead that was asked for, or of the queue."""
    reference = spelled_reference(lead)
    return url_for("lead.show", reference=reference) if reference else url_for("queue.show")
