"""Signing in and out, and choosing a password of one's own."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.choose_password import PasswordRefused, SessionOver
from intake_api.flows.choose_password import choose_password as choose
from intake_api.flows.sign_in import SignInRefused, TooManyTries, sign_in
from intake_api.flows.sign_out import sign_out
from intake_api.rules.password import MAX_LENGTH, MIN_LENGTH
from intake_api.store.leads import spelled_reference
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.limits import Slots
from intake_api.web.networks import network_asking
from intake_api.web.review.session import (
    give_session,
    need_same_origin,
    open_before_choosing,
    reviewer,
    session_token,
    take_session,
)
from intake_api.web.review.words import how_long

entrance = Blueprint("entrance", __name__, template_folder="templates")
SLOTS = "vestibule.sign_in_slots"
ONE_ADDRESS = 32  # bits: staff of one office are told apart where they can be
AT_ONCE = 3  # one check of a password takes 64 MiB on purpose
WRONG = "This e-mail and this password do not fit together."
PASSWORD_PROBLEMS = {
    "too_short": f"That is too short. Take at least {MIN_LENGTH} characters; a few words in a row are fine.",
    "too_long": f"That is too long. Take at most {MAX_LENGTH} characters.",
    "too_common": "That is one of the first that anybody would guess. Take another one.",
    "same_as_printed": "That is the password you were given. Take one of your own.",
    "not_twice_the_same": "The two do not match. Type the same password twice.",
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
    need_same_origin()
    email, password, lead = (request.form.get(name, "") for name in ("email", "password", "lead"))
    slots: Slots = current_app.extensions[SLOTS]
    with slots.one() as free:
        if not free:
            return sign_in_page(
                "Many are signing in at once. Try again in a moment.", lead=lead, email=email, status=429
            )
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
    target = url_for("entrance.show_choice") if signed_in.must_choose_password else _after_sign_in(lead)
    return give_session(redirect(target, 303), signed_in.token)


@entrance.post("/sign-out")
@open_to("staff")
@open_before_choosing
def leave() -> ResponseReturnValue:
    """Sign out: the session ends on the server too."""
    sign_out(door().store, session_token(), now=door().now())
    return take_session(redirect(url_for("entrance.show_sign_in"), 303))


@entrance.get("/password")
@open_to("staff")
@open_before_choosing
def show_choice() -> ResponseReturnValue:
    """Show the page to choose a password; there is one to choose after the printed one only."""
    return _choice_page() if reviewer().one_time else redirect(url_for("queue.show"), 303)


@entrance.post("/password")
@open_to("staff")
@open_before_choosing
def choose_password() -> ResponseReturnValue:
    """Take the chosen password. All sessions end, this one goes on under a new token."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _choice_page("not_twice_the_same", status=422)
    try:
        token = choose(door().store, session_token(), password, now=door().now())
    except PasswordRefused as error:
        return _choice_page(error.problem, status=422)
    except SessionOver:
        return redirect(url_for("entrance.show_sign_in"), 303)
    return give_session(redirect(url_for("queue.show"), 303), token)


def sign_in_page(problem: str = "", *, lead: str = "", email: str = "", status: int = 200) -> Response:
    """Make the page to sign in. `lead` is the reference to go to afterwards, never an address (SEC-18)."""
    page = render_template(
        "review/sign_in.html", problem=problem, lead=spelled_reference(lead) or "", email=email, status=status
    )
    return make_response(page, status)


def _wait_page(wait: timedelta, lead: str, email: str) -> Response:
    page = sign_in_page(f"Too many tries. Wait {how_long(wait)}, then try again.", lead=lead, email=email, status=429)
    page.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return page


def _choice_page(problem: str = "", *, status: int = 200) -> Response:
    page = render_template("review/choose_password.html", problem=PASSWORD_PROBLEMS.get(problem, ""), least=MIN_LENGTH)
    return make_response(page, status)


def _after_sign_in(lead: str) -> str:
    reference = spelled_reference(lead)
    return url_for("lead.show", reference=reference) if reference else url_for("queue.show")
