"""Go through the attempts that broke down in our own house, one by one, so that none is left lying."""

from collections.abc import Callable

from sqlalchemy import Connection

from intake_api.queue import Queue
from intake_api.store.base import Store


def mend_broken(store: Store, queue: Queue, workflow: str, mend: Callable[[Connection, str], bool]) -> int:
    """Mend what the engine says broke of a workflow, then let it forget them; return how many were mended.

    :param mend: settles the attempt of a key in a transaction of its own; False if it was settled already.
    :raises StoreUnavailable: the rest was not mended; the next round finds it again.
    """
    broken = queue.failed_keys(workflow)
    mended = 0
    for key in broken:
        with store.writing() as tx:
            mended += mend(tx, key)
    queue.forget(workflow, broken)
    return mended
