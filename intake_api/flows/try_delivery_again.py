"""Try a delivery again that was refused, given up or blocked, after a person put right what stood in its way."""

from datetime import datetime

from intake_api.flows.judge_forwarding import ForwardingBlocked, judge_forwarding
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.rules.lead_state import Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.deliveries import (
    FAILED,
    Delivery,
    DeliveryState,
    add_delivery,
    list_deliveries,
    restart_delivery,
    unpark,
)
from intake_api.store.leads import LeadChanged, LeadUnknown, get_lead, move_lead
from intake_api.store.parked import hold_parked
from intake_api.store.turns import turn_key

__all__ = ["ForwardingBlocked", "LeadChanged", "LeadUnknown", "MoveRefused", "try_delivery_again"]


def try_delivery_again(
    store: Store,
    queue: Queue,
    reference: str,
    *,
    destination: str,
    recipient: str,
    actor: str,
    seen: tuple[str, int] | None = None,
    now: datetime,
) -> Delivery:
    """Queue the failed delivery of a lead for `destination`, whose company is `recipient`: what is set up now.

    The destination it failed at knows it by its id: there it goes under its old one, at the beginning of the schedule.
    Another destination gets a delivery of its own.

    :param actor: `staff:<id>` or `operator`.
    :param seen: the failed delivery that somebody looks at, and its turn: it has to stand so still.
    :raises NotParked: it does not.
    :raises LeadUnknown: no such lead.
    :raises MoveRefused: its delivery has not failed.
    :raises ForwardingBlocked: the gate is closed (X-01, X-03); says why.
    :raises LeadChanged: somebody changed it at the same moment.
    :raises StoreUnavailable: nothing was written.
    """
    queue.load()  # before the transaction, as `approve_lead` does
    with store.writing() as tx:
        if seen:
            hold_parked(tx, seen[0], seen_turn=seen[1])
        lead = get_lead(tx, reference)
        state = next_state(lead.state, Act.TRY_AGAIN)
        judgement = judge_forwarding(tx, lead, recipient, now=now)
        if not judgement.open:
            raise ForwardingBlocked(judgement.obstacles)
        move_lead(tx, lead, state, now=now)
        failed = [
            one
            for one in list_deliveries(tx, lead.id)
            if one.state in (*FAILED, DeliveryState.CLOSED) and not one.is_no
        ]
        here = [one for one in failed if (one.destination, one.recipient) == (destination, recipient)]
        if here:
            delivery = restart_delivery(tx, here[-1])
        else:
            unpark(tx, [one.id for one in failed])
            delivery = add_delivery(
                tx, lead_id=lead.id, destination=destination, recipient=recipient, kind="upsert", now=now
            )
        queue.enqueue(tx, DELIVER_LEAD, turn_key(delivery.id, delivery.turn))
        evidence.add_entry(
            tx,
            "delivery.restarted",
            actor=actor,
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={
                "from": lead.state.value,
                "to": state.value,
                "delivery": delivery.id,
                "instead_of": None if here else failed[-1].id,
                "destination": destination,
                "recipient": recipient,
                "purposes": list(judgement.purposes),
            },
        )
        return delivery
