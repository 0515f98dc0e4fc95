"""Verify the evidence: find an edited, deleted, reordered, inserted or truncated entry, and say where (E-03)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain as one_after_another
from pathlib import Path

from sqlalchemy import Connection

from intake_api.rules import merkle
from intake_api.store import evidence, notices
from intake_api.store.base import Store

SEQUENCED_WITHIN = timedelta(minutes=5)  # an entry that waits longer means that no worker runs


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: a stable code, where (an entry's place in the log, if there is one), and a sentence."""

    code: str
    place: int | None
    says: str


@dataclass(frozen=True)
class Verified:
    """What was checked, and everything that is wrong; the first fault is the one to look at."""

    entries: int
    checkpoints: int
    waiting: int
    faults: list[Fault]

    @property
    def ok(self) -> bool:
        """Whether the log stands as it was written."""
        return not self.faults


def verify_evidence(store: Store, signer: evidence.Signer, checkpoint_file: Path) -> Verified:
    """Compare every entry with its place, every checkpoint with the entries, and both with the copy outside.

    Reads only, in one transaction, so that a running service does not disturb it.
    """
    with store.reading() as tx:
        checkpoints = evidence.checkpoints_in_order(tx)
        outside = list(_outside(checkpoint_file))
        walk = _Walk(signer, one_after_another(checkpoints, outside))
        for entry in evidence.entries_in_order(tx):
            walk.take(entry)
        faults = [*walk.faults, *walk.missing(), *_beside_the_log(tx)]
        return Verified(walk.size, len(checkpoints), evidence.count_waiting(tx), faults)


class _Walk:
    """Goes through the entries in order and builds the tree again, as if nothing were known."""

    def __init__(self, signer: evidence.Signer, checkpoints: Iterable[evidence.Checkpoint]) -> None:
        self.faults: list[Fault] = []
        self.size = 0
        self._frontier: list[bytes] = []
        self._chain = bytes(32)
        self._broken = False
        self._by_size: dict[int, list[evidence.Checkpoint]] = {}
        for checkpoint in checkpoints:
            if not signer.has_signed(checkpoint.signed_text, checkpoint.signature):
                self._fault("checkpoint_forged", checkpoint.size, "This checkpoint is not signed by the service's key.")
            self._by_size.setdefault(checkpoint.size, []).append(checkpoint)

    def take(self, entry: evidence.Entry) -> None:
        """Check one entry and add it to the tree."""
        if not self._broken:
            self._check(entry)
        self._frontier = merkle.append(self._frontier, self.size, entry.leaf_hash)
        self._chain = merkle.chained(self._chain, entry.leaf_hash)
        self.size += 1
        for checkpoint in self._by_size.pop(self.size, []):
            if checkpoint.root != merkle.root(self._frontier) and not self._broken:
                self._break("root_differs", self.size - 1, "The log up to here is not the one that was signed.")

    def missing(self) -> Iterator[Fault]:
        """Tell about signed checkpoints that reach past the end of the log."""
        if self._by_size:
            says = f"Entries are missing at the end: a checkpoint was signed over {max(self._by_size)} entries."
            yield Fault("log_truncated", self.size, says)

    def _check(self, entry: evidence.Entry) -> None:
        if entry.position != self.size:
            self._break("entry_missing", self.size, "An entry was deleted, or its place was changed.")
        elif merkle.leaf_hash(entry.body) != entry.leaf_hash:
            self._break("entry_edited", self.size, "The entry is not the one that was written.")
        elif merkle.chained(self._chain, entry.leaf_hash) != entry.chain:
            self._break("order_changed", self.size, "Another entry stood here: reordered, inserted or replaced.")
        elif not _columns_agree(entry):
            self._break("entry_edited", self.size, "The columns beside the entry say something else than the entry.")

    def _break(self, code: str, place: int, says: str) -> None:
        """Note the first place that is wrong; everything after it would only repeat it."""
        self._broken = True
        self._fault(code, place, says)

    def _fault(self, code: str, place: int | None, says: str) -> None:
        self.faults.append(Fault(code, place, says))


def _columns_agree(entry: evidence.Entry) -> bool:
    said = json.loads(entry.body)
    return bool(said["id"] == entry.id and said["kind"] == entry.kind)


def _beside_the_log(tx: Connection) -> Iterator[Fault]:
    for notice_hash in notices.altered_notices(tx):
        yield Fault("notice_altered", None, f"The notice {notice_hash} was changed in the database.")
    if reference := evidence.find_unproven_lead(tx):
        yield Fault("lead_unproven", None, f"The lead {reference} has no entry of its submission.")


def _outside(file: Path) -> Iterator[evidence.Checkpoint]:
    """Read the copies outside; a torn last line (a crash while writing) is not a fault."""
    lines = file.read_text().splitlines() if file.exists() else []
    for number, line in enumerate(lines):
        try:
            said = json.loads(line)
        except ValueError:
            if number == len(lines) - 1:
                return
            raise
        at = datetime.fromisoformat(said["at"])
        yield evidence.Checkpoint(said["size"], bytes.fromhex(said["root"]), at, bytes.fromhex(said["signature"]))
