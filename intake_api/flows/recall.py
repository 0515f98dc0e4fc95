"""Take back what left for a destination. No connector can be told of it yet, so it waits in sight of staff (G-07).

Who has it stands in a delivery of the kind `erase` in the state `untold`: whoever teaches a connector to take it back
finds in it what is still to be said, to whom and since when.
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.deliver import UPSERT, cancel
from intake_api.store import evidence
from intake_api.store.deliveries import ARRIVED_STATES, Delivery, DeliveryState, add_delivery, list_deliveries
from intake_api.store.leads import Lead

ERASE = "erase"


def recall(tx: Connection, lead: Lead, *, now: datetime) -> list[dict[str, str]]:
    """Note for each destination that has the lead, or may have it, that it is to let go of it; return them in short.

    The caller holds the lead by `hold_lead`. What was noted before is not noted twice.
    """
    deliveries = list_deliveries(tx, lead.id)
    noted = {_place(one) for one in deliveries if one.state is DeliveryState.UNTOLD and one.kind == ERASE}
    passed_on = {_place(one): one for one in deliveries if one.kind == UPSERT and has_left(one)}
    for place in passed_on.keys() - noted:
        destination, recipient = place
        noted_as = {"destination": destination, "recipient": recipient, "kind": ERASE}
        delivery = add_delivery(tx, lead_id=lead.id, **noted_as, state=DeliveryState.UNTOLD, now=now)
        evidence.add_entry(
            tx,
            "delivery.untold",
            actor="system",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"delivery": delivery.id, "destination": destination, "recipient": recipient, "operation": ERASE},
        )
    return [
        {"delivery": one.id, "destination": one.destination, "recipient": one.recipient, "state": one.state.value}
        for one in passed_on.values()
    ]


def end_recalls(tx: Connection, lead: Lead, reason: str, *, now: datetime) -> None:
    """Settle what was still to be said: the destination may have the lead again."""
    for delivery in list_deliveries(tx, lead.id):
        if delivery.state is DeliveryState.UNTOLD and delivery.kind == ERASE:
            cancel(tx, delivery, reason, now=now)


def has_left(delivery: Delivery) -> bool:
    """Say whether the other side has it, or may have it: an attempt was made, and it was not refused at once."""
    refused_at_once = delivery.state is DeliveryState.REFUSED and delivery.attempts == 1
    return delivery.state in ARRIVED_STATES or (delivery.attempts > 0 and not refused_at_once)


def _place(delivery: Delivery) -> tuple[str, str]:
    return delivery.destination, delivery.recipient
