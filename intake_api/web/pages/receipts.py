"""Thanks and receipt: pages whose address is the secret that opens them (P-01, P-04)."""

from flask import Blueprint, Response, render_template

from intake_api.flows.show_receipt import show_receipt
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.headers import unseen
from intake_api.web.pages.language import Language, words_in

receipt_pages = Blueprint("receipt_pages", __name__, template_folder="templates")


@receipt_pages.get("/thanks/<token>")
@open_to("anyone")
def get_thanks(token: str) -> Response:
    """Say thank you, with the reference, what happens next, and the way to the receipt."""
    return _shown("pages/thanks.html", token)


@receipt_pages.get("/receipts/<token>")
@open_to("anyone")
def get_receipt(token: str) -> Response:
    """Show what was agreed, on which text, and where it stands in the evidence."""
    return _shown("pages/receipt.html", token)


def _shown(template: str, token: str) -> Response:
    receipt = show_receipt(door().store, token)
    locale = receipt.lead.locale
    language = Language(locale, (locale,), True, words_in(locale))
    text = render_template(template, receipt=receipt, notice=receipt.notice, token=token, language=language)
    return unseen(Response(text, content_type="text/html; charset=utf-8"))
