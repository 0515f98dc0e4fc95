"""End yeses that were not said again in time: from that moment on nothing is done on them (C-16).

Whoever asks before that finds the same: a yes whose time is over counts for nothing, written down or not.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.expire_unconfirmed import LAPSE
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.notice_in_force import notice_in_force
from intake_api.flows.promised_end import valid_until
from intake_api.flows.take_back import settle_ended
from intake_api.log import event
from intake_api.rules.consent import ASK_AGAIN_BEFORE, DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import Decision, add_decision, current_decisions
from intake_api.store.lead_lists import find_by_yes_ending
from intake_api.store.leads import Lead, get_lead_by_id, note_yes_ending


@dataclass(frozen=True)
class Renewal:
    """A yes that ends soon: the person may be asked once whether it still holds."""

    lead: Lead
    purpose: str
    until: datetime


def expire_consents(store: Store, *, now: datetime) -> int:
    """End all yeses whose time is over, lead by lead, one transaction each; return how many leads had one.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    ended = 0
    while True:
        with store.reading() as tx:
            over = find_by_yes_ending(tx, until=now)
        if not over:
            return ended
        ended += sum(_expire(store, lead_id, now=now) for lead_id in over)


def list_renewals(store: Store, *, now: datetime) -> list[Renewal]:
    """Return the yeses that end within 30 days, the next one first. Nobody is asked by this."""
    with store.reading() as tx:
        leads = [get_lead_by_id(tx, one) for one in find_by_yes_ending(tx, until=now + ASK_AGAIN_BEFORE, limit=None)]
        due = [
            Renewal(lead, purpose, end)
            for lead in leads
            if not lead.is_restricted
            for purpose, end in _ends(tx, lead).items()
        ]
    return sorted((one for one in due if now < one.until <= now + ASK_AGAIN_BEFORE), key=lambda one: one.until)


def _expire(store: Store, lead_id: str, *, now: datetime) -> bool:
    with store.writing() as tx:
        lead = hold_lead(tx, lead_id)
        notice = notice_in_force(tx, lead, current_decisions(tx, lead.id).values())
        living = {} if lead.state is LeadState.ERASED else _ends(tx, lead)
        over = {purpose for purpose, end in living.items() if end <= now}
        for purpose in over:
            _end(tx, lead, current_decisions(tx, lead.id)[purpose], now=now)
        if over:
            settle_ended(tx, lead, notice, over, now=now)
        note_yes_ending(tx, lead.id, min((end for end in living.values() if end > now), default=None))
    if over:
        event("consent.expired", lead=lead.id, purposes=",".join(sorted(over)))
    return bool(over)


def _end(tx: Connection, lead: Lead, yes: Decision, *, now: datetime) -> None:
    entry_id = evidence.add_entry(
        tx,
        "consent.expired",
        actor="system",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"purpose": yes.purpose, "first": yes.evidence_entry, "notice": yes.notice_hash or lead.notice_hash},
    )
    ended = replace(yes, state=DecisionState.EXPIRED, control=LAPSE, decided_at=now, evidence_entry=entry_id)
    add_decision(tx, lead.id, ended)


def _ends(tx: Connection, lead: Lead) -> dict[str, datetime]:
    """Return until when each living yes of a lead counts."""
    decisions = current_decisions(tx, lead.id).values()
    notice = notice_in_force(tx, lead, decisions)
    ends = {one.purpose: valid_until(notice, one) for one in decisions}
    return {purpose: end for purpose, end in ends.items() if end is not None}
