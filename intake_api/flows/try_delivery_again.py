"""Try a delivery again that was refused, given up or blocked, after a person put right what stood in its way."""

from datetime import datetime

from intake_api.flows.deliver import FAILED
from intake_api.flows.judge_forwarding import ForwardingBlocked, judge_forwarding
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.rules.lead_state import Act, MoveRefused, next_state
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.deliveries import Delivery, list_deliveries, restart_delivery, turn_key
from intake_api.store.leads import LeadChanged, LeadUnknown, get_lead, move_lead

__all__ = ["ForwardingBlocked", "LeadChanged", "LeadUnknown", "MoveRefused", "try_delivery_again"]


def try_delivery_again(store: Store, queue: Queue, reference: str, *, actor: str, now: datetime) -> Delivery:
    """Queue the failed delivery of a lead under its old id, at the beginning of the schedule.

    :param actor: `staff:<id>` or `operator`.
    :raises LeadUnknown: no such lead.
    :raises MoveRefused: its delivery has not failed.
    :raises ForwardingBlocked: the gate is closed; says why.
    :raises LeadChanged: somebody changed it at the same moment.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        lead = get_lead(tx, reference)
        state = next_state(lead.state, Act.TRY_AGAIN)
        failed = [one for one in list_deliveries(tx, lead.id) if one.state in FAILED][-1]
        judgement = judge_forwarding(tx, lead, failed.recipient, now=now)
        if not judgement.open:
            raise ForwardingBlocked(judgement.obstacles)
        move_lead(tx, lead, state, now=now)
        delivery = restart_delivery(tx, failed)
        queue.enqueue(tx, DELIVER_LEAD, turn_key(delivery))
        facts = {"delivery": delivery.id, "from": lead.state.value, "to": state.value}
        evidence.add_entry(
            tx,
            "delivery.restarted",
            actor=actor,
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts=facts,
        )
        return delivery
