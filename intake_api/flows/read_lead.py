"""Read one lead whole, on the record: if the reading cannot be written down, nothing is shown (A-01, A-03)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.count_readings import TooManyReadings, count_seen, has_room
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import Decision, list_decisions
from intake_api.store.deliveries import Delivery, list_deliveries
from intake_api.store.lead_notes import LeadNote, list_notes
from intake_api.store.leads import Lead, LeadRestricted, LeadUnknown, get_lead, get_lead_by_id, open_values
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import get_data_key

__all__ = ["LeadRestricted", "LeadUnknown", "TooManyReadings", "WholeLead", "read_lead"]


@dataclass(frozen=True)
class WholeLead:
    """A lead with everything that belongs to it."""

    lead: Lead
    values: Mapping[str, Any]
    decisions: list[Decision]
    notice: Mapping[str, Any]
    deliveries: list[Delivery]
    entries: list[evidence.Entry]
    notes: list[LeadNote]


def read_lead(store: Store, reference: str, *, actor: str, why: str, now: datetime) -> WholeLead:
    """Open a lead and record who read which fields, and why.

    :param actor: `staff:<id>` or `operator`.
    :param why: a code such as `review` or `command_line`.
    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises SubjectErased: the person was erased.
    :raises TooManyReadings: they saw so many that a second factor comes first (A-04).
    :raises StoreUnavailable: the reading cannot be recorded, so nothing is read.
    """
    with store.writing() as tx:
        whole = _read(tx, store, reference, actor, why, now) if has_room(tx, actor, now=now) else None
    if whole is None:
        raise TooManyReadings("Many leads were opened in a short time: show your second factor first.")
    return whole


def _read(tx: Connection, store: Store, reference: str, actor: str, why: str, now: datetime) -> WholeLead:
    # Held, so that whoever erases it at this moment waits: else half of it would be there.
    lead = get_lead_by_id(tx, get_lead(tx, reference).id, hold=True)
    if lead.is_restricted:
        raise LeadRestricted("The person asked that this lead be kept and not used: it cannot be opened.")
    key = get_data_key(tx, store.vault, lead.subject_id)
    values, notes = open_values(tx, store.vault, lead), list_notes(tx, store.vault, key, lead.id)
    evidence.add_entry(
        tx,
        "lead.read",
        actor=actor,
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"fields": sorted(values), "why": why, **({"notes": len(notes)} if notes else {})},
    )
    count_seen(tx, actor, 1, now=now)
    return WholeLead(
        lead=lead,
        values=values,
        decisions=list_decisions(tx, lead.id),
        notice=json.loads(get_notice_body(tx, lead.notice_hash)),
        deliveries=list_deliveries(tx, lead.id),
        entries=evidence.list_entries(tx, lead.id),
        notes=notes,
    )
