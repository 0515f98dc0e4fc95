"""Give mails of rights cases another chance whose attempt broke down in our own house."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.mend_broken import mend_broken
from intake_api.flows.send_rights_link import settle
from intake_api.log import event
from intake_api.mail.port import Retry
from intake_api.queue import SEND_RIGHTS_LINK, Queue
from intake_api.store.base import Store
from intake_api.store.mailed_links import MailState
from intake_api.store.rights_cases import claim_link, find_running
from intake_api.store.turns import parse_turn_key


def mend_rights_links(store: Store, queue: Queue, *, now: datetime) -> int:
    """Treat attempts that ended by an error as not taken; return how many were mended.

    :raises StoreUnavailable: the rest was not mended; the next round finds it again.
    """
    return mend_broken(store, queue, SEND_RIGHTS_LINK, lambda tx, key: _mend(tx, key, now=now))


def _mend(tx: Connection, key: str, *, now: datetime) -> bool:
    case = find_running(tx, *parse_turn_key(key))
    if case is None:
        return False
    if case.mail is MailState.QUEUED:  # it broke before it was claimed, and counts all the same
        case = replace(case, attempts=case.attempts + 1)
        claim_link(tx, case.id, now=now)
    settle(tx, case, Retry("internal_error"), now=now)
    event("rights.mended", case=case.id)
    return True
