"""Read what was decided about a purpose in one lead, for the rule that reads the leads of a contact together."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.notice_in_force import notice_decided_on
from intake_api.flows.promised_end import valid_until
from intake_api.flows.record_answer import BY_MAIL
from intake_api.flows.state_now import state_now
from intake_api.rules.consent import permits
from intake_api.rules.permission import Event
from intake_api.rules.taking_back import TAKEN_BACK
from intake_api.store.decisions import Decision, list_decisions
from intake_api.store.leads import Lead


def decided_events(tx: Connection, lead: Lead, purpose: str, *, now: datetime) -> list[Event]:
    """Return what was decided about a purpose in one lead, each as where it stands now.

    What may come from a machine permits nothing; what it takes back counts.
    """
    return [
        Event(
            lead_id=lead.id,
            state=state_now(tx, lead, decision, now=now),
            decided_at=decision.decided_at,
            is_proven=decision.control in BY_MAIL,
            ends_at=_ends_at(tx, lead, decision) if permits(decision.state) else None,
            is_restricted=lead.is_restricted,
        )
        for decision in list_decisions(tx, lead.id)
        if decision.purpose == purpose and (not lead.held_for or decision.state in TAKEN_BACK)
    ]


def _ends_at(tx: Connection, lead: Lead, decision: Decision) -> datetime:
    valid = valid_until(notice_decided_on(tx, lead, decision), decision)
    return min(valid, lead.delete_after) if valid else lead.delete_after
