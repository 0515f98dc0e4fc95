"""Give acts on many leads another chance whose attempt broke down in our own house, so that none is left lying."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.flows.mend_broken import mend_broken
from intake_api.log import event
from intake_api.queue import ACT_ON_MANY, Queue
from intake_api.rules.bulk import LeftOut
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import BULK_JOBS, next_lead, record_outcome, try_again
from intake_api.store.turns import claim_broken, parse_turn_key

WAIT = timedelta(seconds=5)
TRIES = 3  # at one and the same lead: then it is left out, and the others get their turn


def mend_bulk(store: Store, queue: Queue, *, now: datetime) -> int:
    """Mend attempts that ended by an error; return how many were mended.

    :raises StoreUnavailable: the rest was not mended; the next round finds it again.
    """
    return mend_broken(store, queue, ACT_ON_MANY, lambda tx, key: _mend(tx, key, now=now))


def _mend(tx: Connection, key: str, *, now: datetime) -> bool:
    job = claim_broken(tx, BULK_JOBS, *parse_turn_key(key), now=now)
    if job is None:
        return False
    attempts = job.attempts
    if attempts >= TRIES and (lead := next_lead(tx, job.id)):
        record_outcome(tx, job.id, lead.place, LeftOut.BROKE)
        attempts = 0
    try_again(tx, job.id, now + WAIT, attempts=attempts)
    event("bulk.mended", job=job.id)
    return True
