"""Note that somebody has a lead before them, so that a second one sees it before both decide."""

from datetime import datetime

from intake_api.store.base import Store
from intake_api.store.lead_looks import add_look, list_looks, renew_look
from intake_api.store.leads import get_lead


def note_look(store: Store, lead_id: str, *, staff_id: str, now: datetime) -> list[datetime]:
    """Note it for some minutes and return since when others have the lead open; not who they are (A-05).

    It forbids nobody anything: that only one decides is seen to by the version of the lead.

    :raises StoreUnavailable: nothing was noted.
    """
    with store.writing() as tx:
        add_look(tx, lead_id, staff_id, now=now)
        return list_looks(tx, lead_id, but=staff_id, now=now)


def keep_look(store: Store, reference: str, *, staff_id: str, now: datetime) -> None:
    """Note that somebody still has the page of a lead before them, as the page itself says.

    :raises LeadUnknown: no such lead.
    :raises StoreUnavailable: nothing was noted.
    """
    with store.writing() as tx:
        renew_look(tx, get_lead(tx, reference).id, staff_id, now=now)
