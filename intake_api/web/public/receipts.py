"""Give a visitor their receipt as JSON, and as a signed file to keep (P-01 to P-04, P-06)."""

from flask import Blueprint, Response

from intake_api.clock import rfc3339
from intake_api.flows.issue_receipt import Receipts, issue_receipt
from intake_api.flows.open_store import signer_of
from intake_api.flows.show_receipt import ShownReceipt, show_receipt
from intake_api.store.keyring import RECEIPTS
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.headers import unseen
from intake_api.web.strict_query import refuse_query

receipts = Blueprint("receipts", __name__)

SIGNED_TYPE = "application/ld+json"


@receipts.get("/v1/receipts/<token>")
@open_to("anyone", "service")
def get_receipt(token: str) -> Response:
    """Return the receipt that a token opens."""
    refuse_query()
    here = door()
    return unseen(json_answer(_receipt(show_receipt(here.store, token), token, here.settings.public_url)))


@receipts.get("/v1/receipts/<token>.jsonld")
@open_to("anyone", "service")
def get_signed_receipt(token: str) -> Response:
    """Return the receipt as a file that verifies by itself."""
    refuse_query()
    here = door()
    signer = signer_of(here.settings, RECEIPTS)
    reference, receipt = issue_receipt(here.store, Receipts(signer, here.settings.public_url), token, now=here.now())
    response = Response(receipt, content_type=SIGNED_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{reference}.jsonld"'
    return unseen(response)


def _receipt(shown: ShownReceipt, token: str, public_url: str) -> dict[str, object]:
    lead, entry = shown.lead, shown.entry
    return {
        "reference": lead.reference,
        "form": lead.form,
        "locale": lead.locale,
        "channel": lead.channel,
        "received_at": rfc3339(lead.received_at),
        "decisions": [
            {
                "purpose": decision.purpose,
                "state": decision.state.value,
                "basis": decision.basis,
                "control": decision.control,
                "decided_at": rfc3339(decision.decided_at),
            }
            for decision in shown.decisions
        ],
        "signed": f"{public_url}/v1/receipts/{token}.jsonld",
        "notice": {
            "hash": lead.notice_hash,
            "url": f"{public_url}/v1/notices/{lead.notice_hash}",
            "document": shown.notice,
        },
        "evidence": {"entry": entry.id, "leaf_hash": entry.leaf_hash.hex(), "position": entry.position},
    }
