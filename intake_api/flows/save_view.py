"""Save a view of the queue under a name: a filter, which names kinds and days and nobody."""

from collections.abc import Mapping
from datetime import datetime

from intake_api.rules.text import Refused, clean
from intake_api.store import evidence, saved_views
from intake_api.store.base import Store

LONGEST_NAME = 60
MOST = 40  # of one person: a longer list is no help


class ViewNameInvalid(Exception):
    """A view needs a short name of one line."""

    code = "view_name_invalid"


class TooManyViews(Exception):
    """This person has saved as many views as are kept."""

    code = "too_many_views"


def save_view(
    store: Store, name: str, args: Mapping[str, str], *, shared: bool, staff_id: str, now: datetime
) -> saved_views.SavedView:
    """Save a view for oneself, or for all who review.

    :param args: those of the queue's address, checked by the door.
    :raises ViewNameInvalid, TooManyViews: nothing was saved; say why.
    """
    try:
        named = clean(name, LONGEST_NAME, lines=False)
    except Refused:
        named = ""
    if not named:
        raise ViewNameInvalid(f"Give the view a name of at most {LONGEST_NAME} letters.")
    with store.writing() as tx:
        if saved_views.count_views(tx, staff_id) >= MOST:
            raise TooManyViews(f"You have saved {MOST} views. Remove one that you no longer use.")
        view = saved_views.add_view(tx, staff_id, named, args, shared=shared, now=now)
        facts = {"view": view.id, "filter": dict(view.args), "shared": shared}
        evidence.add_entry(tx, "view.saved", actor=f"staff:{staff_id}", now=now, facts=facts)
    return view
