"""Take back what a person agreed to: from the same commit on nothing is done for it any more (W-01 to W-03)."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.deliver import hold_back
from intake_api.flows.expire_unconfirmed import LAPSE
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.notice_in_force import notice_in_force
from intake_api.flows.promised_end import promised_end
from intake_api.flows.send_confirmation import drop
from intake_api.flows.tell_destinations import tell_what_is_allowed
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import MOVES, Act, LeadState
from intake_api.rules.retention import NOTHING_LIVES
from intake_api.rules.taking_back import BECOMES, TAKEN_BACK
from intake_api.store import evidence
from intake_api.store.confirmations import end_confirmation, list_confirmations
from intake_api.store.decisions import Decision, add_decision, current_decisions, list_decisions
from intake_api.store.deliveries import ARRIVED_STATES, Delivery, DeliveryState, list_deliveries
from intake_api.store.lead_merges import merged_with
from intake_api.store.leads import Lead, get_lead_by_id, move_lead, shorten
from intake_api.store.mails import MailState

# Where it was said: on or through the receipt, by the link of a rights case, or to staff.
RECEIPT, LINK, STAFF = "receipt", "link", "staff"
WAITING_DELIVERIES = (DeliveryState.QUEUED, DeliveryState.RETRYING)
WAITING_MAILS = (MailState.QUEUED, MailState.RETRYING)
PASSED_ON = (*ARRIVED_STATES, DeliveryState.SENDING)


@dataclass(frozen=True)
class Said:
    """How it was said: by which control, under which words (None through the API), and ids to write down with it.

    `actor` is who wrote it: the person, or staff for them.
    """

    control: str
    words: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    actor: str = "subject"


def take_back(tx: Connection, lead: Lead, purposes: Collection[str], said: Said, *, now: datetime) -> None:
    """Take back some purposes of a lead, and of all that is merged with it, in the caller's transaction.

    The caller holds the lead by `hold_lead`. What is not alive any more stays as it is, so again changes nothing.
    Waiting mails and deliveries that nothing else allows do not leave; what left before stands in the entry, and who
    has it is told.
    """
    _take_back(tx, lead, purposes, said, now=now)
    elsewhere = replace(said, facts={"by": lead.id, **said.facts})
    for lead_id in merged_with(tx, lead.id):
        _take_back(tx, hold_lead(tx, lead_id), purposes, elsewhere, now=now)


def _take_back(tx: Connection, lead: Lead, purposes: Collection[str], said: Said, *, now: datetime) -> None:
    before = current_decisions(tx, lead.id)
    living = [before[one] for one in purposes if one in before and before[one].state in BECOMES]
    if not living or lead.state is LeadState.ERASED:
        return
    notice = notice_in_force(tx, lead, before.values())
    passed_on = [one for one in list_deliveries(tx, lead.id) if one.state in PASSED_ON and not one.is_no]
    for decision in living:
        _record(tx, lead, decision, said, _of_purpose(passed_on, notice, decision.purpose), now=now)
    ended = {decision.purpose for decision in living}
    settle_ended(tx, lead, notice, ended, case_id=str(said.facts["case"]) if "case" in said.facts else None, now=now)
    leave_if_nothing_lives(tx, lead.id, now=now)


def settle_ended(
    tx: Connection,
    lead: Lead,
    notice: Mapping[str, Any],
    purposes: Collection[str],
    *,
    case_id: str | None = None,
    now: datetime,
) -> None:
    """Let go of what only purposes allowed that have just ended: questions, mails, deliveries, the time it is kept.

    Whoever has the lead for one of them is told.
    """
    _end_questions(tx, lead, purposes, now=now)
    _drop_deliveries(tx, lead, now=now)
    _keep_shorter(tx, lead, notice, now=now)
    tell_what_is_allowed(tx, lead, notice, purposes, case_id=case_id, now=now)


def leave_if_nothing_lives(tx: Connection, lead_id: str, *, now: datetime) -> None:
    """Take a lead out of everybody's work once all that was said in it was taken back, if it is still in it.

    What was delivered or declined stays so: that it happened is true whatever the person said afterwards.
    """
    lead = get_lead_by_id(tx, lead_id)
    states = {one.state for one in current_decisions(tx, lead_id).values()}
    if states.isdisjoint(TAKEN_BACK) or not states.isdisjoint(BECOMES):
        return
    if to := MOVES.get((lead.state, Act.TAKE_BACK)):
        move_lead(tx, lead, to, now=now)


def taken_back(tx: Connection, lead_id: str, purposes: Collection[str]) -> list[str]:
    """Return those of some purposes that stand as taken back."""
    now_there = current_decisions(tx, lead_id)
    return [one for one in purposes if one in now_there and now_there[one].state in TAKEN_BACK]


def _record(
    tx: Connection, lead: Lead, before: Decision, said: Said, passed_on: list[dict[str, str]], *, now: datetime
) -> None:
    after = BECOMES[before.state]
    label = hashlib.sha256(said.words.encode()).hexdigest() if said.words else None
    entry_id = evidence.add_entry(
        tx,
        "request.stopped" if after is DecisionState.STOPPED else "consent.withdrawn",
        actor=said.actor,
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={
            "purpose": before.purpose,
            "from": before.state.value,
            "to": after.value,
            "control": said.control,
            "label": label,
            "first": before.evidence_entry,
            "notice": before.notice_hash or lead.notice_hash,
            "passed_on": passed_on,
            **said.facts,
        },
    )
    label_hash = label or before.label_hash
    answered = replace(before, state=after, control=said.control, label_hash=label_hash, decided_at=now)
    add_decision(tx, lead.id, replace(answered, evidence_entry=entry_id))


def _of_purpose(deliveries: list[Delivery], notice: Mapping[str, Any], purpose: str) -> list[dict[str, str]]:
    """Return what left, or may be leaving, for this purpose: whoever has it must be told that it ended."""
    named = {one["id"]: one["recipients"] for one in notice["purposes"]}.get(purpose, [])
    return [
        {"delivery": one.id, "destination": one.destination, "recipient": one.recipient, "state": one.state.value}
        for one in deliveries
        if one.recipient in named
    ]


def _end_questions(tx: Connection, lead: Lead, purposes: Collection[str], *, now: datetime) -> None:
    """Let no second yes be given any more to what was taken back, nor its mail leave (W-02)."""
    questions = [one for one in list_confirmations(tx, lead.id) if one.ended_at is None]
    enclosed = [one for one in questions if one.state is MailState.ENCLOSED and one.purpose not in purposes]
    for confirmation in questions:
        if confirmation.purpose in purposes:
            end_confirmation(tx, confirmation.id, now=now)
            if confirmation.state in WAITING_MAILS and not enclosed:  # else it goes, and asks the others only
                drop(tx, lead, confirmation, "taken_back", now=now)


def _drop_deliveries(tx: Connection, lead: Lead, *, now: datetime) -> None:
    """Settle what waits and may not leave any more. What another purpose allows goes on, with less in it."""
    for delivery in list_deliveries(tx, lead.id):
        if delivery.state in WAITING_DELIVERIES and not delivery.is_no:
            judgement = judge_forwarding(tx, lead, delivery.recipient, now=now)
            if not judgement.open:
                hold_back(tx, delivery, judgement.obstacles, now=now)


def _keep_shorter(tx: Connection, lead: Lead, notice: Mapping[str, Any], *, now: datetime) -> None:
    """Keep the lead no longer than what is still alive needs it; taking something back never prolongs it (T-02)."""
    events = list_decisions(tx, lead.id)
    acts = [one.decided_at for one in events if one.state not in TAKEN_BACK and one.control != LAPSE]
    alive = current_decisions(tx, lead.id).values()
    end = promised_end(notice, alive, submitted_at=lead.received_at, last_activity_at=max(acts))
    shorten(tx, lead.id, min(lead.delete_after, end or now + NOTHING_LIVES))
