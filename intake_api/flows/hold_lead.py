"""Hold a lead with all that may be changed beside it: whoever takes back or erases at once waits, or was first."""

from sqlalchemy import Connection

from intake_api.store.confirmations import hold_confirmations
from intake_api.store.deliveries import hold_unsettled
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
