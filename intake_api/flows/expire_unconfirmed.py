"""End first yeses that nobody confirmed: no second yes is a no, and what was held for it alone is erased (C-12)."""

from dataclasses import replace
from datetime import datetime

from intake_api.flows.erase_lead import erase_lead
from intake_api.log import event
from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.rules.consent import DecisionState, permits
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.confirmations import end_confirmation, find_unanswered, find_unanswered_by_id
from intake_api.store.decisions import add_decision, current_decisions
from intake_api.store.deliveries import hold_unsettled
from intake_api.store.leads import get_lead_by_id

LAPSE = "none"  # there was no control: nobody did anything


def expire_unconfirmed(store: Store, *, now: datetime) -> int:
    """End all first yeses that have waited for a week, one transaction each; return how many.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    ended = 0
    while True:
        with store.reading() as tx:
            waiting = find_unanswered(tx, made_before=now - UNCONFIRMED.duration.exact)
        if not waiting:
            return ended
        ended += sum(_end(store, confirmation_id, now=now) for confirmation_id in waiting)


def _end(store: Store, confirmation_id: str, *, now: datetime) -> bool:
    with store.writing() as tx:
        confirmation = find_unanswered_by_id(tx, confirmation_id)
        if confirmation is None:
            return False  # another worker ended it, or the person answered at the last moment
        end_confirmation(tx, confirmation.id, now=now)
        hold_unsettled(tx, confirmation.lead_id)
        lead = get_lead_by_id(tx, confirmation.lead_id, hold=True)
        decisions = current_decisions(tx, lead.id)
        first = decisions[confirmation.purpose]
        if first.state is not DecisionState.REQUESTED:
            return True
        entry_id = evidence.add_entry(
            tx,
            "consent.unconfirmed",
            actor="system",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"confirmation": confirmation.id, "purpose": confirmation.purpose, "mail": confirmation.state.value},
        )
        lapsed = replace(first, state=DecisionState.REFUSED, control=LAPSE, decided_at=now, evidence_entry=entry_id)
        add_decision(tx, lead.id, lapsed)
        others = [one.state for one in decisions.values() if one.purpose != confirmation.purpose]
        is_left = any(permits(state) or state is DecisionState.REQUESTED for state in others)
        if not is_left and not lead.is_restricted:
            erase_lead(tx, lead, actor="system", why="unconfirmed", now=now)
        event(
            "consent.unconfirmed",
            lead=lead.id,
            confirmation=confirmation.id,
            erased=int(not is_left and not lead.is_restricted),
        )
        return True
