"""Send a letter: one short workflow for each attempt, named by the letter and its turn."""

from collections.abc import Callable

from intake_api.clock import Clock
from intake_api.flows.send_letter import LetterDesk
from intake_api.flows.send_letter import send_letter as send
from intake_api.store.base import Store
from intake_api.store.turns import parse_turn_key


def send_letter(store: Store, desk: LetterDesk, *, clock: Clock) -> Callable[[str], None]:
    """Return the workflow; it takes the key of a turn. Safe to run again after a crash at any point."""

    def attempt(key: str) -> None:
        letter_id, turn = parse_turn_key(key)
        send(store, desk, letter_id, turn, clock=clock)

    return attempt
