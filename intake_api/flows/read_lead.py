"""Read one lead whole, on the record: if the reading cannot be written down, nothing is shown (A-01, A-03)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import Decision, list_decisions
from intake_api.store.deliveries import Delivery, list_deliveries
from intake_api.store.leads import Lead, LeadRestricted, LeadUnknown, get_lead, get_lead_by_id, open_values
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import get_data_key

__all__ = ["LeadRestricted", "LeadUnknown", "WholeLead", "read_lead"]


@dataclass(frozen=True)
class WholeLead:
    """A lead with everything that belongs to it."""

    lead: Lead
    values: Mapping[str, Any]
    decisions: list[Decision]
    notice: Mapping[str, Any]
    deliveries: list[Delivery]
    entries: list[evidence.Entry]


def read_lead(store: Store, reference: str, *, actor: str, why: str, now: datetime) -> WholeLead:
    """Open a lead and record who read which fields, and why.

    :param actor: `staff:<id>` or `operator`.
    :param why: a code such as `review` or `command_line`.
    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises SubjectErased: the person was erased.
    :raises StoreUnavailable: the reading cannot be recorded, so nothing is read.
    """
    with store.writing() as tx:
        # Held, so that whoever erases it at this moment waits: else half of it would be there.
        lead = get_lead_by_id(tx, get_lead(tx, reference).id, hold=True)
        if lead.is_restricted:
            raise LeadRestricted("The person asked that this lead be kept and not used: it cannot be opened.")
        values = open_values(tx, store.vault, get_data_key(tx, store.vault, lead.subject_id), lead.id)
        evidence.add_entry(
            tx,
            "lead.read",
            actor=actor,
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts={"fields": sorted(values), "why": why},
        )
        return WholeLead(
            lead=lead,
            values=values,
            decisions=list_decisions(tx, lead.id),
            notice=json.loads(get_notice_body(tx, lead.notice_hash)),
            deliveries=list_deliveries(tx, lead.id),
            entries=evidence.list_entries(tx, lead.id),
        )
