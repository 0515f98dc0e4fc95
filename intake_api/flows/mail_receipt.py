"""Mail somebody their receipt once their address is confirmed, and to no other address (P-01)."""

from datetime import datetime

from intake_api.flows.write_letter import write_about_lead
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.confirmations import ConfirmationUnknown, get_by_token
from intake_api.store.leads import get_lead_by_id
from intake_api.store.letters import LetterKind, list_letters

__all__ = ["ConfirmationUnknown", "mail_receipt"]


def mail_receipt(store: Store, queue: Queue, token: str, *, now: datetime) -> None:
    """Queue the receipt of the lead that a confirmation belongs to: once, however much of it is confirmed.

    :raises ConfirmationUnknown: no such token.
    :raises StoreUnavailable: nothing was written.
    """
    queue.load()
    with store.writing() as tx:
        confirmation = get_by_token(tx, token, hold=True)
        lead = get_lead_by_id(tx, confirmation.lead_id)
        is_confirmed = confirmation.confirmed_at is not None and confirmation.ended_at is None
        if not is_confirmed or lead.state is LeadState.ERASED or list_letters(tx, LetterKind.RECEIPT, lead_id=lead.id):
            return
        write_about_lead(tx, store, queue, lead, LetterKind.RECEIPT, {}, now=now)
