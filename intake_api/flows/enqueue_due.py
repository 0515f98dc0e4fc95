"""Put work whose time has come back into its queue: deliveries, mails, and acts on many leads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from intake_api.queue import (
    ACT_ON_MANY,
    ASK_DESTINATION,
    DELIVER_LEAD,
    SEND_ALERT,
    SEND_ASSIGNMENT,
    SEND_CONFIRMATION,
    SEND_INVITATION,
    SEND_LETTER,
    SEND_RENEWAL,
    SEND_RIGHTS_LINK,
    TELL_DESTINATION,
    Queue,
)
from intake_api.store.alerts import ALERT_MAILS
from intake_api.store.assignments import ASSIGNMENT_MAILS
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import BULK_JOBS
from intake_api.store.confirmations import CONFIRMATIONS
from intake_api.store.deliveries import NOS, UPSERTS
from intake_api.store.destination_questions import QUESTIONS
from intake_api.store.invitations import INVITATIONS
from intake_api.store.letters import LETTERS
from intake_api.store.renewals import RENEWALS
from intake_api.store.rights_cases import CASES
from intake_api.store.turns import WorkKind, give_due_turns, has_due_turn

KINDS: Mapping[str, WorkKind[Any]] = {
    DELIVER_LEAD: UPSERTS,
    TELL_DESTINATION: NOS,
    SEND_CONFIRMATION: CONFIRMATIONS,
    SEND_RENEWAL: RENEWALS,
    SEND_RIGHTS_LINK: CASES,
    SEND_INVITATION: INVITATIONS,
    SEND_ASSIGNMENT: ASSIGNMENT_MAILS,
    SEND_ALERT: ALERT_MAILS,
    SEND_LETTER: LETTERS,
    ACT_ON_MANY: BULK_JOBS,
    ASK_DESTINATION: QUESTIONS,
}


def enqueue_due(store: Store, queue: Queue, workflow: str, *, now: datetime) -> int:
    """Give due work of a workflow its next turn and queue it, in one transaction; return how much, at most a batch.

    :raises StoreUnavailable: nothing was written.
    """
    kind = KINDS[workflow]
    with store.reading() as tx:  # most looks find nothing, and need not hold up those who write
        if not has_due_turn(tx, kind, now=now):
            return 0
    with store.writing() as tx:
        keys = give_due_turns(tx, kind, now=now)
        for key in keys:
            queue.enqueue(tx, workflow, key)
    return len(keys)
