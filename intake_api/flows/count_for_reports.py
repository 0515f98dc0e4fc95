"""Bring the kept counts of reports up to what happened, in short transactions."""

from intake_api.store.base import Store
from intake_api.store.counted_leads import count_on


def count_for_reports(store: Store) -> None:
    """Count what changed since the last time, and the leads of before; several workers may do so at once.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    more = True
    while more:
        with store.writing() as tx:
            more = count_on(tx)
