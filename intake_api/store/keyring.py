"""Which keys this database was made with: a process with other keys must not start (SEC-47, E-07)."""

from datetime import datetime

from sqlalchemy import Connection, String, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table

START_LOCK = 0x76657373  # PostgreSQL advisory lock: one process at a time looks whether it may start


class KeyMismatch(Exception):
    """A key of this process is not the one the database was made with; the text says which setting."""

    code = "key_mismatch"


class KeyringRow(Table):
    """One key in use, by name and id; the key itself is never here."""

    __tablename__ = "keyring"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime] = mapped_column(Moment)


def hold_start(tx: Connection) -> None:
    """Let other processes that start wait until this transaction ends: what a start writes is written once.

    On SQLite writers take turns anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": START_LOCK})


def check_keys(tx: Connection, keys: dict[str, str], *, now: datetime) -> None:
    """Compare the ids of this process's keys with the database's; remember those it does not know yet.

    :raises KeyMismatch: a known name has another key.
    """
    known = {row.name: row.key_id for row in tx.execute(select(KeyringRow.name, KeyringRow.key_id))}
    for name, key_id in keys.items():
        if name not in known:
            tx.execute(insert(KeyringRow).values(name=name, key_id=key_id, since=now))
        elif known[name] != key_id:
            raise KeyMismatch(
                f"VESTIBULE_{name} (id {key_id}) is not the key this database was made with (id {known[name]}). "
                "Put the right key back; nothing can be read or verified with another one."
            )
