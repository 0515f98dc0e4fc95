"""Empty what the log says of who of us looked, came and went a year ago, and say so in the log (A-06).

The hash of an entry, its place and everything that was signed stay, so the log verifies as before; what the entry said
is gone. Which ones were emptied is an entry itself, so nobody can empty others and call it this.
"""

from datetime import datetime

from intake_api.clock import rfc3339
from intake_api.rules.audit_life import PASSING, passed_before
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.thinning import digest_of, empty, find_passed, says_what_was_written

KIND = "audit.thinned"
AT_ONCE = 1000


def thin_audit(store: Store, *, now: datetime) -> int:
    """Thin out in short transactions, so that nobody waits; return how many entries were emptied.

    An entry that is not the one that was written stays as it is, for `evidence verify` to find.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    thinned = 0
    while batch := _thin(store, now):
        thinned += batch
    return thinned


def _thin(store: Store, now: datetime) -> int:
    before = passed_before(now)
    with store.reading() as tx:  # most rounds find nothing, and need not hold up those who write
        if not find_passed(tx, PASSING, before=before, limit=1):
            return 0
    with store.writing() as tx:
        found = find_passed(tx, PASSING, before=before, limit=AT_ONCE)
        entries = [entry for entry in found if says_what_was_written(entry)]
        if entries:
            facts = {"before": rfc3339(before), "count": len(entries), "entries": digest_of(entries)}
            empty(tx, entries, evidence.add_entry(tx, KIND, actor="system", now=now, facts=facts))
    return len(entries)
