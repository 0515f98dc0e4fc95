"""Take back, for a person who says so on the telephone or in front of us, what they agreed to (W-09)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.take_back import STAFF, Said, take_back
from intake_api.flows.withdraw_by_receipt import PurposeUnknown
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.rules.taking_back import BECOMES, LIVING_YESES, meant_by_all
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions, states_of
from intake_api.store.lead_index import find_by_same_email
from intake_api.store.lead_merges import merged_with
from intake_api.store.leads import LeadUnknown, get_lead

__all__ = ["LeadUnknown", "PurposeUnknown", "withdraw_for_person"]


def withdraw_for_person(
    store: Store, reference: str, purpose: str | None, *, words: str, staff_id: str, now: datetime
) -> list[str]:
    """Take back a purpose of a lead, and the same yes in other leads of its address; return what was taken back.

    What is merged with it counts as this lead.

    What can go wrong is only that too much is taken back, so nobody is asked to prove who they are, or why.

    :param purpose: its id; None for all that is meant by "all".
    :param words: what stood on the button of staff; a hash of it is kept.
    :raises LeadUnknown: no such lead, or nothing is left of it.
    :raises PurposeUnknown: this lead was never asked about it.
    :raises StoreUnavailable: nothing was taken back.
    """
    with store.writing() as tx:
        known = get_lead(tx, reference).id
        held = {lead_id: hold_lead(tx, lead_id) for lead_id in find_by_same_email(tx, known)}
        lead = held.pop(known)
        if lead.state is LeadState.ERASED:
            raise LeadUnknown("Nothing is left of this lead.")
        states = _states(tx, [known, *merged_with(tx, known)])
        if purpose is not None and purpose not in states:
            raise PurposeUnknown([purpose])
        meant = meant_by_all(states) if purpose is None else [purpose]
        living = [one for one in meant if states.get(one) in BECOMES]
        take_back(tx, lead, living, Said(STAFF, words, actor=STAFF), now=now)
        for other in held.values():
            theirs = current_decisions(tx, other.id)
            same = [one for one in living if one in theirs and theirs[one].state in LIVING_YESES]
            take_back(tx, other, same, Said(STAFF, words, {"by": known}, actor=STAFF), now=now)
        if living:  # who exactly stands in an entry of its own, so that no receipt shows it
            evidence.add_entry(
                tx,
                "lead.withdrawal_noted",
                actor=f"staff:{staff_id}",
                now=now,
                lead_id=known,
                subject_id=lead.subject_id,
                facts={"purposes": living, "on_behalf": "subject"},
            )
        return living


def _states(tx: Connection, lead_ids: Iterable[str]) -> dict[str, DecisionState]:
    """Return where each purpose of some leads stands: alive, if it is alive in any of them."""
    found: dict[str, DecisionState] = {}
    for states in states_of(tx, lead_ids).values():
        found |= {purpose: state for purpose, state in states.items() if purpose not in found or state in BECOMES}
    return found
