"""Remove what has served its time and proves nothing: sessions, sign-in tries, counted uses, finished engine work."""

from datetime import datetime, timedelta

from intake_api.queue import Queue
from intake_api.rules.permission import COUNTED_FOR
from intake_api.rules.signed_message import REMEMBERED
from intake_api.store import (
    alerts,
    assignments,
    bulk_jobs,
    destination_questions,
    inbound,
    invitations,
    lead_exports,
    reading_counts,
    teams,
)
from intake_api.store.base import Store
from intake_api.store.contact_uses import remove_old_uses
from intake_api.store.letters import remove_old_letters
from intake_api.store.sign_in_tries import remove_old_tries
from intake_api.store.staff import remove_old_sessions

WORK_KEPT = timedelta(days=1)
LETTERS_KEPT = timedelta(days=366)  # as long as a restriction stands that one of them announces the end of


def tidy_store(store: Store, queue: Queue, *, now: datetime) -> None:
    """Remove in short transactions, so that nobody waits.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    with store.writing() as tx:
        remove_old_sessions(tx, now=now)
        invitations.remove_old(tx, now=now)
        assignments.remove_old(tx, now=now)
        alerts.remove_old(tx, now=now)
        reading_counts.remove_old(tx, now=now)
        lead_exports.remove_old(tx, now=now)
        bulk_jobs.remove_old(tx, now=now)
        destination_questions.remove_old(tx, now=now)
        teams.remove_old(tx, now=now)
        inbound.forget_messages(tx, before=now - REMEMBERED)
        remove_old_tries(tx, now=now)
        remove_old_uses(tx, before=now - COUNTED_FOR)
        remove_old_letters(tx, before=now - LETTERS_KEPT)
    while queue.remove_finished(before=now - WORK_KEPT):
        pass
