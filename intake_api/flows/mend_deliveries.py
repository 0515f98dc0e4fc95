"""Give deliveries another chance whose attempt broke down in our own house, so that none is left lying."""

import random
from datetime import datetime

from sqlalchemy import Connection

from intake_api.crm.port import Unknown
from intake_api.flows.deliver import settle
from intake_api.flows.mend_broken import mend_broken
from intake_api.log import event
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.store.base import Store
from intake_api.store.deliveries import DELIVERIES
from intake_api.store.turns import claim_broken, parse_turn_key


def mend_deliveries(store: Store, queue: Queue, *, workflow: str = DELIVER_LEAD, now: datetime) -> int:
    """Treat attempts that ended by an error as an answer that cannot be read; return how many were mended.

    They are tried again on the schedule and, since what broke once may break always, left to a person sooner.

    :raises StoreUnavailable: the rest was not mended; the next round finds it again.
    """
    return mend_broken(store, queue, workflow, lambda tx, key: _mend(tx, key, now=now))


def _mend(tx: Connection, key: str, *, now: datetime) -> bool:
    delivery = claim_broken(tx, DELIVERIES, *parse_turn_key(key), now=now)
    if delivery is None:
        return False
    settle(tx, delivery, Unknown("internal_error"), None, now=now, jitter=random.random())  # noqa: S311 no secret
    event("delivery.mended", delivery=delivery.id)
    return True
