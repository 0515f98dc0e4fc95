"""Which lead each of the staff has before them: one at most, and for some minutes only. Ids, and nothing typed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, ForeignKey, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.leads import LeadRow
from intake_api.store.staff import StaffRow

LASTS = timedelta(minutes=5)


class LeadLookRow(Table):
    """The lead that a person opened last, and until when its page was seen to be open. Another one takes its place."""

    __tablename__ = "lead_looks"

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)


def add_look(tx: Connection, lead_id: str, staff_id: str, *, now: datetime) -> None:
    """Write down that somebody opened a lead, and forget everybody's that is over."""
    tx.execute(delete(LeadLookRow).where(LeadLookRow.seen_at <= now - LASTS, LeadLookRow.staff_id != staff_id))
    look = {"lead_id": lead_id, "opened_at": now, "seen_at": now}
    tx.execute(_look(tx, staff_id, look).on_conflict_do_update(index_elements=["staff_id"], set_=look))


def renew_look(tx: Connection, lead_id: str, staff_id: str, *, now: datetime) -> None:
    """Write down that somebody still has a lead before them; not where they opened another one since."""
    look = {"lead_id": lead_id, "opened_at": now, "seen_at": now}
    is_it = LeadLookRow.lead_id == lead_id
    row = _look(tx, staff_id, look)
    tx.execute(row.on_conflict_do_update(index_elements=["staff_id"], set_={"seen_at": now}, where=is_it))


def list_looks(tx: Connection, lead_id: str, *, but: str, now: datetime) -> list[datetime]:
    """Return since when others than one of them have a lead open, the longest first; not who they are (A-05)."""
    of_lead = (LeadLookRow.lead_id == lead_id, LeadLookRow.staff_id != but, LeadLookRow.seen_at > now - LASTS)
    return list(tx.scalars(select(LeadLookRow.opened_at).where(*of_lead).order_by(LeadLookRow.opened_at)))


def _look(tx: Connection, staff_id: str, look: dict[str, Any]) -> Any:
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    return add(LeadLookRow).values(staff_id=staff_id, **look)
