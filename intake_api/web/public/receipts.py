"""Give a visitor their receipt as JSON (P-01, P-04)."""

from flask import Blueprint, Response

from intake_api.clock import rfc3339
from intake_api.flows.show_receipt import ShownReceipt, show_receipt
from intake_api.rules.lead_state import LeadState
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.headers import unseen
from intake_api.web.strict_query import refuse_query

receipts = Blueprint("receipts", __name__)


@receipts.get("/v1/receipts/<token>")
@open_to("anyone", "service")
def get_receipt(token: str) -> Response:
    """Return the receipt that a token opens."""
    refuse_query()
    here = door()
    return unseen(json_answer(_receipt(show_receipt(here.store, token), here.settings.public_url)))


def _receipt(shown: ShownReceipt, public_url: str) -> dict[str, object]:
    lead, entry = shown.lead, shown.entry
    return {
        "reference": lead.reference,
        "form": lead.form,
        "locale": lead.locale,
        "channel": lead.channel,
        "received_at": rfc3339(lead.received_at),
        "erased": lead.state is LeadState.ERASED,
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
        "notice": {
            "hash": lead.notice_hash,
            "url": f"{public_url}/v1/notices/{lead.notice_hash}",
            "document": shown.notice,
        },
        "evidence": {"entry": entry.id, "leaf_hash": entry.leaf_hash.hex(), "position": entry.position},
    }
