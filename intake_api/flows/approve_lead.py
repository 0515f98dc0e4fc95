"""Approve a lead: its state, its delivery, the place in the queue and the evidence are one commit, or none of them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.judge_forwarding import ForwardingBlocked, Judgement, judge_forwarding
from intake_api.flows.lead_as_seen import lead_as_seen
from intake_api.flows.tell_destinations import end_erasures
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.rules.lead_state import Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store, StoreUnavailable
from intake_api.store.deliveries import Delivery, add_delivery
from intake_api.store.lead_moves import add_move
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted, LeadUnknown, move_lead
from intake_api.store.turns import turn_key

__all__ = [
    "ForwardingBlocked",
    "LeadChanged",
    "LeadRestricted",
    "LeadUnknown",
    "MoveRefused",
    "StoreUnavailable",
    "approve_lead",
    "approve_seen",
    "send_approved",
]


def approve_lead(
    store: Store,
    queue: Queue,
    reference: str,
    *,
    destination: str,
    recipient: str,
    seen_version: int,
    staff_id: str,
    now: datetime,
) -> Delivery:
    """Approve a lead as it was seen and queue its delivery to `destination`, whose company is `recipient`.

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises LeadChanged: somebody changed it since version `seen_version`; the first of two reviewers wins.
    :raises MoveRefused: a lead in this state cannot be approved.
    :raises ForwardingBlocked: the gate is closed (X-01, X-03); says why.
    :raises StoreUnavailable: nothing was written.
    """
    queue.load()  # takes a second the first time: on SQLite nobody else could write for as long
    with store.writing() as tx:
        return approve_seen(
            tx,
            queue,
            reference,
            destination=destination,
            recipient=recipient,
            seen_version=seen_version,
            staff_id=staff_id,
            now=now,
        )


def approve_seen(
    tx: Connection,
    queue: Queue,
    reference: str,
    *,
    destination: str,
    recipient: str,
    seen_version: int,
    staff_id: str,
    job: str | None = None,
    now: datetime,
) -> Delivery:
    """Approve a lead in the caller's transaction, as `approve_lead` does.

    :param job: the act on many leads that this is part of.
    """
    lead = lead_as_seen(tx, reference, seen_version, hold=True)
    if lead.held_for:  # declined while it was held: its second yes was never asked for
        raise MoveRefused("Release this lead before you approve it.")
    next_state(lead.state, Act.APPROVE)
    judgement = judge_forwarding(tx, lead, recipient, now=now)
    if not judgement.open:
        raise ForwardingBlocked(judgement.obstacles)
    return send_approved(
        tx,
        queue,
        lead,
        judgement,
        destination=destination,
        recipient=recipient,
        kind="lead.approved",
        actor=f"staff:{staff_id}",
        by=staff_id,
        more={"job": job} if job else {},
        now=now,
    )


def send_approved(
    tx: Connection,
    queue: Queue,
    lead: Lead,
    judgement: Judgement,
    *,
    destination: str,
    recipient: str,
    kind: str,
    actor: str,
    by: str | None = None,
    more: Mapping[str, object],
    now: datetime,
) -> Delivery:
    """Move a lead whose gate is open, queue its delivery and write down who approved it, in the caller's transaction.

    :param kind: of the entry; `more` stands in it beside what was approved.
    :param by: who of staff decided; None where a rule did.
    :raises LeadChanged: somebody changed it since it was read.
    :raises MoveRefused: a lead in this state cannot be approved.
    """
    state = next_state(lead.state, Act.APPROVE)
    move_lead(tx, lead, state, now=now, by=by)
    add_move(tx, lead, Act.APPROVE)
    end_erasures(tx, lead, "approved_again", now=now)
    delivery = add_delivery(tx, lead_id=lead.id, destination=destination, recipient=recipient, kind="upsert", now=now)
    queue.enqueue(tx, DELIVER_LEAD, turn_key(delivery.id, delivery.turn))
    evidence.add_entry(
        tx,
        kind,
        actor=actor,
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={
            "from": lead.state.value,
            "to": state.value,
            "delivery": delivery.id,
            "destination": destination,
            "recipient": recipient,
            "purposes": list(judgement.purposes),
            **more,
        },
    )
    return delivery
