"""Approve new leads as the rule of their form says, which is off unless the catalogue turns it on (N-13).

The worker does it in a round. Each lead is a transaction of its own, judged anew in it: by the notice its person saw,
by the rule of today, by the gate. What the rule does not approve stays where it is for a person to decide (S-12).
"""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.approve_lead import send_approved
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.queue import Queue
from intake_api.rules.approval import ApprovalRule, Standing, approves, rule_told
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.lead_candidates import find_confirmed, find_hinted
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.notices import get_notice_body
from intake_api.store.rule_approvals import Place, find_to_approve, keep_rule_out, was_settled

A_ROUND = 100  # leads of a form that are looked at, so that a backlog holds nobody up


class RuleDesk:
    """Where leads go, by which rules, and how far each form has been looked through: the next round goes on there."""

    def __init__(self, rules: Mapping[str, ApprovalRule], destination: str, recipient: str) -> None:
        self.rules, self.destination, self.recipient = rules, destination, recipient
        self.places: dict[str, Place | None] = {}


def approve_by_rule(store: Store, queue: Queue, desk: RuleDesk, *, now: datetime) -> int:
    """Look at the next leads of each form that has a rule; return how many were approved.

    :raises StoreUnavailable: what was approved stays so; the next round goes on.
    """
    return sum(_of_form(store, queue, desk, form, rule, now=now) for form, rule in desk.rules.items())


def _of_form(store: Store, queue: Queue, desk: RuleDesk, form: str, rule: ApprovalRule, *, now: datetime) -> int:
    with store.reading() as tx:
        after = desk.places.get(form)
        leads = find_to_approve(tx, form, rule.score_at_least, after=after, limit=A_ROUND)
        meant = [one for one in leads if _approves(tx, rule, one)]
    desk.places[form] = Place(leads[-1].received_at, leads[-1].id) if len(leads) == A_ROUND else None
    if meant:
        queue.load()  # before the transactions, as `approve_lead` does
    approved = 0
    for lead in meant:
        with store.writing() as tx:
            approved += _approve(tx, queue, desk, rule, lead.id, now=now)
    return approved


def _approve(tx: Connection, queue: Queue, desk: RuleDesk, rule: ApprovalRule, lead_id: str, *, now: datetime) -> bool:
    lead = get_lead_by_id(tx, lead_id, hold=True)
    if lead.state is not LeadState.NEW or lead.is_restricted or lead.tell_by or not _approves(tx, rule, lead):
        return False  # somebody was quicker
    judgement = judge_forwarding(tx, lead, desk.recipient, now=now)
    if not judgement.open:
        return False
    send_approved(
        tx,
        queue,
        lead,
        judgement,
        destination=desk.destination,
        recipient=desk.recipient,
        kind="lead.approved_by_rule",
        actor="system",
        more={
            "rule": f"{lead.form}.approve_automatically",
            "version": rule.version,
            "score": lead.score,
            "score_at_least": rule.score_at_least,
            "confirmed_email": rule.confirmed_email,
        },
        now=now,
    )
    keep_rule_out(tx, lead.id, version=rule.version, now=now)
    return True


def _approves(tx: Connection, rule: ApprovalRule, lead: Lead) -> bool:
    told = rule_told(json.loads(get_notice_body(tx, lead.notice_hash)))
    if told is None:
        return False
    standing = Standing(
        score=lead.score,
        is_confirmed=lead.id in find_confirmed(tx, [lead.id]),
        is_held=bool(lead.held_for),
        is_suggested=lead.id in find_hinted(tx, [lead.id]),
        was_decided=lead.decided_at is not None or was_settled(tx, lead.id),
    )
    return approves(rule, told, standing)
