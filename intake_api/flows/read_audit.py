"""Read what staff did, on the record: whoever watches is watched, too (A-01, A-03, A-05)."""

from datetime import datetime

from intake_api.store import evidence
from intake_api.store.audit import LOOKING, Asked, Deed, list_deeds
from intake_api.store.base import Store
from intake_api.store.leads import LeadUnknown, get_lead

__all__ = ["Asked", "Deed", "read_audit"]


def read_audit(
    store: Store, asked: Asked, *, reference: str | None = None, limit: int, staff_id: str, now: datetime
) -> list[Deed]:
    """Return what staff did, newest first, and write down who asked for what.

    :param reference: of a lead, in any case; none that is known finds nothing.
    :raises StoreUnavailable: the reading cannot be recorded, so nothing is read.
    """
    with store.writing() as tx:
        if reference:
            try:
                asked = Asked(asked.who, get_lead(tx, reference).id, asked.kind, asked.after)
            except LeadUnknown:
                return []
        facts = {"of": asked.who, "kinds": asked.kind, "why": "audit"}
        evidence.add_entry(tx, LOOKING, actor=f"staff:{staff_id}", now=now, lead_id=asked.lead_id, facts=facts)
        return list_deeds(tx, asked, limit=limit)
