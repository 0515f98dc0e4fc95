"""Take a request for a right. Whether the address is known, the worker looks up later: here all are alike (S-03)."""

from datetime import datetime

from intake_api.queue import SEND_RIGHTS_LINK, Queue
from intake_api.rules.contact import email as canonical_email
from intake_api.rules.rights import RightsKind
from intake_api.rules.text import Refused
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.rights_cases import add_case
from intake_api.store.turns import turn_key

__all__ = ["Refused", "ask_for_right"]


def ask_for_right(
    store: Store,
    queue: Queue,
    token_key: bytes,
    *,
    kind: RightsKind,
    email: str,
    locale: str,
    door: str,
    now: datetime,
) -> None:
    """Open a case: the sealed address and the place in the queue, in one commit.

    The same statements are made and nothing is returned, whether or not anything is held about the address.

    :raises Refused: this is no e-mail address; its `code` says why.
    :raises StoreUnavailable: nothing was kept.
    """
    address = canonical_email(email)
    queue.load()
    with store.writing() as tx:
        case = add_case(tx, store.vault, token_key, kind=kind, email=address, locale=locale, door=door, now=now)
        queue.enqueue(tx, SEND_RIGHTS_LINK, turn_key(case.id, case.turn))
        facts = {"case": case.id, "right": kind.value, "locale": locale, "door": door}
        evidence.add_entry(tx, "rights.asked", actor="subject", now=now, facts=facts)
