"""Write down how often forms were shown since the last time (M-06)."""

from intake_api.store.base import Store, StoreUnavailable
from intake_api.store.showings import Showings, add_showings


def keep_showings(store: Store, showings: Showings) -> None:
    """Add what this process counted to what is written; while the database is away it is counted on.

    Never raises for a database that is away: nobody's form depends on a count.
    """
    counts = showings.take()
    if not counts:
        return
    try:
        with store.writing() as tx:
            add_showings(tx, counts)
    except StoreUnavailable:
        showings.give_back(counts)
