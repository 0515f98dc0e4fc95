"""Take a lead in hand as a reviewer saw it: who decides has seen what is decided about."""

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted, get_lead


def lead_as_seen(tx: Connection, reference: str, seen_version: int, *, hold: bool = False) -> Lead:
    """Return the lead if it is as it was seen; with `hold`, with all that may be changed beside it (`hold_lead`).

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`; the first of two reviewers wins.
    """
    lead = get_lead(tx, reference)
    if hold:
        lead = hold_lead(tx, lead.id)
    if lead.is_restricted:
        raise LeadRestricted("The person asked that this lead be kept and not used.")
    if lead.version != seen_version:
        raise LeadChanged("Somebody else has just changed this lead. Look at it again before you decide.")
    return lead
