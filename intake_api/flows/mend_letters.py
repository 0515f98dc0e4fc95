"""Give letters another chance whose attempt broke down in our own house."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.mend_broken import mend_broken
from intake_api.flows.send_letter import settle
from intake_api.log import event
from intake_api.mail.port import Retry
from intake_api.queue import SEND_LETTER, Queue
from intake_api.store.base import Store
from intake_api.store.letters import claim_letter, find_running
from intake_api.store.mailed_links import MailState
from intake_api.store.turns import parse_turn_key


def mend_letters(store: Store, queue: Queue, *, now: datetime) -> int:
    """Treat attempts that ended by an error as not taken; return how many were mended.

    :raises StoreUnavailable: the rest was not mended; the next round finds it again.
    """
    return mend_broken(store, queue, SEND_LETTER, lambda tx, key: _mend(tx, key, now=now))


def _mend(tx: Connection, key: str, *, now: datetime) -> bool:
    letter = find_running(tx, *parse_turn_key(key))
    if letter is None:
        return False
    if letter.state is MailState.QUEUED:  # it broke before it was claimed, and counts all the same
        letter = replace(letter, attempts=letter.attempts + 1)
        claim_letter(tx, letter.id)
    settle(tx, letter, Retry("internal_error"), now=now)
    event("letter.mended", letter=letter.id)
    return True
