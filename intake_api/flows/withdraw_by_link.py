"""Take back, by the link of a rights case, what was agreed to with an address, in all its leads at once (W-03)."""

from collections.abc import Collection
from datetime import datetime

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.show_case import held_by_case
from intake_api.flows.take_back import LINK, Said, take_back
from intake_api.flows.use_link import CaseOver, CaseUnknown, record_done, use_link
from intake_api.rules.rights import RightsKind
from intake_api.rules.taking_back import meant_by_all
from intake_api.store.base import Store
from intake_api.store.rights_cases import end_case

__all__ = ["CaseOver", "CaseUnknown", "withdraw_by_link"]


def withdraw_by_link(
    store: Store, token: str, purposes: Collection[str] | None, *, words: str, now: datetime
) -> list[str]:
    """Take back purposes of all leads of the address; return the titles of what was taken back, each once.

    :param purposes: ids; None for all that is meant by "all", over all leads together.
    :param words: what stood on the button; a hash of it is kept.
    :raises CaseUnknown: no such token.
    :raises CaseOver: the link was used, or it is too late.
    :raises StoreUnavailable: nothing was taken back, and the link is still good.
    """
    with store.writing() as tx:
        case = use_link(tx, token, RightsKind.WITHDRAW, now=now)
        for held in held_by_case(tx, store, case):
            hold_lead(tx, held.lead.id)
        leads = held_by_case(tx, store, case)  # as they stand now that they are held
        states = {(one.lead.id, purpose): state for one in leads for purpose, state in one.states.items()}
        meant = meant_by_all(states) if purposes is None else [key for key in states if key[1] in purposes]
        titles: dict[str, str] = {}
        for one in leads:
            living = [purpose for purpose in one.living if (one.lead.id, purpose) in meant]
            take_back(tx, one.lead, living, Said(LINK, words, {"case": case.id}), now=now)
            titles |= {purpose: one.title(purpose) for purpose in living}
        record_done(tx, case, [one.lead.id for one in leads], now=now, purposes=sorted(titles))
        end_case(tx, case.id, now=now)
        return list(titles.values())
