"""The embedded default destination: a JSON Lines file, one line a delivery, readable by its owner only.

A delivery is written once: it may come at least once, so the ids already in the file are known before a line is added.
A line that a crash cut short was never acknowledged; it is taken off before the next one is written.
"""

import errno
import fcntl
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from intake_api.clock import rfc3339
from intake_api.crm.port import CannotTell, Done, Duplicate, Operation, Outcome, Parcel, ReadBack, Retry, document
from intake_api.rules.field_map import AS_HERE, FieldMap

BLOCK_BYTES = 1 << 20
DELIVERY_ID = re.compile(rb'\{"delivery": ?"([!-~]{1,64}?)"')


class JsonLinesFile:
    """Appends parcels to a file on this machine. Safe under several threads and processes (`flock`)."""

    name = "file"

    def __init__(self, path: Path, recipient: str, named: FieldMap = AS_HERE) -> None:
        self.recipient, self.map = recipient, named
        self._path = path
        self._turn = threading.Lock()
        self._seen = _Seen()

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Append one line and flush it to the disk, unless this delivery is already there."""
        written = {**document(operation, parcel), "sent_at": rfc3339(now)}
        line = json.dumps(written, ensure_ascii=False).encode() + b"\n"
        try:
            with self._turn, self._locked() as file:
                self._seen.catch_up(file)
                if parcel.delivery in self._seen:
                    return Duplicate(parcel.delivery)
                _append(file, line, at=self._seen.end)
        except OSError as error:
            return Retry("disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "file_not_writable")
        return Done(parcel.delivery)

    def read_back(self, parcel: Parcel, *, now: datetime) -> ReadBack:  # noqa: ARG002 as the contract has it
        """Say nothing: whoever reads the file takes its lines away."""
        return CannotTell()

    def check(self, *, now: datetime) -> Outcome:  # noqa: ARG002 as the contract has it
        """Open the file as for a line, and write none."""
        try:
            with self._turn, self._locked():
                return Done()
        except OSError:
            return Retry("file_not_writable")

    @contextmanager
    def _locked(self) -> Iterator[int]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if not _is_at(self._path, file):  # moved away by a rotation while we waited for the lock
                    continue
                os.fchmod(file, 0o600)
                if os.fstat(file).st_size == 0:
                    _flush_folder(self._path.parent)  # the name of a new file must be as durable as its lines
                yield file
                return
            finally:
                os.close(file)


class _Seen:
    """The delivery ids in the file, read on from where the last look ended: adding a line never reads it all again."""

    def __init__(self) -> None:
        self.end = 0  # of the last whole line
        self._inode = 0
        self._ids: set[bytes] = set()

    def __contains__(self, delivery: str) -> bool:
        return delivery.encode() in self._ids

    def catch_up(self, file: int) -> None:
        status = os.fstat(file)
        if status.st_ino != self._inode or status.st_size < self.end:  # another file, or cut by hand
            self.end, self._inode, self._ids = 0, status.st_ino, set()
        at, rest = self.end, b""
        while block := os.pread(file, BLOCK_BYTES, at):
            at += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self.end += len(line) + 1
                if ours := DELIVERY_ID.match(line):
                    self._ids.add(ours[1])


def _append(file: int, line: bytes, *, at: int) -> None:
    os.ftruncate(file, at)
    try:
        written = 0
        while written < len(line):
            written += os.pwrite(file, line[written:], at + written)
        os.fsync(file)
    except OSError:
        os.ftruncate(file, at)
        raise


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_at(path: Path, file: int) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    held = os.fstat(file)
    return (found.st_ino, found.st_dev) == (held.st_ino, held.st_dev)
