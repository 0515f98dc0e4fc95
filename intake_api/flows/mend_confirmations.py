"""Give mails another chance whose attempt broke down in our own house, so that no second yes goes unasked."""

import random
from dataclasses import replace
from datetime import datetime

from intake_api.flows.send_confirmation import settle
from intake_api.log import event
from intake_api.mail.port import Retry
from intake_api.queue import SEND_CONFIRMATION, Queue
from intake_api.store.base import Store
from intake_api.store.confirmations import MailState, claim_mail, find_running, parse_turn_key


def mend_confirmations(store: Store, queue: Queue, *, now: datetime) -> int:
    """Treat attempts that ended by an error as not taken; return how many were mended.

    :raises StoreUnavailable: nothing was mended; the next round finds them again.
    """
    broken = queue.failed_keys(SEND_CONFIRMATION)
    mended = 0
    for key in broken:
        confirmation_id, turn = parse_turn_key(key)
        with store.writing() as tx:
            if confirmation := find_running(tx, confirmation_id, turn):
                if confirmation.state is MailState.QUEUED:  # it broke before it was claimed, and counts all the same
                    confirmation = replace(confirmation, attempts=confirmation.attempts + 1)
                    claim_mail(tx, confirmation_id)
                settle(tx, confirmation, Retry("internal_error"), now=now, jitter=random.random())  # noqa: S311
                event("confirmation.mended", confirmation=confirmation_id)
                mended += 1
    queue.forget(SEND_CONFIRMATION, broken)
    return mended
