"""Remove what has served its time and proves nothing: expired presentations, ended sessions, finished engine work."""

from datetime import datetime, timedelta

from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.presentations import remove_expired
from intake_api.store.sign_in_tries import remove_old_tries
from intake_api.store.staff import remove_old_sessions

# A day after its end a presentation still tells a late sender "shown too long ago" rather than "never shown".
KEPT_AFTER_END = timedelta(days=1)


def tidy_store(store: Store, queue: Queue, *, now: datetime) -> int:
    """Remove in short transactions, so that nobody waits; return how many presentations went.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    removed = 0
    while True:
        with store.writing() as tx:
            batch = remove_expired(tx, before=now - KEPT_AFTER_END)
        removed += batch
        if not batch:
            break
    with store.writing() as tx:
        remove_old_sessions(tx, now=now)
        remove_old_tries(tx, now=now)
    while queue.remove_finished(before=now - KEPT_AFTER_END):
        pass
    return removed
