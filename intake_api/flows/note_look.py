"""Note that somebody has a lead before them, so that a second one sees it before both decide."""

from datetime import datetime

from intake_api.store.base import Store
from intake_api.store.lead_looks import add_look, list_looks


def note_look(store: Store, lead_id: str, *, staff_id: str, now: datetime) -> list[datetime]:
    """Note it for some minutes and return since when others have the lead open; not who they are (A-05).

    It forbids nobody anything: that only one decides is seen to by the version of the lead.

    :raises StoreUnavailable: nothing was noted.
    """
    with store.writing() as tx:
        add_look(tx, lead_id, staff_id, now=now)
        return list_looks(tx, lead_id, but=staff_id, now=now)
