"""Verify the evidence: find an edited, deleted, reordered, inserted or truncated entry, and say where (E-03)."""

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
from intake_api.flows.verify_thinning import Thinned
from intake_api.rules import merkle
from intake_api.rules.consent import DecisionState
from intake_api.store import evidence, notices
from intake_api.store.base import Store
from intake_api.store.checkpoints import Checkpoint, CheckpointUnreadable, checkpoints_in_order, read_checkpoint
from intake_api.store.decisions import decisions_by_lead
from intake_api.store.keyring import CHECKPOINTS
from intake_api.store.lead_lists import KeptLead, leads_as_kept
from intake_api.store.leads import LeadUnknown, reference_of
from intake_api.store.signer import Signer, verifier_of
from intake_api.store.tombstones import is_gone

SEQUENCED_WITHIN = timedelta(minutes=5)  # a worker takes a second or two: an entry that waits longer has none
ROTATED = "key.rotated"
IsSigned = Callable[[Checkpoint], bool]
Stands = Callable[[bytes, bytes], bool]
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
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


def verify_evidence(store: Store, signer: Signer, checkpoint_file: Path, copies: Iterable[Path] = ()) -> Verified:
    """Compare every entry with its place, every checkpoint with the entries, and both with the copy outside.

    :param copies: further copies, such as the line of a mail saved in a file, or the files of a folder.

    Reads only, in one transaction, so that a running service does not disturb it.
    """
    # The copy is read first: of what the worker writes from here on, the database may know more, but never less.
    outside = _read_copy(checkpoint_file)
    further = [_read_copy(copy) for copy in copies]
    with store.reading() as tx:
        inside = checkpoints_in_order(tx)
        known = [*inside, *outside.checkpoints, *(one for copy in further for one in copy.checkpoints)]
        walk = _Walk(_signatures(tx, signer, known), known)
        for entry in evidence.entries_in_order(tx):
            walk.take(entry)
        faults = [*walk.faults, *walk.missing(), *_unsigned(walk.size, inside), *outside.faults]
        faults += walk.taken_away(inside)
        faults += [Fault("entry_emptied", place, says) for place, says in walk.wrongly_thinned(tx, inside)]
        faults += [fault for copy in further for fault in copy.faults]
        faults += _beside_the_log(tx)
        verified = Verified(walk.size, len(inside), evidence.count_waiting(tx), evidence.waiting_since(tx), faults)
    if inside and outside.is_empty and _read_copy(checkpoint_file).is_empty:  # the first may just have been made
        says = f"No copy of the checkpoints can be read in {checkpoint_file}: an end that was cut off cannot be found."
        faults.append(Fault("no_copy_outside", None, says))
    return verified


class _Walk:
    """Goes through the entries in order and builds the tree again, as if nothing were known."""

    def __init__(self, is_signed: IsSigned, checkpoints: Iterable[Checkpoint]) -> None:
        self.faults: list[Fault] = []
        self.size = 0
        self.thinned = Thinned()
        self._frontier: list[bytes] = []
        self._chain = bytes(32)
        self._broken = False
        self._by_size: dict[int, list[Checkpoint]] = {}
        self._signed: set[int] = set()
        for checkpoint in checkpoints:
            if is_signed(checkpoint):
                self._signed.add(checkpoint.size)
                self._by_size.setdefault(checkpoint.size, []).append(checkpoint)
            else:  # what it says of the log counts for nothing
                self._fault("checkpoint_forged", checkpoint.size, "This checkpoint is not signed by the service's key.")

    def take(self, entry: evidence.Entry) -> None:
        """Check one entry and add it to the tree."""
        if not self._broken:
            self._check(entry)
        if self._broken:  # what stands after it says nothing about itself any more
            self.size += 1
            self._by_size.pop(self.size, None)
            return
        self._frontier = merkle.append(self._frontier, self.size, entry.leaf_hash)
        self._chain = merkle.chained(self._chain, entry.leaf_hash)
        self.size += 1
        for checkpoint in self._by_size.pop(self.size, []):
            if checkpoint.root != merkle.root(self._frontier):
                self._break("root_differs", self.size - 1, "The log up to here is not the one that was signed.")

    def missing(self) -> Iterator[Fault]:
        """Tell about signed checkpoints that reach past the end of the log."""
        if self._by_size:
            says = f"Entries are missing at the end: a checkpoint was signed over {max(self._by_size)} entries."
            yield Fault("log_truncated", self.size, says)

    def taken_away(self, inside: Collection[Checkpoint]) -> Iterator[Fault]:
        """Tell about signed checkpoints that only a copy knows: each is in the database before it is copied."""
        if self._broken or not inside:
            return
        newest, kept = max(one.size for one in inside), {one.size for one in inside}
        for size in sorted(self._signed - kept):
            if size < newest:
                yield Fault("checkpoint_missing", size - 1, "The checkpoint over the log up to here was taken away.")

    def wrongly_thinned(self, tx: Connection, inside: Sequence[Checkpoint]) -> Iterator[tuple[int | None, str]]:
        """Tell about entries that were emptied otherwise than the log says; nothing is known of a log that broke."""
        if not self._broken:
            yield from self.thinned.wrong(tx, [one for one in inside if one.size in self._signed])

    def _check(self, entry: evidence.Entry) -> None:
        if entry.position != self.size:
            self._break("entry_missing", self.size, "An entry was deleted, or its place was changed.")
        elif entry.thinned_by is None and merkle.leaf_hash(entry.body) != entry.leaf_hash:
            self._break("entry_edited", self.size, "The entry is not the one that was written.")
        elif merkle.chained(self._chain, entry.leaf_hash) != entry.chain:
            self._break("order_changed", self.size, "Another entry stood here: reordered, inserted or replaced.")
        elif entry.thinned_by is not None:
            if not self.thinned.take(entry):
                self._break("entry_emptied", self.size, "The entry was emptied, and is none that may be.")
        elif not _columns_agree(entry):
            self._break("entry_edited", self.size, "The columns beside the entry say something else than the entry.")

    def _break(self, code: str, place: int, says: str) -> None:
        """Note the first place that is wrong; everything after it would only repeat it."""
        self._broken = True
        self._fault(code, place, says)

    def _fault(self, code: str, place: int | None, says: str) -> None:
        self.faults.append(Fault(code, place, says))


def _signatures(tx: Connection, signer: Signer, checkpoints: Sequence[Checkpoint]) -> IsSigned:
    """Return what says whether a checkpoint is signed: by the key in use, or by one that it took the place of.

    That a key took another's place is an entry of the log, and counts once a checkpoint over it is signed by a key that
    counts: so nobody can add one that was never in use. A key of the past counts for what was signed until then, also
    if somebody steals it later.
    """
    counts: list[tuple[float, Stands]] = [(math.inf, signer.has_signed)]

    def is_signed(checkpoint: Checkpoint) -> bool:
        text, signature = checkpoint.signed_text, checkpoint.signature
        return any(checkpoint.size <= until and stands(text, signature) for until, stands in counts)

    for place, public in sorted(_rotations(tx), reverse=True):
        if any(checkpoint.size > place and is_signed(checkpoint) for checkpoint in checkpoints):
            counts.append((place, verifier_of(public)))
    return is_signed


def _rotations(tx: Connection) -> Iterator[tuple[int, bytes]]:
    """Go through the rotations of the evidence key: their places, and the key that went."""
    for entry in evidence.entries_of_kind(tx, ROTATED):
        with suppress(*UNREADABLE):  # what cannot be read proves nothing
            said = json.loads(entry.body)
            if said["key"] == CHECKPOINTS and isinstance(entry.position, int):
                yield entry.position, bytes.fromhex(said["from_public"])


def _columns_agree(entry: evidence.Entry) -> bool:
    try:
        said = json.loads(entry.body)
        beside = (entry.id, entry.kind, entry.lead_id, rfc3339(entry.at), entry.by_staff)
        told = (said["id"], said["kind"], said.get("lead"), said["at"], evidence.by_whom(said))
        return told == beside
    except UNREADABLE:
        return False


def _unsigned(size: int, checkpoints: list[Checkpoint]) -> Iterator[Fault]:
    """Tell about places past the last checkpoint: it is written with them, so somebody took it away."""
    signed = max((checkpoint.size for checkpoint in checkpoints), default=0)
    if signed < size:
        yield Fault("checkpoint_missing", signed, "From here on no checkpoint in the database covers the log.")


def _beside_the_log(tx: Connection) -> Iterator[Fault]:
    for notice_hash in notices.altered_notices(tx):
        yield Fault("notice_altered", None, f"The notice {notice_hash} was changed in the database.")
    for notice_hash in sorted(_named_notices(tx) - notices.kept_notices(tx)):
        yield Fault("notice_missing", None, f"The notice {notice_hash}, which the log names, is not kept any more.")
    yield from _leads_told_otherwise(tx)
    if reference := evidence.find_unproven_lead(tx):
        yield Fault("lead_unproven", None, f"The lead {reference} has no entry of its submission.")
    for lead_id in _leads_decided_otherwise(tx):
        says = f"The decisions of the lead {_name(tx, lead_id)} are not those that its entries prove."
        yield Fault("decision_differs", None, says)


def _named_notices(tx: Connection) -> set[str]:
    """Return the hashes of the notices that were published, as the log says."""
    entries = (entry for kind in notices.PUBLISHED for entry in evidence.entries_of_kind(tx, kind))
    return {notice for entry in entries if isinstance(notice := _said(entry).get("notice"), str)}


def _leads_told_otherwise(tx: Connection) -> Iterator[Fault]:
    """Tell about leads that are gone without a word, or do not say what the entry of their submission says."""
    forgotten = {entry.lead_id for entry in evidence.entries_of_kind(tx, FORGOTTEN)}
    submitted = ((lead_id, entry) for lead_id, entry in evidence.entries_by_lead(tx, [DECIDED]))
    for lead_id, both in groupby(merge(leads_as_kept(tx), submitted, key=itemgetter(0)), key=itemgetter(0)):
        found = [one for _, one in both]
        lead = next((one for one in found if isinstance(one, KeptLead)), None)
        for entry in (one for one in found if isinstance(one, evidence.Entry)):
            if lead is None and lead_id not in forgotten:
                says = "The lead of this submission is gone, and no entry says that it was forgotten."
                yield Fault("lead_missing", entry.position, says)
            elif lead and any(_said(entry).get(name) != value for name, value in lead.said.items()):
                says = f"The lead {lead.reference} names another notice, form or language than this entry."
                yield Fault("lead_differs", entry.position, says)


def _said(entry: evidence.Entry) -> Mapping[str, Any]:
    """Return what an entry says; nothing if it cannot be read, which is told where it stands."""
    try:
        said = json.loads(entry.body)
    except UNREADABLE:
        return {}
    return said if isinstance(said, dict) else {}


def _leads_decided_otherwise(tx: Connection) -> list[str]:
    """Return the leads for which entries and table of decisions differ, either way."""
    proven = (
        (lead_id, (entry.id, *decision, rfc3339(entry.at)))
        for lead_id, entry in evidence.entries_by_lead(tx, [DECIDED, *ANSWERED])
        for decision in _proven(entry)
    )
    forgotten = {entry.lead_id for entry in evidence.entries_of_kind(tx, FORGOTTEN)}
    kept = (
        (lead_id, (one.evidence_entry, one.purpose, str(one.state), rfc3339(one.decided_at)))
        for lead_id, one in decisions_by_lead(tx)
    )
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
    except UNREADABLE:
        return []


def _name(tx: Connection, lead_id: str) -> str:
    try:
        return reference_of(tx, lead_id)
    except LeadUnknown:
        return lead_id


@dataclass(frozen=True)
class _Copy:
    """The checkpoints outside the database, and what is wrong with their lines."""

    checkpoints: list[Checkpoint]
    faults: list[Fault]

    @property
    def is_empty(self) -> bool:
        return not self.checkpoints and not self.faults


def _read_copy(file: Path) -> _Copy:
    """Read the copy outside. A line torn by a crash while it was written lacks its end, and is no fault."""
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:  # a folder, or nobody may read it: it can be compared with as little as one that is gone
        lines = []
    checkpoints, faults = [], []
    for number, line in enumerate(lines, start=1):
        try:
            checkpoints.append(read_checkpoint(line))
        except CheckpointUnreadable:
            if not line.strip() or (line.startswith("{") and not line.endswith("}")):
                continue
            says = f"Line {number} of the copy outside is no checkpoint of this service."
            faults.append(Fault("checkpoint_forged", None, says))
    return _Copy(checkpoints, faults)
