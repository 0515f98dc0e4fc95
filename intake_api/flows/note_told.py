"""Note that a rights case is complete: everybody who has to know of it was told, or a person closed it (S-16, G-03)."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.rules.rights import CaseStatus
from intake_api.store import evidence
from intake_api.store.case_deliveries import cases_of, find_pending


def note_told(tx: Connection, delivery_id: str, *, now: datetime) -> None:
    """Write it down for each case that waited for this delivery last. The caller has just settled it."""
    waited = cases_of(tx, [delivery_id])
    for case_id in sorted(waited - find_pending(tx, waited)):
        facts = {"case": case_id, "status": CaseStatus.COMPLETE.value}
        evidence.add_entry(tx, "rights.told", actor="system", now=now, facts=facts)
