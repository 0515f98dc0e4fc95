"""Give mails that ask again another chance whose attempt broke down in our own house, so that nobody goes unasked."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.mend_broken import mend_broken
from intake_api.flows.send_renewal import settle
from intake_api.log import event
from intake_api.mail.port import Retry
from intake_api.queue import SEND_RENEWAL, Queue
from intake_api.store.base import Store
from intake_api.store.mailed_links import MailState
from intake_api.store.renewals import claim_mail, find_running
from intake_api.store.turns import parse_turn_key


def mend_renewals(store: Store, queue: Queue, *, now: datetime) -> int:
    """Treat attempts that ended by an error as not taken; return how many were mended.

    :raises StoreUnavailable: the rest was not mended; the next round finds it again.
    """
    return mend_broken(store, queue, SEND_RENEWAL, lambda tx, key: _mend(tx, key, now=now))


def _mend(tx: Connection, key: str, *, now: datetime) -> bool:
    renewal = find_running(tx, *parse_turn_key(key))
    if renewal is None:
        return False
    if renewal.state is MailState.QUEUED:  # it broke before it was claimed, and counts all the same
        renewal = replace(renewal, attempts=renewal.attempts + 1)
        claim_mail(tx, renewal.id)
    settle(tx, renewal, Retry("internal_error"), now=now)
    event("renewal.mended", renewal=renewal.id)
    return True
