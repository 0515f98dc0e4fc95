"""Checkpoints: the signed states of the tree of evidence, one for each batch that was put into order (E-04).

They are copied to where whoever can write to the database cannot rewrite them.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, LargeBinary, Row, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.clock import rfc3339
from intake_api.store.base import Moment, Table
from intake_api.store.found import as_found

ORIGIN = "vestibule/evidence/1"


class CheckpointRow(Table):
    """The signed state of the tree at one size."""

    __tablename__ = "evidence_checkpoints"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    chain: Mapped[bytes] = mapped_column(LargeBinary)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(String(64))


@dataclass(frozen=True)
class Checkpoint:
    """The signed state of the tree: how many entries, their root, when, and the signature over these."""

    size: int
    root: bytes
    at: datetime
    signature: bytes
    key_id: str | None = None  # of the key that signed it; None from a copy that does not say
    chain: bytes = bytes(32)
    frontier: tuple[bytes, ...] = ()

    @property
    def signed_text(self) -> bytes:
        """Return the bytes the signature is over."""
        return f"{ORIGIN}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{rfc3339(self.at)}\n".encode()

    def to_line(self) -> str:
        """Write the checkpoint as one line of JSON, for the copy outside the database."""
        values = {"origin": ORIGIN, "size": self.size, "root": self.root.hex(), "at": rfc3339(self.at)}
        return json.dumps({**values, "signature": self.signature.hex(), "key": self.key_id})


class CheckpointUnreadable(Exception):
    """A line of the copy outside is no checkpoint."""

    code = "checkpoint_unreadable"


def read_checkpoint(line: str) -> Checkpoint:
    """Read what `Checkpoint.to_line` wrote.

    :raises CheckpointUnreadable: it is something else.
    """
    try:
        said = json.loads(line)
        size, at = int(said["size"]), datetime.fromisoformat(said["at"])
        root, signature, key = bytes.fromhex(said["root"]), bytes.fromhex(said["signature"]), said.get("key")
        return Checkpoint(size, root, at, signature, None if key is None else str(key))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CheckpointUnreadable("This line is no checkpoint.") from error


_COLUMNS = as_found(CheckpointRow, Checkpoint.__dataclass_fields__)


def add_checkpoint(tx: Connection, checkpoint: Checkpoint) -> None:
    """Write down a checkpoint that was signed."""
    columns = {name: getattr(checkpoint, name) for name in ("size", "root", "at", "signature", "key_id", "chain")}
    tx.execute(insert(CheckpointRow).values(frontier=b"".join(checkpoint.frontier), **columns))


def last_checkpoint(tx: Connection) -> Checkpoint | None:
    """Return the newest checkpoint, or None while the tree is empty."""
    row = tx.execute(select(*_COLUMNS).order_by(CheckpointRow.size.desc()).limit(1)).first()
    return None if row is None else _checkpoint(row)


def find_checkpoint(tx: Connection, size: int) -> Checkpoint | None:
    """Return the checkpoint over exactly so many entries, if there is one."""
    return _one_checkpoint(tx, CheckpointRow.size == size)


def checkpoint_within(tx: Connection, size: int) -> Checkpoint | None:
    """Return the newest checkpoint over at most so many entries."""
    return _one_checkpoint(tx, CheckpointRow.size <= size)


def first_checkpoint_over(tx: Connection, place: int) -> Checkpoint | None:
    """Return the first checkpoint that covers a place, or None while none does."""
    order = select(*_COLUMNS).limit(1)
    after = tx.execute(order.where(CheckpointRow.size > place).order_by(CheckpointRow.size)).first()
    return None if after is None else _checkpoint(after)


def checkpoints_in_order(tx: Connection) -> list[Checkpoint]:
    """Return all checkpoints, smallest tree first."""
    rows = tx.execute(select(*_COLUMNS).order_by(CheckpointRow.size))
    return [_checkpoint(row) for row in rows]


def _one_checkpoint(tx: Connection, wanted: ColumnElement[bool]) -> Checkpoint | None:
    row = tx.execute(select(*_COLUMNS).where(wanted).order_by(CheckpointRow.size.desc()).limit(1)).first()
    return None if row is None else _checkpoint(row)


def _checkpoint(row: Row[Any]) -> Checkpoint:
    values = dict(row._mapping)
    joined: bytes = values.pop("frontier")
    if not isinstance(values["size"], int):
        values["size"] = 0  # which nobody signs
    return Checkpoint(**values, frontier=tuple(joined[at : at + 32] for at in range(0, len(joined), 32)))
