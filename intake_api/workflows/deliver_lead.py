"""Deliver a lead: one short workflow for each attempt, named by the delivery and its turn."""

from collections.abc import Callable

from intake_api.clock import Clock
from intake_api.crm.port import Destination
from intake_api.flows.deliver import deliver
from intake_api.store.base import Store
from intake_api.store.turns import parse_turn_key


def deliver_lead(store: Store, destination: Destination, *, clock: Clock) -> Callable[[str], None]:
    """Return the workflow; it takes a key made by `turn_key`. Safe to run again after a crash at any point."""

    def attempt(key: str) -> None:
        delivery_id, turn = parse_turn_key(key)
        deliver(store, destination, delivery_id, turn, clock=clock)

    return attempt
