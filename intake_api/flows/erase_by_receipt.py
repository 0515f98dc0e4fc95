"""Erase, with a receipt in hand, what was sent. It tells nobody anything, so the receipt is proof enough."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.hold_lead import hold_together
from intake_api.flows.receipt_token import read_receipt_token
from intake_api.flows.withdraw_by_receipt import is_proven
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.deliveries import list_reached
from intake_api.store.leads import LeadUnknown, get_lead_by_receipt
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import erased_at

__all__ = ["Erased", "LeadUnknown", "erase_by_receipt"]


@dataclass(frozen=True)
class Erased:
    """What is gone: on which notice it was sent, when it went, and the ids of the recipients who had it before."""

    locale: str
    at: datetime
    notice: Mapping[str, Any]
    recipients: list[str]


def erase_by_receipt(store: Store, token: str, *, now: datetime) -> Erased:
    """Erase the lead that a receipt belongs to. Saying it again gets the same answer.

    Was its address confirmed, all that is merged with it goes, too. Anybody can type an address: by another receipt
    that lead alone goes.

    A delivery that is in a worker's hands at this moment may still arrive, and is on the record then; one that waits
    finds nothing to send.

    :raises LeadUnknown: no such receipt.
    :raises StoreUnavailable: nothing was erased.
    """
    with store.writing() as tx:
        known = get_lead_by_receipt(tx, *read_receipt_token(token))
        held = hold_together(tx, known.id)
        lead = held[known.id]
        gone = list(held.values()) if is_proven(tx, lead) else [lead]
        for one in gone:
            if one.state is not LeadState.ERASED:
                erase_lead(tx, one, actor="subject", why="asked", now=now)
        notice = json.loads(get_notice_body(tx, lead.notice_hash))
        gone_at = erased_at(tx, lead.subject_id) or now
        recipients = sorted({recipient for one in gone for recipient in list_reached(tx, one.id)})
        return Erased(lead.locale, gone_at, notice, recipients)
