"""How much a request may weigh and how many may come, before anything else looks at them (SEC-24, SEC-37)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

BODY_BYTES = 64 * 1024
CHAT_BODY_BYTES = 8 * 1024
FORM_KEYS = 60

JSON_DEPTH = 5
JSON_KEYS = 50
JSON_KEY_LENGTH = 64
JSON_NUMBER_LENGTH = 64


class Bucket:
    """Lets through a burst, then so many a second. It counts requests, not people: it remembers nobody (M-06)."""

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._left = float(burst)
        self._at = 0.0
        self._lock = threading.Lock()

    def take(self, *, at: float) -> bool:
        """Take one, at a moment in seconds; False when nothing is left."""
        with self._lock:
            self._left = min(self._burst, self._left + max(0.0, at - self._at) * self._per_second)
            self._at = max(self._at, at)
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Slots:
    """Lets so many at once do something slow, so that they never take all threads of a door."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Give a slot for the time of the block, or False at once when none is free."""
        got = self._free.acquire(blocking=False)
        try:
            yield got
        finally:
            if got:
                self._free.release()
