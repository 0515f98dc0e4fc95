"""What destinations told us: the ids of their messages, so that none counts twice, and what they deleted over there."""

from datetime import datetime

from sqlalchemy import Connection, ForeignKey, String, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table, table_of
from intake_api.store.deliveries import DeliveryRow
from intake_api.store.leads import LeadRow


class InboundMessageRow(Table):
    """The id of a message that was heard."""

    __tablename__ = "inbound_messages"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    heard_at: Mapped[datetime] = mapped_column(Moment, index=True)


class DeletedThereRow(Table):
    """A lead whose record a recipient deleted: it is not made there again."""

    __tablename__ = "deleted_there"

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)
    recipient: Mapped[str] = mapped_column(String(64), primary_key=True)
    deleted_at: Mapped[datetime] = mapped_column(Moment)


def remember_message(tx: Connection, message: str, *, now: datetime) -> bool:
    """Say whether a message is new, and remember it. Of two at once one waits for the other and was not the first."""
    return _added(tx, InboundMessageRow, id=message, heard_at=now)


def forget_messages(tx: Connection, *, before: datetime) -> None:
    """Delete what was heard long ago: whoever says it again is too late by then."""
    tx.execute(delete(InboundMessageRow).where(InboundMessageRow.heard_at < before))


def note_deleted_there(tx: Connection, lead_id: str, recipient: str, *, now: datetime) -> bool:
    """Record that a recipient deleted the record of a lead; say whether that is news."""
    return _added(tx, DeletedThereRow, lead_id=lead_id, recipient=recipient, deleted_at=now)


def is_deleted_there(tx: Connection, lead_id: str, recipient: str) -> bool:
    """Say whether a recipient deleted the record of a lead."""
    row = DeletedThereRow
    return tx.scalar(select(row.lead_id).where(row.lead_id == lead_id, row.recipient == recipient)) is not None


def find_by_remote_id(tx: Connection, destination: str, remote_id: str) -> list[str]:
    """Return the ids of the leads that a destination told this id of, in an order in which many may be held."""
    same = (DeliveryRow.remote_id == remote_id, DeliveryRow.destination == destination)
    return sorted(set(tx.scalars(select(DeliveryRow.lead_id).where(*same))))


def _added(tx: Connection, row: type[Table], **values: object) -> bool:
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    new = add(table_of(row)).values(**values).on_conflict_do_nothing().returning(*table_of(row).primary_key)
    return tx.execute(new).first() is not None  # not `rowcount`: of an insert it is not told everywhere
