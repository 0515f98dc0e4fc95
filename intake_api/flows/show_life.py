"""A worker says that it is alive. It says so when it begins, and every few seconds from then on."""

from datetime import datetime

from intake_api.log import event
from intake_api.store.base import Store
from intake_api.store.workers import add_worker, beat


def show_life(store: Store, worker: str, *, host: str, now: datetime) -> None:
    """Write down that `worker` is at work on machine `host`.

    One that was silent so long that its work was taken over begins anew: what it still holds is not its own any more.

    :raises StoreUnavailable: nobody was told.
    """
    with store.writing() as tx:
        if not beat(tx, worker, now=now):
            add_worker(tx, worker, host=host, now=now)
            event("worker.began", worker=worker)
