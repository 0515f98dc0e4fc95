"""Thanks and receipt: pages whose address is the secret that opens them, takes back and erases (P-01, P-04, P-06)."""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, render_template, request, url_for

from intake_api.catalogue.definitions import ACT
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.list_downloads import list_downloads
from intake_api.flows.show_receipt import ReceiptErased, ShownReceipt, show_receipt
from intake_api.flows.show_told import told_of_leads
from intake_api.flows.withdraw_by_receipt import PurposeUnknown, withdraw_by_receipt
from intake_api.rules.sensitive_text import LEFT_OUT_CODES
from intake_api.web.access import from_untold_pages, open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.headers import unseen
from intake_api.web.pages.language import only_in, words_in
from intake_api.web.strict_query import read_form_if_sent, refuse_query

receipt_pages = Blueprint("receipt_pages", __name__, template_folder="templates")


@receipt_pages.errorhandler(ReceiptErased)
def tell_it_is_erased(error: ReceiptErased) -> Response:
    """Say when it was erased, and who was told of it."""
    language = only_in(error.locale)
    told = told_of_leads(door().store, [error.lead_id])
    contact = door().catalogue.organisation.email
    text = render_template("pages/erased.html", erased_at=error.at, language=language, told=told, contact=contact)
    return unseen(Response(text, 410, content_type="text/html; charset=utf-8"))


@receipt_pages.get("/thanks/<token>")
@open_to("anyone")
def get_thanks(token: str) -> Response:
    """Say thank you, with the reference, what happens next, what was left out, and the way to the receipt.

    `?left_out=` names the codes of what was left out: they stand in this address only, since they are not kept.
    """
    return thanks_page(token, request.args.get("left_out", "").split("."))


def thanks_page(token: str, left_out: Sequence[str]) -> Response:
    """Make the page of thanks for a receipt that is there."""
    receipt = _shown(token)
    downloads = list_downloads(door().store, door().catalogue, token)
    told = _left_out(receipt.lead.locale, left_out)
    return _page("pages/thanks.html", receipt, token, left_out=told, downloads=downloads)


@receipt_pages.get("/receipts/<token>")
@open_to("anyone")
def get_receipt(token: str) -> Response:
    """Show what was agreed, on which text, and where it stands in the evidence; with buttons to take it back."""
    receipt = _shown(token)
    told = told_of_leads(door().store, [receipt.lead.id])
    return _page("pages/receipt.html", receipt, token, told=told, contact=door().catalogue.organisation.email)


@receipt_pages.post("/receipts/<token>/withdraw")
@open_to("anyone")
@from_untold_pages
def withdraw(token: str) -> Response:
    """Take back one purpose, or every yes: one press, as the yes was (W-01)."""
    refuse_query()
    purpose = read_form_if_sent(["purpose"]).get("purpose")
    purposes = None if purpose is None else [purpose]
    try:
        withdraw_by_receipt(door().store, token, purposes, words=_pressed(_shown(token), purpose), now=door().now())
    except PurposeUnknown:
        raise RequestProblem("decision_invalid") from None
    return _go_back(token)


@receipt_pages.get("/receipts/<token>/erase")
@open_to("anyone")
def get_erasing(token: str) -> Response:
    """Show what erasing does, and a button for it: it cannot be taken back, so it is asked once more."""
    return _page("pages/erase.html", _shown(token), token)


@receipt_pages.post("/receipts/<token>/erase")
@open_to("anyone")
@from_untold_pages
def erase(token: str) -> Response:
    """Erase at once what was sent."""
    refuse_query()
    read_form_if_sent([])
    erase_by_receipt(door().store, token, now=door().now())
    return _go_back(token)


def _pressed(shown: ShownReceipt, purpose: str | None) -> str:
    """Return the words on the button that was pressed."""
    words = words_in(shown.lead.locale)["receipt"]
    if purpose is None:
        return str(words["take_back_all"])
    is_act = any(one["id"] == purpose and one["control"] == ACT for one in shown.notice["purposes"])
    return str(words["stop" if is_act else "take_back"])


def _go_back(token: str) -> Response:
    """Go on to the receipt as it stands now: a reload of that page sends nothing twice."""
    return unseen(redirect(url_for("receipt_pages.get_receipt", token=token), 303))  # type: ignore[arg-type]


def _shown(token: str) -> ShownReceipt:
    return show_receipt(door().store, token)


def _left_out(locale: str, named: Sequence[str]) -> list[dict[str, str]]:
    free_texts = door().catalogue.free_texts.get(locale)
    return free_texts.told(code for code in LEFT_OUT_CODES if code in named) if free_texts else []


def _page(template: str, receipt: ShownReceipt, token: str, **more: object) -> Response:
    language = only_in(receipt.lead.locale)
    text = render_template(template, receipt=receipt, notice=receipt.notice, token=token, language=language, **more)
    return unseen(Response(text, content_type="text/html; charset=utf-8"))
