"""Show a person, by the link of a rights case, all that is held about their address (Art. 15, S-05).

The first press uses the link up and gives a key; with it the same data can be taken home as a file for a quarter of an
hour. Each time is a reading that stands in the evidence of the lead (A-01).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.state_now import changed_yeses
from intake_api.flows.use_link import CaseOver, CaseUnknown, record_done, use_link
from intake_api.rules.lead_state import LeadState
from intake_api.rules.rights import RESULT_LASTS, RightsKind
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.confirmations import Confirmation, list_confirmations
from intake_api.store.decisions import Decision, list_decisions
from intake_api.store.deliveries import Delivery, list_deliveries
from intake_api.store.lead_index import find_by_email
from intake_api.store.lead_notes import LeadNote, list_notes
from intake_api.store.leads import Lead, open_values
from intake_api.store.notices import get_notice_body
from intake_api.store.rights_cases import (
    RightsCase,
    get_case_by_token,
    keep_result,
    open_address,
    result_opens_by,
)
from intake_api.store.subjects import get_data_key

__all__ = ["CaseOver", "CaseUnknown", "OwnData", "OwnLead", "read_again", "read_by_link"]


@dataclass(frozen=True)
class OwnLead:
    """One lead with everything that belongs to it. `entries` are the bodies of its evidence, oldest first.

    `changed` are the purposes whose yes does not count until it is said again (C-17).
    """

    lead: Lead
    values: Mapping[str, Any]
    notice: Mapping[str, Any]
    decisions: list[Decision]
    confirmations: list[Confirmation]
    entries: list[Mapping[str, Any]]
    changed: frozenset[str]
    notes: list[LeadNote]
    told: list[Delivery]  # what recipients were told of changes, or still are to be


@dataclass(frozen=True)
class OwnData:
    """All that is held about an address, as its owner may read it; `key` opens it once more."""

    case: RightsCase
    email: str
    leads: list[OwnLead]
    key: str


def read_by_link(store: Store, token: str, *, kind: RightsKind = RightsKind.ACCESS, now: datetime) -> OwnData:
    """Use the link and return the data: to be seen, taken along or put right, as was asked for.

    :raises CaseUnknown: no such token.
    :raises CaseOver: the link was used, or it is too late.
    :raises StoreUnavailable: the reading cannot be recorded, so nothing is read, and the link is still good.
    """
    with store.writing() as tx:
        case = use_link(tx, token, kind, now=now)
        key = secrets.token_urlsafe(24)
        keep_result(tx, case.id, key, until=now + RESULT_LASTS)
        data = _read(tx, store, case, key, now=now)
        record_done(tx, case, [one.lead.id for one in data.leads], now=now)
        return data


def read_again(store: Store, token: str, key: str, *, now: datetime) -> OwnData:
    """Return the data once more, to whom the first page gave the key.

    :raises CaseUnknown: no such token.
    :raises CaseOver: another key, or it is too late.
    :raises StoreUnavailable: the reading cannot be recorded, so nothing is read.
    """
    with store.writing() as tx:
        case = get_case_by_token(tx, token, hold=True)
        if not result_opens_by(tx, case, key, now=now):
            raise CaseOver("This page is over.")
        return _read(tx, store, case, key, now=now)


def _read(tx: Connection, store: Store, case: RightsCase, key: str, *, now: datetime) -> OwnData:
    email = open_address(tx, store.vault, case.id)
    leads = [hold_lead(tx, lead_id) for lead_id in find_by_email(tx, store.vault, email)]
    read = [_read_lead(tx, store, lead, case, now=now) for lead in leads if lead.state is not LeadState.ERASED]
    # Two addresses may share a blind index, once in a very long time. Whose data it is must never depend on that.
    own = [one for one in read if str(one.values.get("email", "")).casefold() == email.casefold()]
    return OwnData(case, email, own, key)


def _read_lead(tx: Connection, store: Store, lead: Lead, case: RightsCase, *, now: datetime) -> OwnLead:
    key = get_data_key(tx, store.vault, lead.subject_id)
    values, notes = open_values(tx, store.vault, lead), list_notes(tx, store.vault, key, lead.id)
    noted = {"notes": len(notes)} if notes else {}
    evidence.add_entry(
        tx,
        "lead.read",
        actor="subject",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"fields": sorted(values), "why": case.kind.value, "case": case.id, **noted},
    )
    decisions = list_decisions(tx, lead.id)
    return OwnLead(
        lead=lead,
        values=values,
        notice=json.loads(get_notice_body(tx, lead.notice_hash)),
        decisions=decisions,
        confirmations=list_confirmations(tx, lead.id),
        entries=[json.loads(entry.body) for entry in evidence.list_entries(tx, lead.id)],
        changed=changed_yeses(tx, lead, decisions),
        notes=notes,
        told=[one for one in list_deliveries(tx, lead.id) if one.is_no],
    )
