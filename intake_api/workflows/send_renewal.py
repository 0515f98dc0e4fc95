"""Send the mail that asks somebody again: one short workflow for each attempt, named by the renewal and its turn."""

from collections.abc import Callable

from intake_api.clock import Clock
from intake_api.flows.send_renewal import send_renewal as send
from intake_api.flows.send_rights_link import RightsDesk
from intake_api.store.base import Store
from intake_api.store.turns import parse_turn_key


def send_renewal(store: Store, desk: RightsDesk, *, clock: Clock) -> Callable[[str], None]:
    """Return the workflow; it takes the key of a turn. Safe to run again after a crash at any point."""

    def attempt(key: str) -> None:
        renewal_id, turn = parse_turn_key(key)
        send(store, desk, renewal_id, turn, clock=clock)

    return attempt
