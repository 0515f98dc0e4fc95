"""Object, by the link of a rights case, to advertising and to what rests on an interest of ours (Art. 21, S-11, W-08).

Nothing is weighed, so nothing has to be argued: it stops in the same commit, in all leads of the address.
"""

from datetime import datetime

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.show_case import held_by_case
from intake_api.flows.take_back import LINK, Said, take_back
from intake_api.flows.use_link import CaseOver, CaseUnknown, record_done, use_link
from intake_api.rules.rights import RightsKind
from intake_api.store.base import Store
from intake_api.store.rights_cases import end_case

__all__ = ["CaseOver", "CaseUnknown", "object_by_link"]


def object_by_link(store: Store, token: str, *, words: str, now: datetime) -> list[str]:
    """Stop all that may be objected to; return the titles of what was stopped, each once.

    :param words: what stood on the button; a hash of it is kept.
    :raises CaseUnknown: no such token.
    :raises CaseOver: the link was used, or it is too late.
    :raises StoreUnavailable: nothing was stopped, and the link is still good.
    """
    with store.writing() as tx:
        case = use_link(tx, token, RightsKind.OBJECTION, now=now)
        for held in held_by_case(tx, store, case):
            hold_lead(tx, held.lead.id)
        titles: dict[str, str] = {}
        leads = held_by_case(tx, store, case)  # as they stand now that they are held
        for one in leads:
            meant = one.objectable
            said = Said(LINK, words, {"case": case.id, "right": case.kind.value})
            take_back(tx, one.lead, meant, said, now=now)
            titles |= {purpose: one.title(purpose) for purpose in meant}
        record_done(tx, case, [one.lead.id for one in leads], now=now, purposes=sorted(titles))
        end_case(tx, case.id, now=now)
        return list(titles.values())
