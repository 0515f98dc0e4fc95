"""Choose in which language the review door speaks to a person of the staff."""

from intake_api.store import staff
from intake_api.store.base import Store


def choose_language(store: Store, staff_id: str, language: str) -> None:
    """Keep a choice with the account. No evidence is written: it says nothing about anybody's data.

    :param language: a code of those the door speaks, checked by it.
    """
    with store.writing() as tx:
        staff.set_language(tx, staff_id, language)
