"""Believe whoever says "this was not me": all that was sent with their address is erased at once (C-14)."""

import json
from datetime import datetime

from intake_api.flows.confirm_decision import ConfirmationOver
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.record_answer import record_answer
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.confirmations import Confirmation, ConfirmationUnknown, get_by_token
from intake_api.store.decisions import current_decisions
from intake_api.store.deliveries import hold_unsettled
from intake_api.store.leads import get_lead_by_id
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import is_erased

__all__ = ["ConfirmationOver", "ConfirmationUnknown", "disown_decision", "may_disown"]


def may_disown(confirmation: Confirmation, now: datetime) -> bool:
    """Say whether a link still takes this answer: until the first yes has ended, or the second is three days old.

    Longer than it takes a yes: what erases needs less caution than what permits.
    """
    if confirmation.ended_at is not None:
        return False
    return confirmation.confirmed_at is None or now < confirmation.expires_at


def disown_decision(store: Store, token: str, *, now: datetime) -> None:
    """Erase the lead that a token belongs to; the evidence keeps that its address was disowned. Again is no harm.

    :raises ConfirmationUnknown: no such token.
    :raises ConfirmationOver: the yes has ended meanwhile, and what was held for it alone is gone.
    :raises StoreUnavailable: nothing was erased.
    """
    with store.writing() as tx:
        confirmation = get_by_token(tx, token, hold=True)
        hold_unsettled(tx, confirmation.lead_id)
        lead = get_lead_by_id(tx, confirmation.lead_id, hold=True)
        if is_erased(tx, lead.subject_id):
            return
        if not may_disown(confirmation, now):
            raise ConfirmationOver("This link is over.")
        before = current_decisions(tx, lead.id)[confirmation.purpose]
        after = DecisionState.WITHDRAWN if before.state is DecisionState.GIVEN else DecisionState.REFUSED
        record_answer(
            tx,
            "consent.disowned",
            lead,
            confirmation,
            before,
            after,
            button=json.loads(get_notice_body(tx, lead.notice_hash))["texts"]["confirmation.disown_button"],
            facts={"from": before.state.value, "to": after.value},
            now=now,
        )
        erase_lead(tx, lead, actor="subject", why="disowned", now=now)
