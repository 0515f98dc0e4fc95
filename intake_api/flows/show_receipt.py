"""Show a visitor their receipt: what was agreed, on which text, and where the evidence has it (P-01, P-04, P-06)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.receipt_token import read_receipt_token
from intake_api.flows.state_now import changed_yeses
from intake_api.rules.consent import DecisionState
from intake_api.rules.taking_back import BECOMES
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import Decision, list_decisions
from intake_api.store.leads import Lead, LeadUnknown, get_lead_by_receipt
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import erased_at

__all__ = ["LeadUnknown", "PurposeLife", "ReceiptErased", "ShownReceipt", "opened_receipt", "show_receipt"]


class ReceiptErased(Exception):
    """What a receipt was given for was erased: when, and the language in which its owner is told that and no more."""

    code = "receipt_erased"

    def __init__(self, at: datetime, locale: str, lead_id: str) -> None:
        super().__init__("What this receipt was given for was erased.")
        self.at = at
        self.locale = locale
        self.lead_id = lead_id


@dataclass(frozen=True)
class PurposeLife:
    """One purpose: where it stands, and where it stood before, newest first."""

    present: Decision
    earlier: list[Decision]

    @property
    def is_waiting(self) -> bool:
        """Say whether a first yes waits for its confirmation."""
        return self.present.state is DecisionState.REQUESTED

    @property
    def may_be_taken_back(self) -> bool:
        """Say whether there is anything to take back."""
        return self.present.state in BECOMES


@dataclass(frozen=True)
class ShownReceipt:
    """A receipt: no value the person typed is in it, so a lost link tells nobody who they are.

    `decisions` are all events, oldest first.
    """

    lead: Lead
    decisions: list[Decision]
    notice: Mapping[str, Any]
    entry: evidence.Entry
    changed: frozenset[str] = frozenset()  # purposes whose yes does not count until it is said again (C-17)

    @property
    def purposes(self) -> list[PurposeLife]:
        """The purposes in the order of the notice, each once, with its present state."""
        lives: dict[str, list[Decision]] = {str(purpose["id"]): [] for purpose in self.notice["purposes"]}
        for decision in self.decisions:
            lives.setdefault(decision.purpose, []).insert(0, decision)
        return [PurposeLife(newest, earlier) for newest, *earlier in filter(None, lives.values())]

    @property
    def has_a_yes(self) -> bool:
        """Say whether a yes of the person lives."""
        return any(BECOMES.get(life.present.state) is DecisionState.WITHDRAWN for life in self.purposes)


def show_receipt(store: Store, token: str) -> ShownReceipt:
    """Return the receipt that a token opens.

    :raises LeadUnknown: no such receipt.
    :raises ReceiptErased: what it was given for was erased.
    """
    with store.reading() as tx:
        lead = opened_receipt(tx, token)
        decisions = list_decisions(tx, lead.id)
        return ShownReceipt(
            lead=lead,
            decisions=decisions,
            notice=json.loads(get_notice_body(tx, lead.notice_hash)),
            entry=evidence.get_entry(tx, lead.evidence_entry),
            changed=changed_yeses(tx, lead, decisions),
        )


def opened_receipt(tx: Connection, token: str) -> Lead:
    """Return the lead that a token opens.

    :raises LeadUnknown: no such receipt.
    :raises ReceiptErased: what it was given for was erased.
    """
    lead = get_lead_by_receipt(tx, *read_receipt_token(token))
    if (at := erased_at(tx, lead.subject_id)) is not None:
        raise ReceiptErased(at, lead.locale, lead.id)
    return lead
