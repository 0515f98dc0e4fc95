"""A worker leaves: what it had begun goes back into the queue at once, so that nobody has to wait for its silence."""

from intake_api.log import event
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.workers import remove_worker


def leave_work(store: Store, queue: Queue, worker: str) -> int:
    """Put unfinished work back and forget the worker; return how much was unfinished.

    :raises StoreUnavailable: nobody was told; the others take over after a minute of silence.
    """
    unfinished = queue.take_over(worker)
    with store.writing() as tx:
        remove_worker(tx, worker)
    event("worker.left", worker=worker, unfinished=unfinished)
    return unfinished
