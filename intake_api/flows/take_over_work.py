"""Take over what a worker had begun that nobody has heard of for a minute: its machine may be gone for good."""

from datetime import datetime, timedelta

from intake_api.log import event
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.workers import claim_silent, list_workers, remove_worker

SILENCE = timedelta(seconds=60)


def take_over_work(store: Store, queue: Queue, worker: str, *, now: datetime) -> int:
    """Put the work of silent workers back into its queues; return how much.

    One heir at a time: `worker` first takes charge of the silent one, then puts back, then forgets it. Should the heir
    fall silent in between, another takes charge; putting back twice does no harm. What a forgotten worker is said to
    have begun is put back, too: its last transaction may have come to the database after its heir had looked.

    :raises StoreUnavailable: nothing was taken over, or part of it; the next round goes on.
    """
    with store.writing() as tx:
        silent = claim_silent(tx, heir=worker, now=now, silence=SILENCE)
    taken = 0
    for gone in silent:
        taken += _put_back(queue, gone, worker)
        with store.writing() as tx:
            remove_worker(tx, gone)
    begun = queue.workers()  # before the others are listed: who is at work by then stands among them
    with store.reading() as tx:
        forgotten = begun - list_workers(tx)
    return taken + sum(_put_back(queue, gone, worker) for gone in sorted(forgotten))


def _put_back(queue: Queue, gone: str, heir: str) -> int:
    work = queue.take_over(gone)
    event("worker.taken_over", worker=gone, by=heir, work=work)
    return work
