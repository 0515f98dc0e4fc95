"""The evidence: an append-only record of what was answered, decided, read, moved and passed on (E-01 to E-06).

An entry is written in the transaction of the act it proves. The worker then puts entries into the tree's order and
signs a checkpoint, so that writers never queue behind one another. Entries hold ids, kinds, times and commitments,
never a value a person typed; a commitment is salted with the person's key and opens no more once that is destroyed.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Index,
    LargeBinary,
    String,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.clock import rfc3339
from intake_api.log import event
from intake_api.rules import merkle
from intake_api.rules.security_events import EVENTS
from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.checkpoints import (
    Checkpoint,
    add_checkpoint,
    checkpoint_within,
    first_checkpoint_over,
    last_checkpoint,
)
from intake_api.store.found import as_found
from intake_api.store.leads import LeadRow
from intake_api.store.signer import Signer
from intake_api.store.vault import DataKey, Vault

BY_STAFF = "by_staff IS NOT NULL"
OPERATOR = "operator"  # who works on the command line
SEQUENCER_LOCK = 0x76657374  # PostgreSQL advisory lock: one sequencer at a time


class EvidenceRow(Table):
    """One entry. `body` is its canonical JSON and the leaf of the tree; `position` is set by the sequencer."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index(None, "lead_id"),
        Index(None, "position", unique=True),
        Index(None, "at", "id", sqlite_where=text(BY_STAFF), postgresql_where=text(BY_STAFF)),
        Index(None, "by_staff", "at", "id", sqlite_where=text(BY_STAFF), postgresql_where=text(BY_STAFF)),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    lead_id: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(Moment)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    by_staff: Mapped[str | None] = mapped_column(String(32))  # which of us did it, to be found by
    chain: Mapped[bytes | None] = mapped_column(LargeBinary)
    thinned_by: Mapped[str | None] = mapped_column(String(32))  # the entry that says why nothing stands here any more


@dataclass(frozen=True)
class Entry:
    """One entry as it stands in the log; `position` is None until the sequencer placed it."""

    id: str
    position: int | None
    kind: str
    lead_id: str | None
    at: datetime
    body: bytes
    leaf_hash: bytes
    chain: bytes | None
    by_staff: str | None = None
    thinned_by: str | None = None


_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_ROWS = Adder(EvidenceRow)
_PLACE = (
    update(EvidenceRow)
    .where(EvidenceRow.id == bindparam("entry"))
    .values(position=bindparam("position_"), chain=bindparam("chain_"))
)
_ENTRY_COLUMNS = as_found(EvidenceRow, Entry.__dataclass_fields__)


def canonical(values: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON (RFC 8785) of what evidence holds: keys in ASCII, texts, whole numbers, no fractions.

    For these Python's own encoder writes the bytes that `rfc8785` writes, in a twentieth of the time.
    """
    return _CANONICAL.encode(values).encode()


def new_entry_id() -> str:
    """Draw the id of an entry, for rows that point to it."""
    return uuid.uuid4().hex


def add_entry(
    tx: Connection,
    kind: str,
    *,
    actor: str,
    now: datetime,
    entry_id: str | None = None,
    lead_id: str | None = None,
    subject_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
    commitment: bytes | None = None,
) -> str:
    """Write one entry in the caller's transaction and return its id.

    :param kind: what happened, dotted: `submission.received`, `lead.read`, `delivery.delivered` …
    :param actor: who did it: `subject`, `staff:<id>`, `operator`, `system`.
    :param facts: ids, codes, hashes and times; never a value a person typed.
    :param commitment: from `commit_to`, for what the entry must prove without telling it.
    """
    entry_id = entry_id or new_entry_id()
    entry: dict[str, Any] = {"id": entry_id, "at": rfc3339(now), "kind": kind, "actor": actor, **(facts or {})}
    if lead_id:
        entry["lead"] = lead_id
    if subject_id:
        entry["subject"] = subject_id
    if commitment:
        entry["commitment"] = commitment.hex()
    body = canonical(entry)
    by_staff = by_whom(entry)
    row = {
        "id": entry_id,
        "kind": kind,
        "lead_id": lead_id,
        "at": now,
        "body": body,
        "leaf_hash": merkle.leaf_hash(body),
        "by_staff": by_staff,
        "position": None,
        "chain": None,
        "thinned_by": None,
    }
    _ROWS.add(tx, row)
    if name := EVENTS.get(kind):
        event(f"security.{name}", entry=entry_id, staff=by_staff, about=entry.get("staff"))
    return entry_id


def by_whom(entry: Mapping[str, Any]) -> str | None:
    """Return which of us an entry is of, or, where a machine did it, whose account it was about: by what it says."""
    actor = str(entry.get("actor", ""))
    if actor.startswith("staff:"):
        return actor.removeprefix("staff:")
    return OPERATOR if actor == OPERATOR else entry.get("staff")


def commit_to(vault: Vault, key: DataKey, entry_id: str, values: Mapping[str, Any]) -> bytes:
    """Return a commitment to values: SHA-256 over their canonical JSON and a salt that dies with the person's key."""
    return hashlib.sha256(canonical(values) + vault.salt(key, entry_id)).digest()


def table_columns() -> tuple[ColumnElement[Any], ...]:
    """Return the columns that an `Entry` is read from."""
    return _ENTRY_COLUMNS


def get_entry(tx: Connection, entry_id: str) -> Entry:
    """Return one entry by its id. The caller knows that it exists."""
    return Entry(**tx.execute(select(*_ENTRY_COLUMNS).where(EvidenceRow.id == entry_id)).one()._mapping)


def list_entries(tx: Connection, lead_id: str) -> list[Entry]:
    """Return the entries of one lead, oldest first."""
    query = select(*_ENTRY_COLUMNS).where(EvidenceRow.lead_id == lead_id).order_by(EvidenceRow.at, EvidenceRow.id)
    return [Entry(**row._mapping) for row in tx.execute(query)]


def sequence(tx: Connection, signer: Signer, *, now: datetime, limit: int = 1000) -> Checkpoint | None:
    """Put waiting entries into the tree's order and sign the new state; None when nothing waited."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SEQUENCER_LOCK})
    waiting = (
        select(EvidenceRow.id, EvidenceRow.leaf_hash)
        .where(EvidenceRow.position.is_(None))
        .order_by(EvidenceRow.at, EvidenceRow.id)
        .limit(limit)
    )
    rows = tx.execute(waiting).all()
    if not rows:
        return None
    last = last_checkpoint(tx)
    size, chain, frontier = (last.size, last.chain, list(last.frontier)) if last else (0, bytes(32), [])
    places = []
    for row in rows:
        frontier, chain = merkle.append(frontier, size, row.leaf_hash), merkle.chained(chain, row.leaf_hash)
        places.append({"entry": row.id, "position_": size, "chain_": chain})
        size += 1
    tx.execute(_PLACE, places)
    checkpoint = Checkpoint(size, merkle.root(frontier), now, b"", signer.key_id, chain, tuple(frontier))
    signed = replace(checkpoint, signature=signer.sign(checkpoint.signed_text))
    add_checkpoint(tx, signed)
    return signed


@dataclass(frozen=True)
class Proven:
    """An entry, and what proves its place: a path from its hash to the root of a signed checkpoint.

    While it waits for its place there is neither; that it gets one is then a promise.
    """

    entry: Entry
    checkpoint: Checkpoint | None = None
    path: tuple[bytes, ...] = ()


def prove(tx: Connection, entry: Entry) -> Proven:
    """Return the proof of an entry in the first tree that holds it (E-05): as much work as one batch."""
    if entry.position is None:
        return Proven(entry)
    checkpoint = first_checkpoint_over(tx, entry.position)
    if checkpoint is None:
        return Proven(entry)
    return Proven(entry, checkpoint, tuple(merkle.inclusion(_known(tx, checkpoint), entry.position, checkpoint.size)))


def prove_growth(tx: Connection, earlier: Checkpoint, later: Checkpoint) -> list[bytes]:
    """Return the proof that one checkpoint's tree begins with another's (E-05): reads every leaf hash between them."""
    leaves = _leaves(tx, earlier.size, later.size)
    return merkle.consistency(merkle.known_hashes(earlier.frontier, earlier.size, leaves), earlier.size, later.size)


def find_placed(tx: Connection, leaf_hash: bytes, place: int) -> Entry | None:
    """Return the entry at a place, if it has this hash."""
    row = tx.execute(select(*_ENTRY_COLUMNS).where(EvidenceRow.position == place)).first()
    return Entry(**row._mapping) if row and row.leaf_hash == leaf_hash else None


def entries_of_kind(tx: Connection, kind: str) -> list[Entry]:
    """Return all entries of a kind of which there are few, oldest first."""
    query = select(*_ENTRY_COLUMNS).where(EvidenceRow.kind == kind).order_by(EvidenceRow.at, EvidenceRow.id)
    return [Entry(**row._mapping) for row in tx.execute(query)]


def entries_in_order(tx: Connection) -> Iterator[Entry]:
    """Stream all placed entries by position."""
    query = select(*_ENTRY_COLUMNS).where(EvidenceRow.position.is_not(None)).order_by(EvidenceRow.position)
    for row in tx.execution_options(yield_per=2000).execute(query):
        yield Entry(**row._mapping)


def entries_by_lead(tx: Connection, kinds: Iterable[str]) -> Iterator[tuple[str, Entry]]:
    """Stream the entries of some kinds, each with its lead, in the order of the leads' ids."""
    of_leads = (EvidenceRow.lead_id.is_not(None), EvidenceRow.kind.in_(list(kinds)))
    query = select(*_ENTRY_COLUMNS).where(*of_leads).order_by(EvidenceRow.lead_id)
    for row in tx.execution_options(yield_per=2000).execute(query):
        if isinstance(row.lead_id, str):  # anything else is no lead's, and is told where it stands
            yield row.lead_id, Entry(**row._mapping)


def count_waiting(tx: Connection) -> int:
    """Return how many entries wait for the sequencer."""
    return tx.scalar(select(func.count()).where(EvidenceRow.position.is_(None))) or 0


def waiting_since(tx: Connection) -> datetime | None:
    """Return the time of the oldest entry that waits for the sequencer, or None when none does."""
    oldest: datetime | None = tx.scalar(select(func.min(EvidenceRow.at)).where(EvidenceRow.position.is_(None)))
    return oldest


def find_unproven_lead(tx: Connection) -> str | None:
    """Return the reference of a lead whose entry of submission is missing, or None."""
    has_entry = select(EvidenceRow.id).where(EvidenceRow.id == LeadRow.evidence_entry).exists()
    reference: str | None = tx.scalar(select(LeadRow.reference).where(~has_entry).limit(1))
    return reference


def _known(tx: Connection, checkpoint: Checkpoint) -> dict[tuple[int, int], bytes]:
    """Return the hashes at hand for a tree: the state before its last batch, and the leaves of that batch."""
    before = checkpoint_within(tx, checkpoint.size - 1)
    size, frontier = (before.size, before.frontier) if before else (0, ())
    return merkle.known_hashes(frontier, size, _leaves(tx, size, checkpoint.size))


def _leaves(tx: Connection, start: int, end: int) -> list[bytes]:
    query = select(EvidenceRow.leaf_hash).where(EvidenceRow.position >= start, EvidenceRow.position < end)
    return list(tx.scalars(query.order_by(EvidenceRow.position)))
