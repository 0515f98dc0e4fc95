"""Remove a saved view. Only who saved it can."""

from datetime import datetime

from intake_api.store import evidence, saved_views
from intake_api.store.base import Store


def remove_view(store: Store, view_id: str, *, staff_id: str, now: datetime) -> bool:
    """Remove a view of one's own; say whether there was one. Again is no harm."""
    with store.writing() as tx:
        if not saved_views.remove_view(tx, view_id, staff_id):
            return False
        evidence.add_entry(tx, "view.removed", actor=f"staff:{staff_id}", now=now, facts={"view": view_id})
    return True
