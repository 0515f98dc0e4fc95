"""Passkeys: made on one's own page, shown to finish a sign-in or anew. Codes do the same without a script."""

from collections.abc import Callable

from flask import Blueprint, Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.prove_factor import CodeRefused, NothingWaits
from intake_api.flows.use_passkey import Place, add_passkey, ask_for_passkey, offer_passkey, prove_passkey
from intake_api.rules.staff_roles import StaffAct
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.permits import needs, needs_fresh_factor
from intake_api.web.review.second_factor import (
    code_page,
    codes_page,
    own_page,
    sign_in_again,
    step_up_page,
)
from intake_api.web.review.session import (
    give_session,
    need_proof,
    need_same_origin,
    open_before_choosing,
    session_token,
)
from intake_api.web.review.tongue import _l
from intake_api.web.review.way_back import back_once_more, path_back

passkeys = Blueprint("passkeys", __name__)
NOT_TAKEN = _l("This passkey was not taken. Try again, or use a code.")


@passkeys.post("/account/passkeys/options")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def offer() -> ResponseReturnValue:
    """Give a browser what it needs to make a passkey."""
    return _options(lambda place: offer_passkey(door().store, session_token(), place, now=door().now()))


@passkeys.post("/account/passkeys")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@needs_fresh_factor
@open_before_choosing
def add() -> ResponseReturnValue:
    """Keep a passkey; the first factor brings recovery codes, shown this once."""
    here, credential = door(), request.form.get("credential", "")
    try:
        done = add_passkey(here.store, session_token(), credential, _place(), now=here.now())
    except CodeRefused:
        return own_page(NOT_TAKEN, status=422)
    except NothingWaits:
        return sign_in_again()
    g.token = done.token
    page = codes_page(done.codes) if done.codes else redirect(url_for("second_factor.show"), 303)
    return give_session(make_response(page), done.token)


@passkeys.post("/sign-in/passkey/options")
@open_to("anyone")
def ask() -> ResponseReturnValue:
    """Give a browser what it needs to show a passkey."""
    _need_our_form()
    return _options(lambda place: ask_for_passkey(door().store, session_token(), place, now=door().now()))


@passkeys.post("/sign-in/passkey")
@open_to("anyone")
def finish() -> ResponseReturnValue:
    """Take a passkey: only now there is a session."""
    _need_our_form()
    return _proven(lambda: code_page(NOT_TAKEN, 401), url_for("queue.show"))


@passkeys.post("/step-up/passkey")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def step_up() -> ResponseReturnValue:
    """Take a passkey anew, and go back to where it was wanted."""
    back = back_once_more()
    return _proven(lambda: step_up_page(back, NOT_TAKEN, status=422), path_back())


def _proven(again: Callable[[], Response], go_on: str) -> ResponseReturnValue:
    here, credential = door(), request.form.get("credential", "")
    try:
        token = prove_passkey(here.store, session_token(), credential, _place(), now=here.now())
    except CodeRefused:
        return again()
    except NothingWaits:
        return sign_in_again()
    return give_session(redirect(go_on, 303), token)


def _options(make: Callable[[Place], str]) -> Response:
    try:
        return Response(make(_place()), content_type="application/json")
    except NothingWaits:
        raise RequestProblem("unauthorised") from None


def _need_our_form() -> None:
    need_same_origin()
    g.token = session_token()
    need_proof()


def _place() -> Place:
    """Return where passkeys are good. The host name was checked against the allow-list before (SEC-19)."""
    here = door()
    origins = tuple(dict.fromkeys((here.origin, request.host_url.rstrip("/"))))
    return Place(request.host.partition(":")[0], origins, here.catalogue.organisation.product)
