"""Undo what staff did last to a lead: it stands exactly as before, and that it was undone is on the record.

Nothing that has left the house can be undone: an approval until its delivery is in a worker's hands, a release until
the mail that it let go is. After that a lead is reversed (`reverse_lead`).
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.deliver import cancel
from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.flows.pause_questions import pause_questions, resume_questions
from intake_api.flows.take_back import WAITING_DELIVERIES, leave_if_nothing_lives
from intake_api.queue import Queue
from intake_api.rules.lead_state import UNDOABLE, Act, MoveRefused, refused
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.deliveries import list_deliveries
from intake_api.store.lead_moves import LeadMove, bring_back, last_move
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted, LeadUnknown
from intake_api.store.rule_approvals import keep_rule_out

__all__ = ["LeadChanged", "LeadRestricted", "LeadUnknown", "MoveRefused", "find_undoable", "undo_move"]


def undo_move(
    store: Store, queue: Queue, reference: str, *, seen_version: int, staff_id: str, now: datetime
) -> LeadMove:
    """Undo staff's last act on a lead as it was seen; return what was undone.

    What the person did meanwhile stands: an end that they made earlier stays, and who took everything back is not
    asked about again.

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises MoveRefused: there is nothing to undo, or it has left the house.
    :raises StoreUnavailable: nothing was undone.
    """
    queue.load()
    with store.writing() as tx:
        lead = lead_as_seen(tx, reference, seen_version, hold=True)
        move = find_undoable(tx, lead)
        if move is None:
            raise refused(lead.state, Act.UNDO)
        dropped = _call_back(tx, queue, lead, move, now=now)
        bring_back(tx, lead, move)
        evidence.add_entry(
            tx,
            "lead.undone",
            actor=f"staff:{staff_id}",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"act": move.act.value, "from": lead.state.value, "to": move.state.value, "deliveries": dropped},
        )
        leave_if_nothing_lives(tx, lead.id, now=now)
        return move


def find_undoable(tx: Connection, lead: Lead) -> LeadMove | None:
    """Return what would be undone now; None when there is nothing, or not any more."""
    return last_move(tx, lead.id) if lead.state in UNDOABLE and not lead.is_restricted else None


def _call_back(tx: Connection, queue: Queue, lead: Lead, move: LeadMove, *, now: datetime) -> list[str]:
    """Stop what the act set going, or let go on what it stopped; return the ids of the deliveries that are dropped."""
    if move.act is Act.MARK_SPAM and not move.held_for:
        resume_questions(tx, queue, lead)
    if move.act is Act.RELEASE:
        pause_questions(tx, lead, now=now)
    if move.act is not Act.APPROVE:
        return []
    keep_rule_out(tx, lead.id, version=None, now=now)  # else the rule would approve at once what a person took back
    waiting = [one for one in list_deliveries(tx, lead.id) if one.state in WAITING_DELIVERIES and not one.is_no]
    for delivery in waiting:
        cancel(tx, delivery, "undone", now=now)
    return [one.id for one in waiting]
