"""Show what a link of a confirmation asks. Looking changes nothing, however often a scanner looks (C-13, W-05)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake_api.flows.state_now import is_changed
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.confirmations import Confirmation, ConfirmationUnknown, get_by_token
from intake_api.store.decisions import current_decisions
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.notices import get_notice_body

__all__ = ["ConfirmationUnknown", "ShownConfirmation", "show_confirmation"]


@dataclass(frozen=True)
class ShownConfirmation:
    """A confirmation with the notice its first yes was given on; nothing the person typed is in it.

    `is_changed` says whether what it asks about was changed materially since: it cannot be confirmed any more (C-17).
    `state` is what the purpose stands at now: a yes that was confirmed may have been taken back since.
    """

    confirmation: Confirmation
    lead: Lead
    notice: Mapping[str, Any]
    is_changed: bool
    state: DecisionState


def show_confirmation(store: Store, token: str) -> ShownConfirmation:
    """Return the confirmation that a token opens.

    :raises ConfirmationUnknown: no such token.
    """
    with store.reading() as tx:
        confirmation = get_by_token(tx, token)
        lead = get_lead_by_id(tx, confirmation.lead_id)
        notice = json.loads(get_notice_body(tx, lead.notice_hash))
        asked = current_decisions(tx, lead.id)[confirmation.purpose]
        return ShownConfirmation(confirmation, lead, notice, is_changed(tx, lead, asked), asked.state)
