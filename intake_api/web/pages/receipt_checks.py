"""Check a receipt: anybody may put in the file of one, and reads what it says or what does not stand (P-03).

The file is looked at in memory and forgotten with the answer; nothing of it is kept, counted or logged.
"""

from flask import Blueprint, Response, render_template

from intake_api.store.keyring import signing_keys
from intake_api.verifier import Checked, verify_receipt
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.pages.language import Language, choose_language, other_languages
from intake_api.web.strict_query import read_upload, refuse_query

receipt_check_pages = Blueprint("receipt_check_pages", __name__, template_folder="templates")

FILE = "receipt"


@receipt_check_pages.app_template_filter("moment")
def moment(at: str) -> str:
    """Write a moment of a receipt (RFC 3339, UTC) as pages write it."""
    return f"{at[:10]} {at[11:16]} UTC"


@receipt_check_pages.get("/receipts/verify")
@open_to("anyone")
def get_check() -> Response:
    """Show where a receipt can be put in."""
    return _page(_language())


@receipt_check_pages.post("/receipts/verify")
@open_to("anyone")
def check() -> Response:
    """Say of a receipt what it says, or what of it does not stand."""
    refuse_query()
    sent, file = read_upload(["lang"], FILE)
    language = _language(sent.get("lang", door().catalogue.default_locale))
    if not file:
        return _page(language, missing=True, status=422)
    with door().store.reading() as tx:
        ours = [key.public_key for key in signing_keys(tx) if key.public_key]
    return _page(language, verify_receipt(file, ours))


def _language(asked: str | None = None) -> Language:
    return choose_language(next(iter(door().catalogue.forms)), asked)


def _page(language: Language, checked: Checked | None = None, *, missing: bool = False, status: int = 200) -> Response:
    codes = list(dict.fromkeys(fault.code for fault in checked.faults)) if checked else []
    text = render_template(
        "pages/receipt_check.html",
        language=language,
        languages=other_languages(language),
        checked=checked,
        codes=codes,
        missing=missing,
    )
    return Response(text, status, content_type="text/html; charset=utf-8")
