"""Put deliveries whose time has come back into the queue."""

from datetime import datetime

from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.store.base import Store
from intake_api.store.deliveries import claim_due, has_due, turn_key


def enqueue_due_deliveries(store: Store, queue: Queue, *, now: datetime) -> int:
    """Give each due delivery its next turn and queue it, in one transaction; return how many, at most a batch.

    :raises StoreUnavailable: nothing was written.
    """
    with store.reading() as tx:  # most looks find nothing, and need not hold up those who write
        if not has_due(tx, now=now):
            return 0
    with store.writing() as tx:
        due = claim_due(tx, now=now)
        for delivery in due:
            queue.enqueue(tx, DELIVER_LEAD, turn_key(delivery))
    return len(due)
