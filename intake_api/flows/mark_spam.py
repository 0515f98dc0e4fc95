"""Mark a lead as spam: from now on it is held like one that looks like a machine's, and gone as soon (SEC-38)."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.flows.pause_questions import pause_questions
from intake_api.rules.lead_state import Act, MoveRefused, next_state
from intake_api.rules.suspicion import HELD
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_moves import add_move, hold_as_spam
from intake_api.store.leads import LeadChanged, LeadRestricted, LeadUnknown

__all__ = ["LeadChanged", "LeadRestricted", "LeadUnknown", "MoveRefused", "mark_seen", "mark_spam"]


def mark_spam(store: Store, reference: str, *, seen_version: int, staff_id: str, now: datetime) -> None:
    """Mark a lead as spam, as it was seen: no mail leaves for it any more, and it is kept 14 days at most.

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises MoveRefused: a lead in this state cannot be marked so.
    """
    with store.writing() as tx:
        mark_seen(tx, reference, seen_version=seen_version, staff_id=staff_id, now=now)


def mark_seen(
    tx: Connection, reference: str, *, seen_version: int, staff_id: str, job: str | None = None, now: datetime
) -> None:
    """Do so in the caller's transaction. `job`: the act on many leads that this is part of."""
    lead = lead_as_seen(tx, reference, seen_version, hold=True)
    state = next_state(lead.state, Act.MARK_SPAM)
    end = min(lead.delete_after, HELD.duration.after(now))
    hold_as_spam(tx, lead, state, delete_after=end, now=now, by=staff_id)
    add_move(tx, lead, Act.MARK_SPAM, end_set=end)
    pause_questions(tx, lead, now=now)
    evidence.add_entry(
        tx,
        "lead.marked_spam",
        actor=f"staff:{staff_id}",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"from": lead.state.value, "to": state.value, **({"job": job} if job else {})},
    )
