"""Resume a paused destination: what waited for it is due at once, nothing is lost."""

from datetime import datetime

from intake_api.log import event
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.destinations import resume_destination


class NotPaused(Exception):
    """This destination is not paused."""

    code = "not_paused"


def resume_deliveries(store: Store, destination: str, *, actor: str, now: datetime) -> None:
    """Let a destination take deliveries again; `actor` is `staff:<id>` or `operator`.

    :raises NotPaused: it takes them already.
    :raises StoreUnavailable: nothing was changed.
    """
    with store.writing() as tx:
        if not resume_destination(tx, destination):
            raise NotPaused("This destination is not paused.")
        evidence.add_entry(tx, "destination.resumed", actor=actor, now=now, facts={"destination": destination})
    event("destination.resumed", destination=destination)
