"""Send the mail of a confirmation: one short workflow for each attempt, named by the confirmation and its turn."""

from collections.abc import Callable

from intake_api.clock import Clock
from intake_api.flows.send_confirmation import send_confirmation as send
from intake_api.flows.send_mail import MailDesk
from intake_api.store.base import Store
from intake_api.store.turns import parse_turn_key


def send_confirmation(store: Store, desk: MailDesk, *, clock: Clock) -> Callable[[str], None]:
    """Return the workflow; it takes the key of a turn. Safe to run again after a crash at any point."""

    def attempt(key: str) -> None:
        confirmation_id, turn = parse_turn_key(key)
        send(store, desk, confirmation_id, turn, clock=clock)

    return attempt
