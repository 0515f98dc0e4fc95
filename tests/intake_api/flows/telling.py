"""Destinations that are told a no, attempt by attempt, as the worker's queue would have it."""

import json
from typing import Any

from intake_api.flows.deliver import deliver
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.queue import DELIVER_LEAD, TELL_DESTINATION
from intake_api.store.deliveries import UNSETTLED, Delivery, DeliveryState, list_deliveries
from intake_api.store.leads import Lead
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import deliveries_now


def delivered(house: House, decisions: dict[str, bool] | None = None) -> Lead:
    """Return a lead that is there."""
    lead = house.approved(decisions)
    assert house.attempt(lead).state is DeliveryState.DELIVERED
    return lead


def nos(house: House, lead: Lead) -> list[Delivery]:
    """Return what its destinations are told of a lead, as it stands."""
    return [one for one in deliveries_now(house.store, lead) if one.is_no]


def no(house: House, lead: Lead) -> Delivery:
    """Return the one thing that its destination is told."""
    (one,) = nos(house, lead)
    return one


def attempt(house: House, delivery: Delivery) -> Delivery:
    """Make one attempt; return the delivery as it then stands."""
    deliver(house.store, house.destination, delivery.id, delivery.turn, clock=house.clock)
    with house.store.reading() as tx:
        return next(one for one in list_deliveries(tx, delivery.lead_id) if one.id == delivery.id)


def go_round(house: House, lead: Lead) -> None:
    """Put what is due into its queue, and make the attempt of all that is queued, as a worker does."""
    for workflow in (TELL_DESTINATION, DELIVER_LEAD):
        enqueue_due(house.store, house.queue, workflow, now=house.clock())
    for one in deliveries_now(house.store, lead):
        if one.state in (DeliveryState.QUEUED, DeliveryState.SENDING):
            deliver(house.store, house.destination, one.id, one.turn, clock=house.clock)


def until_settled(house: House, lead: Lead) -> None:
    """Go round until nothing of a lead is under way, as much later each time as it wants to wait."""
    for _ in range(60):
        waiting = [one for one in deliveries_now(house.store, lead) if one.state in UNSETTLED]
        if not waiting:
            return
        house.clock.now = max(house.clock(), min(one.next_attempt_at or house.clock() for one in waiting))
        go_round(house, lead)
    raise AssertionError([(one.kind, one.state, one.last_reason) for one in waiting])


def told(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    """Return what the other side was told, in order: the type, and the parcel."""
    bodies = [json.loads(one.body) for one in receiver.requests]
    return [(body["type"], body["data"]) for body in bodies]
