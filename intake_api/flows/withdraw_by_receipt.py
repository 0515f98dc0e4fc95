"""Take back, with a receipt in hand, what was agreed to: as easy as the yes was, and in effect at once (W-01, W-03)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.receipt_token import read_receipt_token
from intake_api.flows.record_answer import BY_MAIL
from intake_api.flows.take_back import RECEIPT, Said, take_back, taken_back
from intake_api.rules.consent import DecisionState, permits
from intake_api.rules.taking_back import meant_by_all
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions, list_decisions
from intake_api.store.deliveries import list_reached
from intake_api.store.lead_index import find_by_same_email
from intake_api.store.leads import Lead, LeadUnknown, get_lead_by_receipt
from intake_api.store.notices import get_notice_body

__all__ = ["LeadUnknown", "PurposeUnknown", "TakenBack", "withdraw_by_receipt"]


class PurposeUnknown(Exception):
    """The notice of this receipt asked about no such purpose; `purposes` names them."""

    code = "purpose_unknown"

    def __init__(self, purposes: Collection[str]) -> None:
        super().__init__("This receipt has no such purpose.")
        self.purposes = tuple(purposes)


@dataclass(frozen=True)
class TakenBack:
    """What came of it, and on which notice.

    `purposes` are those that were meant and are taken back, `lives_on` those that still permit something; `recipients`
    are the ids of those who had it before.
    """

    locale: str
    notice: Mapping[str, Any]
    purposes: list[str]
    lives_on: list[str]
    recipients: list[str]


def withdraw_by_receipt(
    store: Store, token: str, purposes: Collection[str] | None, *, words: str | None = None, now: datetime
) -> TakenBack:
    """Take back purposes of the lead that a receipt belongs to. Saying it again gets the same answer.

    The same yes in other leads of the address goes with it: whoever stops a newsletter means the newsletter, not one of
    two forms. A yes that was confirmed by mail goes only with a receipt of such a lead: anybody can type an address.

    :param purposes: ids; None for all that is meant by "all".
    :param words: what stood on the button, if there was one; a hash of it is kept.
    :raises LeadUnknown: no such receipt.
    :raises PurposeUnknown: a purpose was never asked about here; nothing was taken back.
    :raises StoreUnavailable: nothing was taken back.
    """
    with store.writing() as tx:
        known = get_lead_by_receipt(tx, *read_receipt_token(token))
        held = {lead_id: hold_lead(tx, lead_id) for lead_id in find_by_same_email(tx, known.id)}
        lead = held.pop(known.id)
        states = {one.purpose: one.state for one in current_decisions(tx, lead.id).values()}
        if purposes is not None and (unknown := sorted(set(purposes) - states.keys())):
            raise PurposeUnknown(unknown)
        meant = meant_by_all(states) if purposes is None else [one for one in states if one in purposes]
        proven_too = is_proven(tx, lead)
        take_back(tx, lead, meant, Said(RECEIPT, words), now=now)
        for other in held.values():
            said_yes = _yeses(tx, other, meant, proven_too=proven_too)
            take_back(tx, other, said_yes, Said(RECEIPT, words, {"by": lead.id}), now=now)
        after = current_decisions(tx, lead.id)
        return TakenBack(
            locale=lead.locale,
            notice=json.loads(get_notice_body(tx, lead.notice_hash)),
            purposes=taken_back(tx, lead.id, meant),
            lives_on=[one.purpose for one in after.values() if permits(one.state)],
            recipients=list_reached(tx, lead.id),
        )


def is_proven(tx: Connection, lead: Lead) -> bool:
    """Say whether the person showed that the address of a lead is theirs."""
    return any(one.control in BY_MAIL and one.state is DecisionState.GIVEN for one in list_decisions(tx, lead.id))


def _yeses(tx: Connection, lead: Lead, purposes: Collection[str], *, proven_too: bool) -> list[str]:
    """Return those of some purposes that a lead says yes to; what has to do with its mail only with `proven_too`."""
    now_there = current_decisions(tx, lead.id)
    said = [now_there[one] for one in purposes if one in now_there]
    if proven_too:
        return [one.purpose for one in said if one.state in (DecisionState.GIVEN, DecisionState.REQUESTED)]
    return [one.purpose for one in said if one.state is DecisionState.GIVEN and one.control not in BY_MAIL]
