"""Who is at the review door: the cookie, the guard of its routes, and the proof that a form came from our own page."""

import base64
import hmac
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from intake_api.flows.keep_session import keep_session
from intake_api.store.staff import ABSOLUTE, Reviewer
from intake_api.web.access import CHANGING
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem

SECURE_COOKIE = "__Host-vestibule"
PLAIN_COOKIE = "vestibule"  # for http on loopback only, where a browser and other HTTP clients would drop the other one
BEFORE_CHOOSING = "vestibule_before_choosing"
BY_ITSELF = "vestibule_by_itself"
View = TypeVar("View", bound=Callable[..., object])


def need_reviewer() -> None:
    """Guard the review door: an open session, and for each change the proof that our own page sent it (SEC-04, SEC-11).

    :raises RequestProblem: `unauthorised` or `form_not_ours`.
    """
    g.token = request.cookies.get(_cookie_name(), "")
    by_itself = getattr(current_app.view_functions.get(request.endpoint or ""), BY_ITSELF, False)
    g.session = keep_session(door().store, g.token, by_itself=by_itself, now=door().now()) if g.token else None
    g.reviewer = g.session.reviewer if g.session else None
    if g.reviewer is None:
        raise RequestProblem("unauthorised")
    if request.method in CHANGING:
        need_same_origin()
        need_proof()


def need_proof() -> None:
    """Refuse a form that is not of the present session, which stands in `g.token`.

    :raises RequestProblem: `form_not_ours`.
    """
    if not hmac.compare_digest(request.form.get("proof", "").encode(), form_proof().encode()):
        raise RequestProblem("form_not_ours")


def need_same_origin() -> None:
    """Refuse a change that does not come from a page of this door.

    Every browser says where a form comes from. Who says nothing is no browser and carries nobody's cookie along; that
    is let in over plain http, where only development runs, and nowhere else.

    :raises RequestProblem: `form_not_ours`.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = (door().origin, request.host_url.rstrip("/"))
    foreign = site not in (None, "same-origin") or (origin is not None and origin not in ours)
    if foreign or (site is None and origin is None and is_secure()):
        raise RequestProblem("form_not_ours")


def form_proof() -> str:
    """Return what a form of the present session carries: nobody can make it without the session and our key."""
    return _proof(g.token)


def reviewer() -> Reviewer:
    """Return who is signed in; only behind the guard."""
    person: Reviewer = g.reviewer
    return person


def session_token() -> str:
    """Return the token of the present session, or an empty text."""
    return request.cookies.get(_cookie_name(), "")


def give_session(response: Response, token: str) -> Response:
    """Give the browser the cookie of a session (SEC-05)."""
    secure = is_secure()
    response.set_cookie(_cookie_name(), token, max_age=ABSOLUTE, secure=secure, httponly=True, samesite="Strict")
    return response


def take_session(response: Response) -> Response:
    """Take the cookie away."""
    response.delete_cookie(_cookie_name(), secure=is_secure(), httponly=True, samesite="Strict")
    return response


def is_secure() -> bool:
    """Tell whether this door is reached by https."""
    return door().origin.startswith("https:")


def open_before_choosing(view: View) -> View:
    """Open a view also to people who still have the printed password, or lack the second factor that is required."""
    setattr(view, BEFORE_CHOOSING, True)
    return view


def asked_by_itself(view: View) -> View:
    """Let a view that a page asks without anybody's click keep no session from going idle (SEC-04)."""
    setattr(view, BY_ITSELF, True)
    return view


def ask_for_what_is_missing(app: Flask) -> None:
    """Send people to choose a password of their own, and to set up their second factor where one is required, before
    anything else; call after `guard_routes`.
    """

    @app.before_request
    def choose_first() -> ResponseReturnValue | None:
        person: Reviewer | None = g.get("reviewer")
        view = app.view_functions.get(request.endpoint or "")
        if person is None or getattr(view, BEFORE_CHOOSING, False):
            return None
        if person.one_time:
            return redirect(url_for("entrance.show_choice"), 303)
        if door().settings.second_factor == "required" and g.session.factor_at is None:
            return redirect(url_for("second_factor.show"), 303)
        return None


def _cookie_name() -> str:
    return SECURE_COOKIE if is_secure() else PLAIN_COOKIE


def _proof(token: str) -> str:
    key = door().settings.secrets.token_key
    return base64.urlsafe_b64encode(hmac.digest(key, b"review form|" + token.encode(), "sha256")).decode()
