"""Empty entries of the evidence whose time is over: their hashes and places stay, and so every other proof (A-06)."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from intake_api.rules import merkle
from intake_api.store.base import table_of
from intake_api.store.evidence import Entry, EvidenceRow, table_columns

EMPTY = b"{}"  # not nothing: what is no bytes at all is read as nothing, whatever it says


def find_passed(tx: Connection, kinds: Collection[str], *, before: datetime, limit: int) -> list[Entry]:
    """Return entries of these kinds from before a moment that have their place, in its order; hold them."""
    row = EvidenceRow
    passed = row.by_staff.is_not(None), row.at < before, row.position.is_not(None), row.kind.in_(sorted(kinds))
    oldest = select(row.id).where(*passed).order_by(row.at, row.id).limit(limit)
    query = select(*table_columns()).where(row.id.in_(oldest)).order_by(row.position).with_for_update()
    return [Entry(**found._mapping) for found in tx.execute(query)]


def empty(tx: Connection, entries: Collection[Entry], by: str) -> None:
    """Take from entries what they said, and from the columns beside them whom it was about.

    :param by: the id of the entry that says so.
    """
    row = table_of(EvidenceRow)
    values = {"body": EMPTY, "lead_id": None, "by_staff": None, "thinned_by": by}
    change = update(row).where(row.c.id == bindparam("entry")).values(**values)
    tx.execute(change, [{"entry": entry.id} for entry in entries])


def digest_of(entries: Iterable[Entry]) -> str:
    """Return a hash over the places and hashes of entries, which does not change when they are emptied."""
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(place_of(entry))
    return digest.hexdigest()


def place_of(entry: Entry) -> bytes:
    """Return the bytes that stand for an entry in `digest_of`."""
    return (entry.position or 0).to_bytes(8, "big") + entry.leaf_hash


def says_what_was_written(entry: Entry) -> bool:
    """Say whether an entry is still the one that was written."""
    return merkle.leaf_hash(entry.body) == entry.leaf_hash
