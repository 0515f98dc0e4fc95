"""What staff did, asked of the evidence: who looked at what, when and why (A-01). No value a person typed is in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from intake_api.store.evidence import EvidenceRow
from intake_api.store.leads import LeadRow

LOOKING = "audit.read"  # is written down as well, and left out unless it is asked for: each look would hide the rest


@dataclass(frozen=True)
class Asked:
    """What is looked for; None asks for anything. `after` is the last entry of the page before."""

    who: str | None = None
    lead_id: str | None = None
    kind: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Deed:
    """One thing that somebody of the staff did, or that was done about their account. `by` is an id, or `operator`."""

    id: str
    at: datetime
    by: str
    kind: str
    reference: str | None
    facts: Mapping[str, Any]


def list_deeds(tx: Connection, asked: Asked, *, limit: int) -> list[Deed]:
    """Return what staff did, newest first."""
    row = EvidenceRow
    query = (
        select(row.id, row.at, row.by_staff, row.kind, row.body, LeadRow.reference)
        .outerjoin(LeadRow, LeadRow.id == row.lead_id)
        .where(row.by_staff.is_not(None), row.kind == asked.kind if asked.kind else row.kind != LOOKING)
    )
    if asked.who:
        query = query.where(row.by_staff == asked.who)
    if asked.lead_id:
        query = query.where(row.lead_id == asked.lead_id)
    if asked.after and (last := tx.execute(select(row.at, row.id).where(row.id == asked.after)).one_or_none()):
        query = query.where(or_(row.at < last.at, and_(row.at == last.at, row.id < last.id)))
    found = tx.execute(query.order_by(row.at.desc(), row.id.desc()).limit(limit))
    return [Deed(one.id, one.at, one.by_staff, one.kind, one.reference, json.loads(one.body)) for one in found]
