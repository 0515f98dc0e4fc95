"""The second factor: typed to finish a sign-in, set up on one's own page, shown anew for what reaches far."""

import io
from collections.abc import Callable, Mapping
from datetime import timedelta

import segno
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.change_staff import StaffUnknown
from intake_api.flows.prove_factor import CodeRefused, NothingWaits, TooManyTries, prove_factor, waits_for_code
from intake_api.flows.set_up_factor import begin_factor, confirm_factor, offered_factor, remove_factor, renew_codes
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.passkeys import Passkey, list_passkeys
from intake_api.store.second_factors import count_recovery_codes, has_app, has_factor
from intake_api.store.staff import find_waiting
from intake_api.store.staff_identities import has_identity
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.networks import network_asking
from intake_api.web.review.permits import needs, needs_fresh_factor, person
from intake_api.web.review.session import (
    give_session,
    need_proof,
    need_same_origin,
    open_before_choosing,
    session_token,
)
from intake_api.web.review.sign_in import ONE_ADDRESS, sign_in_page
from intake_api.web.review.tongue import _, _l
from intake_api.web.review.way_back import AFTER_READING, back_once_more, path_back
from intake_api.web.review.words import how_long

second_factor = Blueprint("second_factor", __name__, template_folder="templates")
WRONG_CODE = _l("This code is not good. Each is good once: wait for the next one, or use a recovery code.")
NOT_OF_THE_APP = _l("This code is not of this app. Check that the picture was read, and type the code it shows now.")
BEGIN_AGAIN = _l("That took too long. Sign in again.")


@second_factor.get("/sign-in/code")
@open_to("anyone")
def ask() -> ResponseReturnValue:
    """Ask for the code of a sign-in whose password was right."""
    return code_page() if waits_for_code(door().store, session_token(), now=door().now()) else sign_in_again()


@second_factor.post("/sign-in/code")
@open_to("anyone")
def finish() -> ResponseReturnValue:
    """Take the code: only now there is a session."""
    need_same_origin()
    g.token = session_token()
    need_proof()
    return _proven(code_page, lambda: redirect(url_for("queue.show"), 303), wrong=401)


@second_factor.post("/step-up")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def step_up() -> ResponseReturnValue:
    """Take a code anew, and go back to where it was wanted."""
    back = back_once_more()
    return _proven(
        lambda problem, status, wait=None: step_up_page(back, problem, status=status, wait=wait),
        lambda: redirect(path_back(), 303),
        wrong=422,
    )


@second_factor.get("/account/second-factor")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def show() -> ResponseReturnValue:
    """Show what one's second factor is, or what to set it up with."""
    return own_page()


@second_factor.get("/account/second-factor/picture.svg")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def picture() -> ResponseReturnValue:
    """Give the picture that an app reads; there is none once it is set up."""
    offered = offered_factor(door().store, person(), issuer=_issuer())
    if offered is None:
        raise RequestProblem("not_found")
    drawn = io.BytesIO()
    segno.make(offered.address, micro=False, error="m").save(
        drawn, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return Response(drawn.getvalue(), content_type="image/svg+xml; charset=utf-8")


@second_factor.post("/account/second-factor")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@needs_fresh_factor
@open_before_choosing
def begin() -> ResponseReturnValue:
    """Begin to set a second factor up."""
    begin_factor(door().store, person().id, now=door().now())
    return redirect(url_for("second_factor.show"), 303)


@second_factor.post("/account/second-factor/confirm")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@needs_fresh_factor
@open_before_choosing
def confirm() -> ResponseReturnValue:
    """Take a code of the app: it is the second factor now. The recovery codes are shown this once."""
    here = door()
    try:
        done = confirm_factor(here.store, session_token(), request.form.get("code", ""), now=here.now())
    except CodeRefused:
        return own_page(NOT_OF_THE_APP, status=422)
    except NothingWaits:
        return sign_in_again()
    g.token = done.token
    return give_session(make_response(codes_page(done.codes)), done.token)


@second_factor.post("/account/second-factor/codes")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@needs_fresh_factor
def renew() -> ResponseReturnValue:
    """Give new recovery codes; the old ones are worth nothing."""
    try:
        return codes_page(renew_codes(door().store, person().id, now=door().now()))
    except StaffUnknown:
        raise RequestProblem("not_found") from None


@second_factor.post("/account/second-factor/remove")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@needs_fresh_factor
def remove() -> ResponseReturnValue:
    """Take one's second factor away, as to set up another phone; where one is required, it is asked for at once."""
    try:
        remove_factor(door().store, person().id, actor=f"staff:{person().id}", now=door().now())
    except StaffUnknown:
        raise RequestProblem("not_found") from None
    return redirect(url_for("entrance.show_sign_in"), 303)


def step_up_page(
    back: Mapping[str, str], problem: str = "", *, status: int = 403, wait: timedelta | None = None
) -> Response:
    """Make the page that asks for a code anew. `back` is what its form carries to go on with, by `way_back`."""
    with door().store.reading() as tx:
        keys = list_passkeys(tx, person().id)
        at_company = has_identity(tx, person().id)
    company = door().settings.company
    page = render_template(
        "review/step_up.html",
        back=back,
        many=back["back"] in AFTER_READING,
        company=company.name if company and at_company else "",
        problem=problem,
        passkeys=keys,
    )
    return _waiting(make_response(page, status), wait)


Again = Callable[..., Response]


def _proven(again: Again, go_on: Callable[[], ResponseReturnValue], *, wrong: int) -> ResponseReturnValue:
    here, network = door(), network_asking(v4=ONE_ADDRESS) or "unknown"
    try:
        token = prove_factor(here.store, session_token(), request.form.get("code", ""), network=network, now=here.now())
    except CodeRefused:
        return again(problem=WRONG_CODE, status=wrong)
    except TooManyTries as error:
        said = _("Too many tries. Wait %(wait)s, then try again.", wait=how_long(error.wait))
        return again(problem=said, status=429, wait=error.wait)
    except NothingWaits:
        return sign_in_again()
    return give_session(make_response(go_on()), token)


def code_page(problem: str = "", status: int = 200, wait: timedelta | None = None) -> Response:
    g.token = session_token()
    page = render_template("review/code.html", problem=problem, passkeys=_waiting_passkeys())
    return _waiting(make_response(page, status), wait)


def own_page(problem: str = "", *, status: int = 200) -> Response:
    here = door()
    with here.store.reading() as tx:
        has, left = has_factor(tx, person().id), count_recovery_codes(tx, person().id)
        app, keys = has_app(tx, person().id), list_passkeys(tx, person().id)
    offered = None if app else offered_factor(here.store, person(), issuer=_issuer())
    page = render_template(
        "review/second_factor.html",
        has=has,
        has_app=app,
        passkeys=keys,
        left=left,
        offered=offered,
        required=here.settings.second_factor == "required",
        shown=g.session.factor_at is not None,
        problem=problem,
    )
    return make_response(page, status)


def codes_page(codes: list[str]) -> str:
    return render_template("review/recovery_codes.html", codes=codes)


def sign_in_again() -> Response:
    return sign_in_page(BEGIN_AGAIN, status=401)


def _waiting_passkeys() -> list[Passkey]:
    """Return the passkeys of whoever's sign-in waits at the door."""
    with door().store.reading() as tx:
        session = find_waiting(tx, session_token(), now=door().now())
        return list_passkeys(tx, session.reviewer.id) if session else []


def _waiting(page: Response, wait: timedelta | None) -> Response:
    if wait is not None:
        page.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return page


def _issuer() -> str:
    return door().catalogue.organisation.product
