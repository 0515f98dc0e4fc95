"""Put mails of rights cases whose time has come back into the queue."""

from datetime import datetime

from intake_api.queue import SEND_RIGHTS_LINK, Queue
from intake_api.store.base import Store
from intake_api.store.rights_cases import claim_due_links, has_due_link


def enqueue_due_rights_links(store: Store, queue: Queue, *, now: datetime) -> int:
    """Give each due mail its next turn and queue it, in one transaction; return how many, at most a batch.

    :raises StoreUnavailable: nothing was written.
    """
    with store.reading() as tx:
        if not has_due_link(tx, now=now):
            return 0
    with store.writing() as tx:
        due = claim_due_links(tx, now=now)
        for case in due:
            queue.enqueue(tx, SEND_RIGHTS_LINK, case.turn_key)
    return len(due)
