"""Show what the link of a rights case leads to. Looking changes nothing, however often a scanner looks (C-13, W-05)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from intake_api.rules.consent import DecisionState
from intake_api.rules.rights import RightsKind, may_be_objected_to
from intake_api.rules.taking_back import BECOMES
from intake_api.store.base import Store
from intake_api.store.decisions import states_of
from intake_api.store.lead_index import find_by_email
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.notices import get_notice_body
from intake_api.store.rights_cases import CaseUnknown, RightsCase, get_case_by_token, open_address, open_replaced

__all__ = ["CaseUnknown", "HeldLead", "ShownCase", "held_by_case", "show_case"]


@dataclass(frozen=True)
class HeldLead:
    """One lead of the address: nothing the person typed is in it."""

    lead: Lead
    notice: Mapping[str, Any]
    states: Mapping[str, DecisionState]

    @property
    def living(self) -> list[str]:
        """The purposes that may be taken back, in the order of the notice."""
        order = [str(purpose["id"]) for purpose in self.notice["purposes"]]
        return [purpose for purpose in order if self.states.get(purpose) in BECOMES]

    @property
    def objectable(self) -> list[str]:
        """The living purposes that may be objected to: advertising, and what rests on an interest of ours (Art. 21)."""
        told = {str(one["id"]): may_be_objected_to(one["basis"], one["dpv"]) for one in self.notice["purposes"]}
        return [purpose for purpose in self.living if told[purpose]]

    def title(self, purpose: str) -> str:
        """Return what the notice calls a purpose."""
        return str(self.notice["texts"].get(f"title.{purpose}", purpose))


@dataclass(frozen=True)
class ShownCase:
    """A case and the leads it is about; none once the case is over."""

    case: RightsCase
    leads: list[HeldLead]

    @property
    def living(self) -> dict[str, str]:
        """What may be taken back: titles by purpose, each once, however many leads have it."""
        return {purpose: held.title(purpose) for held in self.leads for purpose in held.living}

    @property
    def objectable(self) -> dict[str, str]:
        """What may be objected to: titles by purpose, each once."""
        return {purpose: held.title(purpose) for held in self.leads for purpose in held.objectable}

    @property
    def is_restricted(self) -> bool:
        """Say whether any of it is only kept at this moment."""
        return any(held.lead.is_restricted for held in self.leads)


def show_case(store: Store, token: str) -> ShownCase:
    """Return the case that a token opens.

    :raises CaseUnknown: no such token, or all about it is forgotten.
    """
    with store.reading() as tx:
        case = get_case_by_token(tx, token)
        over = case.used_at is not None or case.ended_at is not None
        return ShownCase(case, [] if over else held_by_case(tx, store, case))


def held_by_case(tx: Connection, store: Store, case: RightsCase) -> list[HeldLead]:
    """Return the leads of a case's address, in the order in which many may be held."""
    is_new = case.kind is RightsKind.ADDRESS
    address = (open_replaced if is_new else open_address)(tx, store.vault, case.id)
    ids = find_by_email(tx, store.vault, address)
    states = states_of(tx, ids)
    leads = [get_lead_by_id(tx, lead_id) for lead_id in ids]
    return [HeldLead(lead, json.loads(get_notice_body(tx, lead.notice_hash)), states[lead.id]) for lead in leads]
