"""Note that somebody got in touch with the person of a lead; whether it is approved is still to be decided."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.rules.lead_state import Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_moves import add_move
from intake_api.store.leads import LeadChanged, LeadRestricted, LeadUnknown, move_lead

__all__ = ["LeadChanged", "LeadRestricted", "LeadUnknown", "MoveRefused", "contact_lead", "contact_seen"]


def contact_lead(store: Store, reference: str, *, seen_version: int, staff_id: str, now: datetime) -> None:
    """Mark a lead as contacted, as it was seen.

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises MoveRefused: only a lead that nobody decided on is marked so.
    """
    with store.writing() as tx:
        contact_seen(tx, reference, seen_version=seen_version, staff_id=staff_id, now=now)


def contact_seen(
    tx: Connection, reference: str, *, seen_version: int, staff_id: str, job: str | None = None, now: datetime
) -> None:
    """Do so in the caller's transaction. `job`: the act on many leads that this is part of."""
    lead = lead_as_seen(tx, reference, seen_version)
    state = next_state(lead.state, Act.CONTACT)
    move_lead(tx, lead, state, now=now, by=staff_id)
    add_move(tx, lead, Act.CONTACT)
    evidence.add_entry(
        tx,
        "lead.contacted",
        actor=f"staff:{staff_id}",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"from": lead.state.value, "to": state.value, **({"job": job} if job else {})},
    )
