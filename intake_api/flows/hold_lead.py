"""Hold a lead with all that may be changed beside it: whoever takes back or erases at once waits, or was first."""

from sqlalchemy import Connection

from intake_api.store.confirmations import hold_confirmations
from intake_api.store.deliveries import hold_unsettled
from intake_api.store.lead_merges import merged_with
from intake_api.store.leads import Lead, get_lead_by_id


def hold_lead(tx: Connection, lead_id: str) -> Lead:
    """Return the lead as it stands and hold it until the transaction ends.

    Confirmations first, then deliveries, then the lead: pages of a second yes, attempts to deliver and the erasing
    round take them in this order too, so that no two wait for each other.

    :raises LeadUnknown: no such lead.
    """
    hold_confirmations(tx, lead_id)
    hold_unsettled(tx, lead_id)
    return get_lead_by_id(tx, lead_id, hold=True)


def hold_together(tx: Connection, lead_id: str) -> dict[str, Lead]:
    """Hold a lead and all that is merged with it, in the order in which many may be held; return them by their ids.

    :raises LeadUnknown: no such lead.
    """
    held: dict[str, Lead] = {}
    while (ids := {lead_id, *merged_with(tx, lead_id)}) - held.keys():  # again, if one was merged while we waited
        held = {one: hold_lead(tx, one) for one in sorted(ids | held.keys())}
    return {one: held[one] for one in sorted(ids)}
