"""Is what was emptied in the evidence what the log says was emptied, and was its time over (A-06, E-03)?

An emptied entry cannot be compared with its hash any more. In its place stand: the hash itself, which the signed
tree holds; the entry of the thinning, which names these very hashes; and the times of signed checkpoints, by which a
year has to lie between the two, whatever the times beside the entries say.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.thin_audit import KIND
from intake_api.rules.audit_life import KEPT_FOR, PASSING
from intake_api.store.checkpoints import Checkpoint
from intake_api.store.evidence import Entry, entries_of_kind
from intake_api.store.thinning import EMPTY, place_of

DAY = timedelta(days=1)  # an entry is placed after it was written, also when no worker ran for a while


@dataclass
class _Emptied:
    """What was emptied by one thinning."""

    first: int
    last: int = 0
    count: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


class Thinned:
    """Collects what was emptied, in the order of the log."""

    def __init__(self) -> None:
        self._by: dict[str, _Emptied] = {}

    def take(self, entry: Entry) -> bool:
        """Note an entry that was emptied; False if it is none that may be."""
        if entry.body != EMPTY or not entry.thinned_by or entry.kind not in PASSING or entry.lead_id or entry.by_staff:
            return False
        one = self._by.setdefault(entry.thinned_by, _Emptied(entry.position or 0))
        one.last, one.count = entry.position or 0, one.count + 1
        one.digest.update(place_of(entry))
        return True

    def wrong(self, tx: Connection, checkpoints: Sequence[Checkpoint]) -> Iterator[tuple[int | None, str]]:
        """Say what does not agree, each with its place: the entries of thinning, and what was emptied by them."""
        told = {entry.id: entry for entry in entries_of_kind(tx, KIND)}
        for entry_id, emptied in self._by.items():
            if entry_id not in told:
                yield emptied.first, "Entries were emptied, and no entry of the log says so."
        for entry_id, entry in told.items():
            emptied_here = self._by.get(entry_id)
            if not _agree(entry, emptied_here):
                yield entry.position, "What was emptied is not what this entry of the log says was emptied."
            elif emptied_here and _too_early(entry, emptied_here, checkpoints):
                yield entry.position, "Entries were emptied before their year was over."


def _agree(entry: Entry, emptied: _Emptied | None) -> bool:
    try:
        said = json.loads(entry.body)
        return emptied is not None and (said["count"], said["entries"]) == (emptied.count, emptied.digest.hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _too_early(entry: Entry, emptied: _Emptied, checkpoints: Sequence[Checkpoint]) -> bool:
    """Say whether less than a year lies between the signatures over an entry and over its thinning."""
    if entry.position is None:
        return False  # it waits for its place; the next look knows
    written, thinned = _signed_at(emptied.last, checkpoints), _signed_at(entry.position, checkpoints)
    return written is not None and thinned is not None and thinned - written < KEPT_FOR - DAY


def _signed_at(position: int, checkpoints: Sequence[Checkpoint]) -> datetime | None:
    return next((one.at for one in checkpoints if one.size > position), None)
