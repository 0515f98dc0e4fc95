"""Erase, by the link of a rights case, everything that is held about an address (Art. 17)."""

from datetime import datetime

from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.show_case import held_by_case
from intake_api.flows.use_link import CaseOver, CaseUnknown, record_done, use_link
from intake_api.rules.lead_state import LeadState
from intake_api.rules.rights import RightsKind
from intake_api.store.base import Store
from intake_api.store.deliveries import list_reached
from intake_api.store.rights_cases import end_case

__all__ = ["CaseOver", "CaseUnknown", "erase_by_link"]


def erase_by_link(store: Store, token: str, *, now: datetime) -> list[str]:
    """Erase all leads of the address; return the names of the recipients who had something of it before, each once.

    :raises CaseUnknown: no such token.
    :raises CaseOver: the link was used, or it is too late.
    :raises StoreUnavailable: nothing was erased, and the link is still good.
    """
    with store.writing() as tx:
        case = use_link(tx, token, RightsKind.ERASURE, now=now)
        held = held_by_case(tx, store, case)
        names: dict[str, str] = {}
        for one in held:
            lead = hold_lead(tx, one.lead.id)
            if lead.state is not LeadState.ERASED:
                erase_lead(tx, lead, actor="subject", why="asked", case_id=case.id, now=now)
            known = {recipient["id"]: recipient["name"] for recipient in one.notice["recipients"]}
            names |= {recipient: known.get(recipient, recipient) for recipient in list_reached(tx, lead.id)}
        record_done(tx, case, [one.lead.id for one in held], now=now)
        end_case(tx, case.id, now=now)
        return list(names.values())
