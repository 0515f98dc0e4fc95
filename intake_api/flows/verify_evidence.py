"""Verify the evidence: find an edited, deleted, reordered, inserted or truncated entry, and say where (E-03)."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from intake_api.clock import rfc3339
from intake_api.flows.forget_erased import FORGOTTEN
from intake_api.rules import merkle
from intake_api.rules.consent import DecisionState
from intake_api.store import evidence, notices
from intake_api.store.base import Store
from intake_api.store.decisions import decisions_by_lead
from intake_api.store.keyring import CHECKPOINTS
from intake_api.store.leads import LeadUnknown, get_lead_by_id
from intake_api.store.tombstones import is_gone

SEQUENCED_WITHIN = timedelta(minutes=5)  # a worker takes a second or two: an entry that waits longer has none
ROTATED = "key.rotated"
IsSigned = Callable[[evidence.Checkpoint], bool]
Stands = Callable[[bytes, bytes], bool]
# The kinds of entries that prove a decision. The first lists what was decided; the others say it by what they are.
DECIDED = "submission.received"
ANSWERED: Mapping[str, Callable[[Any], str]] = {
    "consent.confirmed": lambda _: DecisionState.GIVEN,
    "consent.unconfirmed": lambda _: DecisionState.REFUSED,
    "consent.disowned": itemgetter("to"),
    "consent.withdrawn": lambda _: DecisionState.WITHDRAWN,
    "consent.expired": lambda _: DecisionState.EXPIRED,
    "consent.renewed": lambda _: DecisionState.GIVEN,
    "request.stopped": lambda _: DecisionState.STOPPED,
}


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
    waiting_since: datetime | None
    faults: list[Fault]

    @property
    def ok(self) -> bool:
        """Whether the log stands as it was written."""
        return not self.faults

    def waits_too_long(self, now: datetime) -> bool:
        """Whether entries wait longer for their place than a worker would leave them: no fault, but look for it."""
        return self.waiting_since is not None and now - self.waiting_since > SEQUENCED_WITHIN


def verify_evidence(
    store: Store, signer: evidence.Signer, checkpoint_file: Path, copies: Iterable[Path] = ()
) -> Verified:
    """Compare every entry with its place, every checkpoint with the entries, and both with the copy outside.

    :param copies: further copies, such as the line of a mail saved in a file, or the files of a folder.

    Reads only, in one transaction, so that a running service does not disturb it.
    """
    # The copy is read first: of what the worker writes from here on, the database may know more, but never less.
    outside = _read_copy(checkpoint_file)
    further = [_read_copy(copy) for copy in copies]
    with store.reading() as tx:
        inside = evidence.checkpoints_in_order(tx)
        known = [*inside, *outside.checkpoints, *(one for copy in further for one in copy.checkpoints)]
        walk = _Walk(_signatures(tx, signer, known), known)
        for entry in evidence.entries_in_order(tx):
            walk.take(entry)
        faults = [*walk.faults, *walk.missing(), *_unsigned(walk.size, inside), *outside.faults]
        faults += [fault for copy in further for fault in copy.faults]
        faults += _beside_the_log(tx)
        verified = Verified(walk.size, len(inside), evidence.count_waiting(tx), evidence.waiting_since(tx), faults)
    if inside and outside.is_empty and _read_copy(checkpoint_file).is_empty:  # the first may just have been made
        says = f"There is no copy of the checkpoints in {checkpoint_file}: an end that was cut off cannot be found."
        faults.append(Fault("no_copy_outside", None, says))
    return verified


class _Walk:
    """Goes through the entries in order and builds the tree again, as if nothing were known."""

    def __init__(self, is_signed: IsSigned, checkpoints: Iterable[evidence.Checkpoint]) -> None:
        self.faults: list[Fault] = []
        self.size = 0
        self._frontier: list[bytes] = []
        self._chain = bytes(32)
        self._broken = False
        self._by_size: dict[int, list[evidence.Checkpoint]] = {}
        for checkpoint in checkpoints:
            if is_signed(checkpoint):
                self._by_size.setdefault(checkpoint.size, []).append(checkpoint)
            else:  # what it says of the log counts for nothing
                self._fault("checkpoint_forged", checkpoint.size, "This checkpoint is not signed by the service's key.")

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


def _signatures(tx: Connection, signer: evidence.Signer, checkpoints: Sequence[evidence.Checkpoint]) -> IsSigned:
    """Return what says whether a checkpoint is signed: by the key in use, or by one that it took the place of.

    That a key took another's place is an entry of the log, and counts once a checkpoint over it is signed by a key that
    counts: so nobody can add one that was never in use. A key of the past counts for what was signed until then, also
    if somebody steals it later.
    """
    counts: list[tuple[float, Stands]] = [(math.inf, signer.has_signed)]

    def is_signed(checkpoint: evidence.Checkpoint) -> bool:
        text, signature = checkpoint.signed_text, checkpoint.signature
        return any(checkpoint.size <= until and stands(text, signature) for until, stands in counts)

    for place, public in sorted(_rotations(tx), reverse=True):
        if any(checkpoint.size > place and is_signed(checkpoint) for checkpoint in checkpoints):
            counts.append((place, evidence.verifier_of(public)))
    return is_signed


def _rotations(tx: Connection) -> Iterator[tuple[int, bytes]]:
    """Go through the rotations of the evidence key: their places, and the key that went."""
    for entry in evidence.entries_of_kind(tx, ROTATED):
        with suppress(ValueError, KeyError, TypeError):  # what cannot be read proves nothing
            said = json.loads(entry.body)
            if said["key"] == CHECKPOINTS and entry.position is not None:
                yield entry.position, bytes.fromhex(said["from_public"])


def _columns_agree(entry: evidence.Entry) -> bool:
    said = json.loads(entry.body)
    beside = (entry.id, entry.kind, entry.lead_id, rfc3339(entry.at))
    return bool((said["id"], said["kind"], said.get("lead"), said["at"]) == beside)


def _unsigned(size: int, checkpoints: list[evidence.Checkpoint]) -> Iterator[Fault]:
    """Tell about places past the last checkpoint: it is written with them, so somebody took it away."""
    signed = max((checkpoint.size for checkpoint in checkpoints), default=0)
    if signed < size:
        yield Fault("checkpoint_missing", signed, "From here on no checkpoint in the database covers the log.")


def _beside_the_log(tx: Connection) -> Iterator[Fault]:
    for notice_hash in notices.altered_notices(tx):
        yield Fault("notice_altered", None, f"The notice {notice_hash} was changed in the database.")
    if reference := evidence.find_unproven_lead(tx):
        yield Fault("lead_unproven", None, f"The lead {reference} has no entry of its submission.")
    for lead_id in _leads_decided_otherwise(tx):
        says = f"The decisions of the lead {_name(tx, lead_id)} are not those that its entries prove."
        yield Fault("decision_differs", None, says)


def _leads_decided_otherwise(tx: Connection) -> list[str]:
    """Return the leads for which entries and table of decisions differ, either way."""
    proven = (
        (lead_id, (entry.id, *decision))
        for lead_id, entry in evidence.entries_by_lead(tx, [DECIDED, *ANSWERED])
        for decision in _proven(entry)
    )
    forgotten = {entry.lead_id for entry in evidence.entries_of_kind(tx, FORGOTTEN)}
    kept = ((lead_id, (one.evidence_entry, one.purpose, one.state)) for lead_id, one in decisions_by_lead(tx))
    differing = []
    for lead_id, both in groupby(merge(proven, kept, key=itemgetter(0)), key=itemgetter(0)):
        unpaired: set[object] = set()
        for _, decision in both:
            unpaired ^= {decision}
        if unpaired and not (lead_id in forgotten and is_gone(tx, lead_id)):
            differing.append(lead_id)
    return differing


def _proven(entry: evidence.Entry) -> list[tuple[str, str]]:
    """Return purpose and state of what an entry proves; an entry that cannot be read proves nothing."""
    try:
        said = json.loads(entry.body)
        if entry.kind == DECIDED:
            return [(one["purpose"], one["state"]) for one in said["decisions"]]
        return [(said["purpose"], ANSWERED[entry.kind](said))]
    except (ValueError, KeyError, TypeError):
        return []


def _name(tx: Connection, lead_id: str) -> str:
    try:
        return get_lead_by_id(tx, lead_id).reference
    except LeadUnknown:
        return lead_id


@dataclass(frozen=True)
class _Copy:
    """The checkpoints outside the database, and what is wrong with their lines."""

    checkpoints: list[evidence.Checkpoint]
    faults: list[Fault]

    @property
    def is_empty(self) -> bool:
        return not self.checkpoints and not self.faults


def _read_copy(file: Path) -> _Copy:
    """Read the copy outside. A line torn by a crash while it was written lacks its end, and is no fault."""
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    checkpoints, faults = [], []
    for number, line in enumerate(lines, start=1):
        try:
            checkpoints.append(evidence.read_checkpoint(line))
        except evidence.CheckpointUnreadable:
            if not line.strip() or (line.startswith("{") and not line.endswith("}")):
                continue
            says = f"Line {number} of the copy outside is no checkpoint of this service."
            faults.append(Fault("checkpoint_forged", None, says))
    return _Copy(checkpoints, faults)
