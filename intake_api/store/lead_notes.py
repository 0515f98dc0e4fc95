"""Notes that staff write on a lead. What one says is about a person: sealed under their key, it goes with the lead."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Index, LargeBinary, String, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.leads import LeadRow
from intake_api.store.vault import DataKey, Vault

TEXT = "text"


class LeadNoteRow(Table):
    """One note. Who wrote it and when stand in clear; what it says does not."""

    __tablename__ = "lead_notes"
    __table_args__ = (Index(None, "lead_id", "written_at"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id))
    written_by: Mapped[str] = mapped_column(String(32))
    written_at: Mapped[datetime] = mapped_column(Moment)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class LeadNote:
    """One note, open. `written_by` is the id of one of the staff."""

    id: str
    written_by: str
    written_at: datetime
    text: str


def add_note(tx: Connection, vault: Vault, key: DataKey, lead_id: str, note: LeadNote) -> bool:
    """Seal and write a note; False if one with its id is there already: the same form was sent twice.

    :param key: of the lead's person.
    """
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    sealed = vault.seal(key, {TEXT: note.text}, place=_place(note.id))
    row = {"id": note.id, "lead_id": lead_id, "written_by": note.written_by, "written_at": note.written_at}
    written = add(LeadNoteRow).values(**row, sealed=sealed).on_conflict_do_nothing(index_elements=["id"])
    return tx.scalar(written.returning(LeadNoteRow.id)) is not None


def list_notes(tx: Connection, vault: Vault, key: DataKey, lead_id: str) -> list[LeadNote]:
    """Return the notes on a lead, oldest first. Reading them is an act to be recorded, as `open_values` is (A-01)."""
    columns = (LeadNoteRow.id, LeadNoteRow.written_by, LeadNoteRow.written_at, LeadNoteRow.sealed)
    query = select(*columns).where(LeadNoteRow.lead_id == lead_id).order_by(LeadNoteRow.written_at, LeadNoteRow.id)
    return [
        LeadNote(row.id, row.written_by, row.written_at, vault.open(key, row.sealed, place=_place(row.id))[TEXT])
        for row in tx.execute(query)
    ]


def remove_notes(tx: Connection, lead_id: str) -> None:
    """Remove all notes on a lead."""
    tx.execute(delete(LeadNoteRow).where(LeadNoteRow.lead_id == lead_id))


def _place(note_id: str) -> str:
    return f"lead_notes.sealed|{note_id}"
