"""Take the second yes (C-12): the purpose is given from now on, the data may be kept so long, who has it is told."""

import json
from datetime import datetime

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.keep_longer import keep_longer
from intake_api.flows.record_answer import record_answer
from intake_api.flows.state_now import is_changed
from intake_api.flows.tell_destinations import tell_what_is_allowed
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.confirmations import ConfirmationUnknown, get_by_token, mark_confirmed
from intake_api.store.decisions import current_decisions
from intake_api.store.notices import get_notice_body

__all__ = ["ConfirmationOver", "ConfirmationUnknown", "confirm_decision"]


class ConfirmationOver(Exception):
    """The link of this confirmation works no more: too late, disowned, decided otherwise, or asked otherwise now."""

    code = "confirmation_over"


def confirm_decision(store: Store, token: str, *, now: datetime) -> None:
    """Confirm the first yes that a token belongs to. Once it is confirmed, again changes nothing.

    A first yes to what was changed materially since cannot be confirmed (C-17): the form asks anew, as it now is.

    :raises ConfirmationUnknown: no such token.
    :raises ConfirmationOver: it is too late, or there is no first yes any more.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        confirmation = get_by_token(tx, token, hold=True)
        if confirmation.confirmed_at is not None and confirmation.ended_at is None:
            return
        lead = hold_lead(tx, confirmation.lead_id)
        first = current_decisions(tx, lead.id)[confirmation.purpose]
        is_asked = first.state is DecisionState.REQUESTED and not is_changed(tx, lead, first)
        if not confirmation.is_open(now) or not is_asked:
            raise ConfirmationOver("This link is over.")
        notice = json.loads(get_notice_body(tx, lead.notice_hash))
        record_answer(
            tx,
            "consent.confirmed",
            lead,
            confirmation,
            first,
            DecisionState.GIVEN,
            button=notice["texts"]["confirmation.button"],
            facts={"first": first.evidence_entry, "notice": lead.notice_hash},
            now=now,
        )
        mark_confirmed(tx, confirmation.id, now=now)
        keep_longer(tx, lead, now=now)
        tell_what_is_allowed(tx, lead, notice, [confirmation.purpose], now=now)
