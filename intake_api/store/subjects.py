"""The person behind a lead: a random id and a wrapped key. No key, no person (SEC-43, Q-01)."""

from datetime import datetime

from sqlalchemy import Connection, LargeBinary, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.vault import DataKey, Vault


class SubjectRow(Table):
    """One person. After erasure the key is gone and the id stays, so that evidence still has something to name."""

    __tablename__ = "subjects"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)


_ROWS = Adder(SubjectRow)


class SubjectErased(Exception):
    """This person was erased: nothing sealed under their key can be read again."""

    code = "subject_erased"


def add_subject(tx: Connection, vault: Vault, subject_id: str, *, now: datetime) -> DataKey:
    """Make a person with a fresh key; return the key, open."""
    key, wrapped = vault.new_data_key(subject_id)
    _ROWS.add(tx, {"id": subject_id, "wrapped_key": wrapped, "created_at": now, "erased_at": None})
    return key


def get_data_key(tx: Connection, vault: Vault, subject_id: str) -> DataKey:
    """Return a person's key, open.

    :raises SubjectErased: the key was destroyed.
    """
    return open_key(vault, subject_id, tx.scalar(select(SubjectRow.wrapped_key).where(SubjectRow.id == subject_id)))


def open_key(vault: Vault, subject_id: str, wrapped: bytes | None) -> DataKey:
    """Return a person's key, open, from what stands in its row.

    :raises SubjectErased: nothing does: the key was destroyed.
    """
    if wrapped is None:
        raise SubjectErased("This person was erased.")
    return vault.unwrap(subject_id, wrapped)


def wrap_anew(tx: Connection, vault: Vault, *, after: str, limit: int) -> tuple[str, int] | None:
    """Wrap the keys of some persons by the master key in use (E-07).

    :param after: the id of the last one before.
    :return: the id of the last one, and how many were wrapped anew; None when there is nobody after it.
    """
    not_erased = (SubjectRow.id > after, SubjectRow.wrapped_key.is_not(None))
    held = select(SubjectRow.id, SubjectRow.wrapped_key).where(*not_erased).order_by(SubjectRow.id).limit(limit)
    rows = tx.execute(held.with_for_update()).all()
    wrapped = [(row.id, anew) for row in rows if (anew := vault.wrap_anew(row.id, row.wrapped_key))]
    for subject_id, anew in wrapped:
        tx.execute(update(SubjectRow).where(SubjectRow.id == subject_id).values(wrapped_key=anew))
    return (rows[-1].id, len(wrapped)) if rows else None


def erase_subject(tx: Connection, subject_id: str, *, now: datetime) -> None:
    """Destroy a person's key: what was sealed under it opens no more, in no copy of the database (Q-01)."""
    erased = update(SubjectRow).where(SubjectRow.id == subject_id, SubjectRow.erased_at.is_(None))
    tx.execute(erased.values(wrapped_key=None, erased_at=now))


def is_erased(tx: Connection, subject_id: str) -> bool:
    """Say whether this person was erased."""
    return tx.scalar(select(SubjectRow.wrapped_key).where(SubjectRow.id == subject_id)) is None


def erased_at(tx: Connection, subject_id: str) -> datetime | None:
    """Return when this person was erased, or None."""
    found: datetime | None = tx.scalar(select(SubjectRow.erased_at).where(SubjectRow.id == subject_id))
    return found
