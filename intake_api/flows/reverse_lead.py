"""Take back the approval of a lead that has left the house: it is declined, and whoever has it is to let go of it."""

from datetime import datetime

from intake_api.flows.decline_lead import ReasonUnknown
from intake_api.flows.deliver import ERASE
from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.flows.tell_destinations import in_short, tell_destinations
from intake_api.rules.lead_state import DECLINE_REASONS, Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_moves import forget_moves
from intake_api.store.leads import LeadChanged, LeadRestricted, LeadUnknown, move_lead

__all__ = ["LeadChanged", "LeadRestricted", "LeadUnknown", "MoveRefused", "ReasonUnknown", "reverse_lead"]


def reverse_lead(store: Store, reference: str, *, seen_version: int, reason: str, staff_id: str, now: datetime) -> None:
    """Decline a lead, as it was seen, that was delivered or may have been; wherever it is, it is taken back.

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises MoveRefused: it has not left the house; an approval that has not can be undone.
    :raises ReasonUnknown: no reason, or one that is not on the list.
    """
    if reason not in DECLINE_REASONS:
        raise ReasonUnknown("Choose a reason from the list, so that the next person understands.")
    with store.writing() as tx:
        lead = lead_as_seen(tx, reference, seen_version, hold=True)
        state = next_state(lead.state, Act.REVERSE)
        move_lead(tx, lead, state, now=now, by=staff_id, decline_reason=reason)
        forget_moves(tx, lead.id)
        passed_on = in_short(tell_destinations(tx, lead, ERASE, now=now))
        evidence.add_entry(
            tx,
            "lead.reversed",
            actor=f"staff:{staff_id}",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"reason": reason, "from": lead.state.value, "to": state.value, "passed_on": passed_on},
        )
