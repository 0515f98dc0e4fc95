"""Judge what an act on many leads would do to one of them: before it, on the page, and again when its turn comes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.rules.bulk import MOVED_BY, BulkAct, LeftOut
from intake_api.rules.lead_state import MOVES, TO_DECIDE
from intake_api.store.leads import Lead


@dataclass(frozen=True)
class Choice:
    """What is to be done. `reason` goes with declining, `given_to` with assigning: an id, or None for nobody."""

    act: BulkAct
    reason: str | None = None
    given_to: str | None = None


def why_left_out(tx: Connection, lead: Lead, choice: Choice, recipient: str, *, now: datetime) -> str | None:
    """Return why a lead is left out, as `LeftOut` or the first obstacle at the gate; None if it is not.

    These are the questions that the flow of a single press asks; a test compares.
    """
    if lead.is_restricted:
        return LeftOut.RESTRICTED
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
