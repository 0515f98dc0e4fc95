"""How many submissions came lately, by network, contact and form: in memory, never on a disk (M-06).

A window moves (no fixed windows): what came in the span before counts by the part of it that is still inside. Each span
counts under a key of its own, drawn at random and thrown away with it, so that after two spans nobody, we included, can
say who was counted.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime

from intake_api.rules.suspicion import WINDOWS, Counted

MOST_NAMES = 100_000  # in one span: a flood under ever new names costs no more memory than this
NAME_BYTES = 8


@dataclass
class _Span:
    number: int
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    counts: dict[bytes, int] = field(default_factory=dict)

    def of(self, value: str) -> int:
        return self.counts.get(self._name(value), 0) if self.counts else 0

    def add(self, value: str) -> None:
        name = self._name(value)
        if name in self.counts or len(self.counts) < MOST_NAMES:
            self.counts[name] = self.counts.get(name, 0) + 1

    def _name(self, value: str) -> bytes:
        return hashlib.blake2b(value.encode(), key=self.key, digest_size=NAME_BYTES).digest()


class Arrivals:
    """Counts what was kept, for one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans = {kind: (_Span(-1), _Span(-2)) for kind in Counted}

    def lately(self, kind: Counted, value: str, *, now: datetime) -> int:
        """Return how many of this value came within the window of its kind, rounded down."""
        with self._lock:
            present, before = self._at(kind, now)
            passed = now.timestamp() / WINDOWS[kind].total_seconds() - present.number
            return int(present.of(value) + before.of(value) * min(1.0, max(0.0, 1 - passed)))

    def count(self, kind: Counted, value: str, *, now: datetime) -> None:
        """Count one more."""
        with self._lock:
            self._at(kind, now)[0].add(value)

    def _at(self, kind: Counted, now: datetime) -> tuple[_Span, _Span]:
        present, before = self._spans[kind]
        number = int(now.timestamp() // WINDOWS[kind].total_seconds())
        if number > present.number:
            before = present if number == present.number + 1 else _Span(number - 1)
            present = _Span(number)
            self._spans[kind] = (present, before)
        return present, before
