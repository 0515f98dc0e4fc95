"""Put mails of confirmations whose time has come back into the queue."""

from datetime import datetime

from intake_api.queue import SEND_CONFIRMATION, Queue
from intake_api.store.base import Store
from intake_api.store.confirmations import claim_due_mails, has_due_mail


def enqueue_due_confirmations(store: Store, queue: Queue, *, now: datetime) -> int:
    """Give each due mail its next turn and queue it, in one transaction; return how many, at most a batch.

    :raises StoreUnavailable: nothing was written.
    """
    with store.reading() as tx:
        if not has_due_mail(tx, now=now):
            return 0
    with store.writing() as tx:
        due = claim_due_mails(tx, now=now)
        for confirmation in due:
            queue.enqueue(tx, SEND_CONFIRMATION, confirmation.turn_key)
    return len(due)
