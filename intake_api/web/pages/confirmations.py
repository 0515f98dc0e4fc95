"""The page a confirmation's mail leads to. Looking at it changes nothing, pressing its button does (C-13, W-05)."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template

from intake_api.flows.confirm_decision import ConfirmationOver, ConfirmationUnknown, confirm_decision
from intake_api.flows.disown_decision import disown_decision, may_disown
from intake_api.flows.mail_receipt import mail_receipt
from intake_api.flows.show_confirmation import ShownConfirmation, show_confirmation
from intake_api.rules.lead_state import LeadState
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.pages.language import only_in
from intake_api.web.strict_query import read_form_if_sent, refuse_query

confirmation_pages = Blueprint("confirmation_pages", __name__, template_folder="templates")

TOKEN = re.compile("[0-9a-f]{32}-[A-Za-z0-9_-]{32}")
ASK, CONFIRMED, OVER = "pages/confirm.html", "pages/confirmed.html", "pages/confirm_over.html"
ASK_DISOWN, DISOWNED = "pages/disown.html", "pages/disowned.html"


@confirmation_pages.url_value_preprocessor
def _know_a_token_by_its_shape(_endpoint: str | None, values: Mapping[str, Any] | None) -> None:
    """Ask the store for nothing that cannot be a token: it may not be able to take it."""
    if values and not TOKEN.fullmatch(values["token"]):
        raise RequestProblem("not_found")


@confirmation_pages.get("/confirm/<token>")
@open_to("anyone")
def get_confirmation(token: str) -> Response:
    """Show what is asked: the purpose, on which notice, and a button for the yes."""
    shown = _shown(token)
    if shown.confirmation.is_open(door().now()) and not shown.is_changed:
        return _page(ASK, shown, token)
    is_given = shown.confirmation.confirmed_at is not None and shown.confirmation.ended_at is None
    return _page(CONFIRMED, shown, token) if is_given else _page(OVER, shown, token, 410)


@confirmation_pages.post("/confirm/<token>")
@open_to("anyone")
def confirm(token: str) -> Response:
    """Take the second yes."""
    _take_nothing()
    here = door()
    try:
        confirm_decision(here.store, token, now=here.now())
    except ConfirmationUnknown:
        raise RequestProblem("not_found") from None
    except ConfirmationOver:
        return _page(OVER, _shown(token), token, 410)
    mail_receipt(here.store, here.queue, token, now=here.now())
    return _page(CONFIRMED, _shown(token), token)


@confirmation_pages.get("/confirm/<token>/not-me")
@open_to("anyone")
def get_disowning(token: str) -> Response:
    """Show what "this was not me" does, and a button for it."""
    shown = _shown(token)
    if shown.lead.state is LeadState.ERASED:
        return _page(DISOWNED, shown, token)
    return _page(ASK_DISOWN, shown, token) if may_disown(shown.confirmation, door().now()) else _over(shown, token)


@confirmation_pages.post("/confirm/<token>/not-me")
@open_to("anyone")
def disown(token: str) -> Response:
    """Erase at once what was sent with this address (C-14)."""
    _take_nothing()
    here = door()
    try:
        disown_decision(here.store, token, now=here.now())
    except ConfirmationUnknown:
        raise RequestProblem("not_found") from None
    except ConfirmationOver:
        return _over(_shown(token), token)
    return _page(DISOWNED, _shown(token), token)


def _take_nothing() -> None:
    """Take the press of a bare button: an empty form, or no body at all.

    :raises RequestProblem: something was sent along.
    """
    refuse_query()
    read_form_if_sent([])


def _shown(token: str) -> ShownConfirmation:
    try:
        return show_confirmation(door().store, token)
    except ConfirmationUnknown:
        raise RequestProblem("not_found") from None


def _over(shown: ShownConfirmation, token: str) -> Response:
    return _page(OVER, shown, token, 410)


def _page(template: str, shown: ShownConfirmation, token: str, status: int = 200) -> Response:
    """Answer in the language of the notice. The address is a secret, so no search engine may keep it.

    It is told to nobody else either: `same-origin` stands for all pages. `no-referrer` would make the browser send the
    button's request as one of an unknown site, which is refused (SEC-12).
    """
    said = {name.partition(".")[2]: text for name, text in shown.notice["texts"].items() if "confirmation." in name}
    text = render_template(
        template, said=said, confirmation=shown.confirmation, lead=shown.lead, notice=shown.notice, state=shown.state,
        token=token, language=only_in(shown.lead.locale),
    )  # fmt: skip
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
