"""Decline a lead, with a reason from the list."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.rules.lead_state import DECLINE_REASONS, Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_moves import add_move
from intake_api.store.leads import LeadChanged, LeadRestricted, LeadUnknown, move_lead

__all__ = [
    "LeadChanged",
    "LeadRestricted",
    "LeadUnknown",
    "MoveRefused",
    "ReasonUnknown",
    "decline_lead",
    "decline_seen",
]


class ReasonUnknown(Exception):
    """Declining needs a reason from the list."""

    code = "reason_unknown"


def decline_lead(store: Store, reference: str, *, seen_version: int, reason: str, staff_id: str, now: datetime) -> None:
    """Decline a lead as it was seen.

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises MoveRefused: a lead in this state cannot be declined.
    :raises ReasonUnknown: no reason, or one that is not on the list.
    """
    if reason not in DECLINE_REASONS:
        raise ReasonUnknown("Choose a reason from the list, so that the next person understands.")
    with store.writing() as tx:
        decline_seen(tx, reference, reason=reason, seen_version=seen_version, staff_id=staff_id, now=now)


def decline_seen(
    tx: Connection,
    reference: str,
    *,
    reason: str,
    seen_version: int,
    staff_id: str,
    job: str | None = None,
    now: datetime,
) -> None:
    """Do so in the caller's transaction. `job`: the act on many leads that this is part of."""
    lead = lead_as_seen(tx, reference, seen_version)
    state = next_state(lead.state, Act.DECLINE)
    move_lead(tx, lead, state, now=now, by=staff_id, decline_reason=reason)
    add_move(tx, lead, Act.DECLINE)
    evidence.add_entry(
        tx,
        "lead.declined",
        actor=f"staff:{staff_id}",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"reason": reason, "from": lead.state.value, "to": state.value, **({"job": job} if job else {})},
    )
