"""Ask for the second yes to what was said yes to: one mail for all purposes of a submission, in the caller's commit."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from intake_api.queue import SEND_CONFIRMATION, Queue
from intake_api.store.confirmations import add_confirmation
from intake_api.store.mails import MailState
from intake_api.store.turns import turn_key


def ask_for_second_yes(
    tx: Connection, queue: Queue, token_key: bytes, lead_id: str, purposes: Sequence[str], *, now: datetime
) -> None:
    """Make a question of each purpose and queue the mail of the first, in which the others stand too.

    An address gets one such mail a day (C-15), so that a second mail would never leave. Whether the first may go out
    is looked at when it does.
    """
    for number, purpose in enumerate(purposes):
        state = MailState.ENCLOSED if number else MailState.QUEUED
        asked = add_confirmation(tx, token_key, lead_id=lead_id, purpose=purpose, state=state, now=now)
        if not number:
            queue.enqueue(tx, SEND_CONFIRMATION, turn_key(asked.id, asked.turn))
