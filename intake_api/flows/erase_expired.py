"""Erase leads whose time is over, as every notice promised, whatever became of them (Q-01)."""

from datetime import datetime

from intake_api.flows.erase_lead import erase_lead
from intake_api.log import event
from intake_api.store.base import Store
from intake_api.store.confirmations import hold_confirmations
from intake_api.store.deliveries import hold_unsettled
from intake_api.store.lead_lists import find_expired
from intake_api.store.leads import hold_expired

BATCH = 100


def erase_expired(store: Store, *, now: datetime, batch: int = BATCH) -> int:
    """Erase all leads past their `delete_after`, one transaction each; return how many.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    erased = 0
    while True:
        with store.reading() as tx:
            expired = find_expired(tx, now=now, limit=batch)
        if not expired:
            return erased
        erased += sum(_erase(store, lead_id, now=now) for lead_id in expired)


def _erase(store: Store, lead_id: str, *, now: datetime) -> bool:
    with store.writing() as tx:
        # The pages of a second yes hold these first, too: a yes of this moment prolongs the lead, or is too late.
        hold_confirmations(tx, lead_id)
        hold_unsettled(tx, lead_id)
        lead = hold_expired(tx, lead_id, now=now)
        if lead is None:
            return False  # another worker erased it, or a second yes made it stay
        erase_lead(tx, lead, actor="system", why="retention", now=now)
    event("lead.erased", lead=lead.id, why="retention")
    return True
