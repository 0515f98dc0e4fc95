"""Judge what an act on many leads would do to one of them: before it, on the page, and again when its turn comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.decided_together import decided_together
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.rules.bulk import MOVED_BY, BulkAct, LeftOut
from intake_api.rules.consent import permits
from intake_api.rules.forwarding import ERASED, NOT_TOLD, PAST_RETENTION
from intake_api.rules.lead_state import MOVES, TO_DECIDE, LeadState
from intake_api.store.decisions import current_decisions
from intake_api.store.lead_merges import list_merged
from intake_api.store.leads import Lead, get_lead_by_id


@dataclass(frozen=True)
class Choice:
    """What is to be done. `reason` goes with declining, `given_to` with assigning: an id, or None for nobody.

    `asked_of` goes with taking out: the filter of the list, as its address has it; nothing for leads that were ticked.
    """

    act: BulkAct
    reason: str | None = None
    given_to: str | None = None
    asked_of: Mapping[str, str] | None = None


def why_left_out(tx: Connection, lead: Lead, choice: Choice, recipient: str, *, now: datetime) -> str | None:
    """Return why a lead is left out, as `LeftOut` or the first obstacle at the gate; None if it is not.

    These are the questions that the flow of a single press asks; a test compares.
    """
    if lead.is_restricted:
        return LeftOut.RESTRICTED
    if choice.act is BulkAct.EXPORT:
        return _why_not_in_a_file(tx, lead, now=now)
    if choice.act is BulkAct.ASSIGN:
        if lead.state not in TO_DECIDE:
            return LeftOut.STATE
        return LeftOut.SAME if lead.assigned_to == choice.given_to else None
    if choice.act is BulkAct.APPROVE and lead.held_for:
        return LeftOut.RELEASE_FIRST
    if (lead.state, MOVED_BY[choice.act]) not in MOVES:
        return LeftOut.STATE
    if choice.act is not BulkAct.APPROVE:
        return None
    obstacles = judge_forwarding(tx, lead, recipient, now=now).obstacles
    return obstacles[0].code if obstacles else None


def living_purposes(tx: Connection, lead: Lead, *, now: datetime) -> list[str]:
    """Return the purposes that hold at present: what a lead may be used for, also outside of these pages."""
    merged = [get_lead_by_id(tx, one.lead_id) for one in list_merged(tx, lead.id)]
    decisions = decided_together(tx, lead, current_decisions(tx, lead.id), merged, now=now)
    return sorted(purpose for purpose, decision in decisions.items() if permits(decision.state))


def _why_not_in_a_file(tx: Connection, lead: Lead, *, now: datetime) -> str | None:
    if why := _NOT_IN_A_FILE.get(lead.state):
        return why
    if lead.held_for:
        return LeftOut.MACHINE
    if lead.delete_after <= now:
        return PAST_RETENTION.code
    if lead.tell_by is not None:
        return NOT_TOLD.code
    return None if living_purposes(tx, lead, now=now) else LeftOut.NO_PURPOSE


_NOT_IN_A_FILE: Mapping[LeadState, str] = {
    LeadState.ERASED: ERASED.code,
    LeadState.WITHDRAWN: LeftOut.TAKEN_BACK,
    LeadState.HELD: LeftOut.MACHINE,
    LeadState.SPAM: LeftOut.MACHINE,
    LeadState.MERGED: LeftOut.STATE,
}
