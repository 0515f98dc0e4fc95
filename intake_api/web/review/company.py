"""Signing in with the company's account: to the provider and back, or there again to show the factors anew.

What a sign-in is asked with hangs on a cookie of this browser and is kept nowhere; coming back changes nothing by
itself (SEC-11): the page that stands there sends the answer on, from our own origin, with our own cookies.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from intake_api.flows.sign_in_by_company import (
    CodeRefused,
    NothingWaits,
    SignInRefused,
    prove_by_company,
    sign_in_by_company,
)
from intake_api.log import event
from intake_api.openid.provider import Identity, Provider, ProviderUnavailable, Question, TokenRefused
from intake_api.rules.staff_roles import StaffAct
from intake_api.settings import CompanySignIn
from intake_api.store.staff_identities import ASKED_FOR
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.permits import needs
from intake_api.web.review.second_factor import BEGIN_AGAIN
from intake_api.web.review.session import (
    give_session,
    is_secure,
    need_same_origin,
    open_before_choosing,
    session_token,
)
from intake_api.web.review.sign_in import after_sign_in, sign_in_page, with_a_slot
from intake_api.web.review.tongue import _l
from intake_api.web.review.way_back import back_of, path_back_of

company = Blueprint("company", __name__, template_folder="templates")
PROVIDER = "vestibule.company"
BACK = "/sign-in/company/back"
SECURE_COOKIE, PLAIN_COOKIE = "__Host-vestibule-company", "vestibule-company"
LONGEST = 4096  # of a code, as of a cookie
NOT_KNOWN = _l("That did not let you in. Sign in with the account you were invited with, or ask whoever invited you.")
NOT_REACHED = _l("Your company's sign-in does not answer. Try again in a minute.")
NOT_SHOWN = _l("No second factor was shown there just now. Try again, or type a code.")


@dataclass(frozen=True)
class Asked:
    """One way to the provider and back: when it began, and where it leads to in the end."""

    at: datetime
    question: Question
    back: Mapping[str, str]


def open_company(app: Flask, settings: CompanySignIn | None, review_url: str) -> None:
    """Give the app the provider, if there is one."""
    app.extensions[PROVIDER] = Provider(settings, review_url + BACK) if settings else None


@company.get("/sign-in/company")
@open_to("anyone")
def begin() -> ResponseReturnValue:
    """Send a person to the provider to sign in."""
    return _sent_there({"lead": request.args.get("lead", "")}, anew=False)


@company.get("/step-up/company")
@open_to("staff")
@needs(StaffAct.OWN_ACCOUNT)
@open_before_choosing
def step_up() -> ResponseReturnValue:
    """Send a person to the provider to show the factors anew."""
    return _sent_there(back_of(request.args), anew=True)


@company.get(BACK)
@open_to("anyone")
def come_back() -> ResponseReturnValue:
    """Show the page that sends the answer on. Looking changes nothing."""
    _provider()
    answer = {name: request.args.get(name, "") for name in ("code", "state", "iss")}
    if not answer["code"] or max(map(len, answer.values())) > LONGEST:
        event("security.company_refused", reason="not_let_in")
        return sign_in_page(NOT_KNOWN, status=401)
    return render_template("review/company_back.html", answer=answer)


@company.post("/sign-in/company/finish")
@open_to("anyone")
def finish() -> ResponseReturnValue:
    """Take the answer: sign in, or go on with what a fresh factor was wanted for."""
    provider = _provider()
    need_same_origin()
    asked = _asked(request.cookies.get(_cookie_name(), ""), request.form.get("state", ""))
    if asked is None:
        event("security.company_refused", reason="not_asked")
        return _done(sign_in_page(BEGIN_AGAIN, status=401))
    code, said_issuer = request.form.get("code", "")[:LONGEST], request.form.get("iss") or None
    with with_a_slot() as free:
        if not free:
            return sign_in_page(NOT_REACHED, status=429)
        try:
            identity = provider.redeem(code, asked.question, said_issuer=said_issuer, now=door().now())
        except TokenRefused as error:
            event("security.company_refused", reason=error.reason)
            return _done(_refused(asked))
        except ProviderUnavailable:
            event("company.unavailable")
            return _done(sign_in_page(NOT_REACHED, status=503))
    return _done(_stepped_up(asked, identity) if asked.question.anew else _signed_in(asked, identity))


def _signed_in(asked: Asked, identity: Identity) -> Response:
    here = door()
    try:
        signed_in = sign_in_by_company(
            here.store, identity, asked.question.state, old_token=session_token(), now=here.now()
        )
    except SignInRefused:
        event("security.company_refused", reason="nobody")
        return _refused(asked)
    target = url_for("second_factor.ask") if signed_in.waits_for_code else after_sign_in(asked.back.get("lead", ""))
    return give_session(make_response(redirect(target, 303)), signed_in.token)


def _stepped_up(asked: Asked, identity: Identity) -> Response:
    here, answer = door(), asked.question.state
    try:
        token = prove_by_company(here.store, session_token(), identity, answer, asked_at=asked.at, now=here.now())
    except (CodeRefused, NothingWaits):
        return _refused(asked)
    return give_session(make_response(redirect(path_back_of(asked.back), 303)), token)


def _refused(asked: Asked) -> Response:
    """Say that it did not work, in the same words whatever the reason."""
    return sign_in_page(NOT_SHOWN if asked.question.anew else NOT_KNOWN, status=401)


def _sent_there(back: Mapping[str, str], *, anew: bool) -> Response:
    provider, here = _provider(), door()
    payload = base64.urlsafe_b64encode(json.dumps({"back": dict(back), "anew": anew}).encode()).decode()
    cookie = f"{secrets.token_urlsafe(32)}.{int(here.now().timestamp())}.{payload}"
    if len(cookie) > LONGEST:
        raise RequestProblem("request_malformed")
    try:
        where = provider.address(_question(cookie, anew=anew), now=here.now())
    except ProviderUnavailable:
        event("company.unavailable")
        return sign_in_page(NOT_REACHED, status=503)
    response = make_response(redirect(where, 303))
    lasts = int(ASKED_FOR.total_seconds())
    response.set_cookie(
        _cookie_name(), cookie, max_age=lasts, secure=is_secure(), httponly=True, samesite="Strict", path="/"
    )
    return response


def _asked(cookie: str, state: str) -> Asked | None:
    """Return what this browser was sent there with; None if it was not, too long ago, or the answer is another's."""
    if not hmac.compare_digest(_question(cookie).state.encode(), state.encode()):
        return None
    _, began, payload = cookie.split(".")  # our own, as the state says, which only we can make
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload))
    at = datetime.fromtimestamp(int(began), UTC)
    if not timedelta(0) <= door().now() - at <= ASKED_FOR:
        return None
    return Asked(at, _question(cookie, anew=said["anew"]), said["back"])


def _question(cookie: str, *, anew: bool = False) -> Question:
    """Return what a cookie stands for: nobody can make one of them without our key."""
    key = door().settings.secrets.token_key

    def made(what: str) -> str:
        digest = hmac.digest(key, f"company sign-in|{what}|{cookie}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    return Question(made("state"), made("nonce"), made("verifier"), anew)


def _done(response: Response) -> Response:
    response.delete_cookie(_cookie_name(), secure=is_secure(), httponly=True, samesite="Strict")
    return response


def _provider() -> Provider:
    provider: Provider | None = current_app.extensions[PROVIDER]
    if provider is None:
        raise RequestProblem("not_found")
    return provider


def _cookie_name() -> str:
    return SECURE_COOKIE if is_secure() else PLAIN_COOKIE
