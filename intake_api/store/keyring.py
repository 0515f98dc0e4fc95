"""Which keys this database was made with: a process with other keys must not start (SEC-47, E-07).

Of the keys that sign it also knows the public halves, those of the past included: what they signed stays checkable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, LargeBinary, String, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table

START_LOCK = 0x76657373  # PostgreSQL advisory lock: one process at a time looks whether it may start
CHECKPOINTS, RECEIPTS = "EVIDENCE_KEY", "RECEIPT_KEY"
SIGNING = (CHECKPOINTS, RECEIPTS)


class KeyMismatch(Exception):
    """A key of this process is not the one the database was made with; the text says which setting."""

    code = "key_mismatch"


class KeyringRow(Table):
    """One key, in use or of the past, by name and id; the key itself is never here."""

    __tablename__ = "keyring"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime | None] = mapped_column(Moment)
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class KnownKey:
    """A key that this database was made with: in use while `until` is None. `public_key` of one that signs."""

    name: str
    key_id: str
    since: datetime
    until: datetime | None
    public_key: bytes | None


_COLUMNS = tuple(KeyringRow.__table__.c[name] for name in KnownKey.__dataclass_fields__)


def hold_start(tx: Connection) -> None:
    """Let other processes that start wait until this transaction ends: what a start writes is written once.

    On SQLite writers take turns anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": START_LOCK})


def check_keys(
    tx: Connection, keys: Mapping[str, Sequence[str]], *, now: datetime, public: Mapping[str, bytes] | None = None
) -> None:
    """Compare the ids of this process's keys with the database's; remember those it does not know yet.

    :param keys: by name, newest first: more than one while it is being rotated.
    :param public: the public halves of those that sign, by id.
    :raises KeyMismatch: the one in use is not among those of its name.
    """
    known = {key.name: key for key in list_keys(tx) if key.until is None}
    for name, ids in keys.items():
        key_id = known[name].key_id if name in known and known[name].key_id in ids else ids[0]
        half = (public or {}).get(key_id)
        if name not in known:
            tx.execute(insert(KeyringRow).values(name=name, key_id=key_id, since=now, public_key=half))
        elif known[name].key_id != key_id:
            raise KeyMismatch(
                f"VESTIBULE_{name} (id {key_id}) is not the key this database was made with (id {known[name].key_id}). "
                "Put the right key back; nothing can be read or verified with another one."
            )
        elif half and known[name].public_key is None:  # a database of a version that did not keep it
            same = (KeyringRow.name == name, KeyringRow.key_id == key_id)
            tx.execute(update(KeyringRow).where(*same).values(public_key=half))


def current_id(tx: Connection, name: str) -> str | None:
    """Return the id of the key in use, or None while there is none."""
    found: str | None = tx.scalar(select(KeyringRow.key_id).where(KeyringRow.name == name, KeyringRow.until.is_(None)))
    return found


def replace_key(tx: Connection, name: str, key_id: str, *, now: datetime, public_key: bytes | None = None) -> None:
    """Put a key in use in the place of the one before, which stays known."""
    tx.execute(update(KeyringRow).where(KeyringRow.name == name, KeyringRow.until.is_(None)).values(until=now))
    tx.execute(insert(KeyringRow).values(name=name, key_id=key_id, since=now, public_key=public_key))


def list_keys(tx: Connection) -> list[KnownKey]:
    """Return all keys by name, those of the past first."""
    query = select(*_COLUMNS).order_by(KeyringRow.name, KeyringRow.since, KeyringRow.key_id)
    return [KnownKey(**row._mapping) for row in tx.execute(query)]


def signing_keys(tx: Connection) -> list[KnownKey]:
    """Return the keys that checkpoints and receipts are or were signed with, if their public halves are known."""
    return [key for key in list_keys(tx) if key.name in SIGNING and key.public_key is not None]
