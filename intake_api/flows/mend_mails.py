"""Give mails another chance whose attempt broke down in our own house, so that nobody goes unasked or untold."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.mend_broken import mend_broken
from intake_api.flows.send_mail import D, MailKind, settle
from intake_api.log import event
from intake_api.mail.port import Retry
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.turns import W, claim_broken, parse_turn_key


def mend_mails(store: Store, queue: Queue, kind: MailKind[W, D], *, now: datetime) -> int:
    """Mend the mails of a kind; such an attempt counts as one that was not taken. Return how many were mended.

    :raises StoreUnavailable: the rest was not mended; the next round finds it again.
    """

    def mend(tx: Connection, key: str) -> bool:
        work = claim_broken(tx, kind.work, *parse_turn_key(key), now=now)
        if work is None:
            return False
        settle(tx, kind, work, Retry("internal_error"), now=now)
        event(f"{kind.name}.mended", **{kind.id_name: work.id})
        return True

    return mend_broken(store, queue, kind.workflow, mend)
