"""Say how often each code of a campaign came back."""

from intake_api.store.base import Store
from intake_api.store.code_uses import CodeUses, list_uses


def list_code_uses(store: Store) -> tuple[CodeUses, ...]:
    """Return the counts by code and form; also of codes that the catalogue does not have any more."""
    with store.reading() as tx:
        return tuple(list_uses(tx))
