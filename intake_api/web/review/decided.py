"""What a reviewer has just decided, said on the next page. It is read from the store, so the address cannot lie."""

from dataclasses import dataclass
from datetime import timedelta

from flask import request
from sqlalchemy import Connection

from intake_api.rules.lead_state import DECLINE_REASONS, LeadState
from intake_api.store.leads import Lead, LeadUnknown, get_lead
from intake_api.web.door import door
from intake_api.web.review.session import reviewer

SAID_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Decided:
    """One lead and what was done with it."""

    lead: Lead
    says: str


def find_decided(tx: Connection) -> Decided | None:
    """Return the lead that `decided` names, if this reviewer decided it within the last minutes."""
    try:
        lead = get_lead(tx, request.args.get("decided", ""))
    except LeadUnknown:
        return None
    if lead.decided_by != reviewer().id or lead.decided_at is None or door().now() - lead.decided_at > SAID_FOR:
        return None
    return Decided(lead, _says(lead))


def _says(lead: Lead) -> str:
    if lead.state is LeadState.DECLINED:
        reason = DECLINE_REASONS.get(lead.decline_reason or "", "")
        return f"was declined: {reason[:1].lower()}{reason[1:]}."
    here = door()
    return f"was approved and goes to {here.catalogue.recipient(here.settings.destination_recipient).name}."
