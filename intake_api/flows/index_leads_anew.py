"""Make every blind index again: with the index key in use, of all that is found by words today."""

from intake_api.flows.hold_lead import hold_lead
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.lead_index import index_anew
from intake_api.store.lead_lists import ids_not_erased
from intake_api.store.leads import open_values

BATCH = 200


def index_leads_anew(store: Store) -> int:
    """Index each lead by itself, so that the house stays open: erasing one waits, or was first. Return how many.

    Nothing is shown to anybody. Safe to repeat, also after it was stopped.

    :raises StoreUnavailable: what is done is done; run it again.
    """
    last, renewed = "", 0
    while True:
        with store.reading() as tx:
            ids = ids_not_erased(tx, after=last, limit=BATCH)
        if not ids:
            return renewed
        for lead_id in ids:
            with store.writing() as tx:
                lead = hold_lead(tx, lead_id)
                if lead.state is not LeadState.ERASED:
                    values = open_values(tx, store.vault, lead)
                    index_anew(tx, store.vault, lead.id, values)
                    renewed += 1
        last = ids[-1]
