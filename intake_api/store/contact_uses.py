"""Uses of a contact for a purpose: counted, so that nobody is written to or called more often than promised (C-21).

A use leads to a lead and to nothing else: whose contact it is, the lead's indexes say, and they go when it is erased.
"""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Index, String, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.leads import LeadRow


class ContactUseRow(Table):
    """One use: a mail, a call or a text that somebody said they are about to make."""

    __tablename__ = "contact_uses"
    __table_args__ = (Index(None, "lead_id", "purpose"), Index(None, "used_at"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id))
    purpose: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    used_at: Mapped[datetime] = mapped_column(Moment)


def add_use(tx: Connection, *, lead_id: str, purpose: str, channel: str, now: datetime) -> None:
    """Write down one use."""
    values = {"id": secrets.token_hex(16), "lead_id": lead_id, "purpose": purpose, "channel": channel, "used_at": now}
    tx.execute(insert(ContactUseRow).values(**values))


def list_uses(tx: Connection, lead_ids: Collection[str], purpose: str, *, since: datetime) -> list[datetime]:
    """Return when the contact of some leads was used for a purpose since a moment."""
    row = ContactUseRow
    query = select(row.used_at).where(row.lead_id.in_(list(lead_ids)), row.purpose == purpose, row.used_at >= since)
    return list(tx.scalars(query))


def remove_old_uses(tx: Connection, *, before: datetime) -> None:
    """Remove the uses that no budget asks about any more."""
    tx.execute(delete(ContactUseRow).where(ContactUseRow.used_at < before))


def remove_uses(tx: Connection, lead_id: str) -> None:
    """Remove the uses of a lead that is erased."""
    tx.execute(delete(ContactUseRow).where(ContactUseRow.lead_id == lead_id))
