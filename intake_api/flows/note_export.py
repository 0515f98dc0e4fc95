"""Write down that a table of a report was taken out of the house: who, which, of which days (X-06)."""

from datetime import datetime

from intake_api.rules.period import Period
from intake_api.store import evidence
from intake_api.store.base import Store

EXPORTED = "report.exported"


def note_export(
    store: Store, *, report: str, table: str, period: Period, shape: str, staff_id: str, now: datetime
) -> str:
    """Write it down and return the id of the entry, by which the file is known.

    :param shape: in which shape: what stands between the cells, or `xlsx`.
    :raises StoreUnavailable: it cannot be written down, so nothing may be handed out.
    """
    days = f"{period.first.isoformat()}/{period.last.isoformat()}"
    facts = {"report": report, "table": table, "days": days, "shape": shape}
    with store.writing() as tx:
        return evidence.add_entry(tx, EXPORTED, actor=f"staff:{staff_id}", now=now, facts=facts)
