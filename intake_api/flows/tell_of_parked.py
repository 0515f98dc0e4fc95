"""Tell those who can do something about it that deliveries failed: once for a destination, a reason and an hour."""

from collections.abc import Collection
from datetime import datetime

from intake_api.log import event
from intake_api.rules.staff_roles import Role
from intake_api.store.alerts import add_parked_mails
from intake_api.store.base import Store
from intake_api.store.parked import claim_alert, untold


def tell_of_parked(store: Store, roles: Collection[Role], *, now: datetime) -> int:
    """Write a mail to each person of these roles about what was parked since the last one; return how many.

    What is parked within the hour after a mail is told with the next one. Several workers may do so at once.

    :raises StoreUnavailable: nothing was written; the next round does it.
    """
    with store.reading() as tx:
        waiting = untold(tx, now=now)
    told = 0
    for destination, reason in waiting:
        with store.writing() as tx:
            if not claim_alert(tx, destination, reason, now=now):
                continue
            mails = add_parked_mails(tx, destination, reason, roles, now=now)
        event("deliveries.parked", destination=destination, reason=reason, told=mails)
        told += mails
    return told
