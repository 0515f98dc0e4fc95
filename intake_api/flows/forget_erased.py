"""Forget that somebody was erased, when nobody can claim anything about it any more (Art. 17(3)(e), S-09)."""

from datetime import datetime

from intake_api.rules.retention import kept_after_erasure
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.tombstones import find_tombstones, remove_tombstone

FORGOTTEN = "lead.forgotten"


def forget_erased(store: Store, *, now: datetime) -> int:
    """Remove all tombstones whose time is over, one transaction each; return how many.

    The evidence keeps its entries: random numbers that lead to nothing from then on.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    erased_until, forgotten = now - (kept_after_erasure(now) - now), 0
    while True:
        with store.reading() as tx:
            found = find_tombstones(tx, erased_until=erased_until)
        if not found:
            return forgotten
        forgotten += sum(_forget(store, lead_id, now=now) for lead_id in found)


def _forget(store: Store, lead_id: str, *, now: datetime) -> bool:
    with store.writing() as tx:
        if not remove_tombstone(tx, lead_id):
            return False  # another worker was quicker
        evidence.add_entry(tx, FORGOTTEN, actor="system", now=now, lead_id=lead_id)
        return True
