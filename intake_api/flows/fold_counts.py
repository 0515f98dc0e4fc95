"""Add up the kept counts of leads, so that reading them stays cheap."""

from intake_api.store import lead_counts
from intake_api.store.base import Store


def fold_counts(store: Store) -> None:
    """Make one row of many for each kind, in short transactions; nothing is done while there are few.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    with store.reading() as tx:
        worth_it = lead_counts.has_many(tx)
    while worth_it:
        with store.writing() as tx:
            worth_it = lead_counts.fold_counts(tx)
