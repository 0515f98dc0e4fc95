"""Release a lead that was held or marked as spam: now it is like any other, and its second yes is asked for."""

import json
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.ask_for_second_yes import ask_for_second_yes
from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.flows.pause_questions import open_questions_of, resume_questions
from intake_api.flows.promised_end import promised_end
from intake_api.queue import Queue
from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import Act, LeadState, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import Decision, current_decisions
from intake_api.store.lead_moves import add_move
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted, LeadUnknown, release
from intake_api.store.notices import get_notice_body

__all__ = ["LeadChanged", "LeadRestricted", "LeadUnknown", "MoveRefused", "may_release", "release_lead"]


def release_lead(
    store: Store, queue: Queue, token_key: bytes, reference: str, *, seen_version: int, staff_id: str, now: datetime
) -> None:
    """Release a lead as it was seen: held, marked as spam, or declined while it was.

    What the person took back in the meantime is not asked about, and keeps nothing longer.

    :raises LeadUnknown: no such lead.
    :raises LeadChanged: somebody changed it since version `seen_version`.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises MoveRefused: it is not held.
    :raises StoreUnavailable: nothing was written.
    """
    queue.load()
    with store.writing() as tx:
        lead = lead_as_seen(tx, reference, seen_version, hold=True)
        if not may_release(lead):
            raise MoveRefused("This lead is not held.")
        state = next_state(LeadState.HELD, Act.RELEASE)
        decisions = list(current_decisions(tx, lead.id).values())
        asked = {one.purpose for one in open_questions_of(tx, lead)}
        first_yeses = [one.purpose for one in decisions if one.state is DecisionState.REQUESTED]
        to_ask = [purpose for purpose in first_yeses if purpose not in asked]
        end = _end(tx, lead, decisions, now=now)
        release(tx, lead, state, delete_after=end)
        add_move(tx, lead, Act.RELEASE, end_set=end)
        resume_questions(tx, queue, lead)
        ask_for_second_yes(tx, queue, token_key, lead.id, to_ask, now=now)
        evidence.add_entry(
            tx,
            "lead.released",
            actor=f"staff:{staff_id}",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"from": lead.state.value, "to": state.value, "held": lead.held_for, "asked": to_ask},
        )


def may_release(lead: Lead) -> bool:
    """Say whether a lead is held, by itself or as spam, or was declined while it was."""
    return bool(lead.held_for) and lead.state in (LeadState.HELD, LeadState.SPAM, LeadState.DECLINED)


def _end(tx: Connection, lead: Lead, decisions: list[Decision], *, now: datetime) -> datetime:
    """Return until when the notice allows keeping it, and long enough for a second yes that is asked for only now."""
    notice = json.loads(get_notice_body(tx, lead.notice_hash))
    end = promised_end(notice, decisions, submitted_at=lead.received_at, last_activity_at=lead.received_at)
    if end is None:  # all of it was taken back: the end that was set then stands
        return lead.delete_after
    is_asked = any(one.state is DecisionState.REQUESTED for one in decisions)
    return max(end, UNCONFIRMED.duration.after(now)) if is_asked else end
