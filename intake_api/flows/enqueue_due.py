"""Put work whose time has come back into its queue: deliveries, and mails with a link."""

from datetime import datetime

from intake_api.queue import DELIVER_LEAD, SEND_CONFIRMATION, SEND_LETTER, SEND_RENEWAL, SEND_RIGHTS_LINK, Queue
from intake_api.store.base import Store
from intake_api.store.confirmations import give_due_mails, has_due_mail
from intake_api.store.deliveries import give_due_deliveries, has_due_delivery
from intake_api.store.letters import give_due_letters, has_due_letter
from intake_api.store.renewals import give_due_renewals, has_due_renewal
from intake_api.store.rights_cases import give_due_links, has_due_link

WAITING = {
    DELIVER_LEAD: (has_due_delivery, give_due_deliveries),
    SEND_CONFIRMATION: (has_due_mail, give_due_mails),
    SEND_RENEWAL: (has_due_renewal, give_due_renewals),
    SEND_RIGHTS_LINK: (has_due_link, give_due_links),
    SEND_LETTER: (has_due_letter, give_due_letters),
}


def enqueue_due(store: Store, queue: Queue, workflow: str, *, now: datetime) -> int:
    """Give due work of a workflow its next turn and queue it, in one transaction; return how much, at most a batch.

    :raises StoreUnavailable: nothing was written.
    """
    has_due, give_due = WAITING[workflow]
    with store.reading() as tx:  # most looks find nothing, and need not hold up those who write
        if not has_due(tx, now=now):
            return 0
    with store.writing() as tx:
        keys = give_due(tx, now=now)
        for key in keys:
            queue.enqueue(tx, workflow, key)
    return len(keys)
