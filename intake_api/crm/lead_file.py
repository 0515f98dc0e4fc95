"""A file that leads are dropped into: one line a delivery, readable by its owner only, put aside when its time is over.

A delivery is written once: it may come at least once, so the ids already in the file, and in the one that was put aside
last, are known before a line is added. A line that a crash cut short was never acknowledged; it is taken off before the
next one is written.
"""

import errno
import fcntl
import os
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from intake_api.crm.port import CannotTell, Done, Duplicate, Operation, Outcome, Parcel, ReadBack, Retry
from intake_api.rules.field_map import AS_HERE, FieldMap

BLOCK_BYTES = 1 << 20
ROTATION = re.compile(r"(?P<daily>day)?(?(daily)( (?=[0-9])|\Z))((?P<megabytes>[1-9][0-9]{0,5})MB)?")


class RotationInvalid(ValueError):
    """This does not say when a file is put aside."""

    code = "rotation_invalid"


@dataclass(frozen=True)
class Rotation:
    """When a file is put aside: before the first line of another day (UTC), or one with which it would be too large."""

    daily: bool = False
    max_bytes: int | None = None


def read_rotation(written: str) -> Rotation:
    """Return what is written as `day`, `50MB`, or both with a space; nothing is written for never.

    :raises RotationInvalid: it is not written so.
    """
    found = ROTATION.fullmatch(written)
    if found is None:
        raise RotationInvalid("Write `day`, a size such as `50MB`, or both with a space between.")
    megabytes = found["megabytes"]
    return Rotation(bool(found["daily"]), int(megabytes) << 20 if megabytes else None)


class LeadFile(ABC):
    """Appends parcels to a file on this machine. Safe under several threads and processes (`flock`)."""

    name = "file"
    delivery_id: re.Pattern[bytes]  # finds the id at the beginning of a line

    def __init__(
        self,
        path: Path,
        recipient: str,
        named: FieldMap = AS_HERE,
        *,
        rotation: Rotation = Rotation(),
    ) -> None:
        self.recipient, self.map = recipient, named
        self._path, self._rotation = path, rotation
        self._turn = threading.Lock()
        self._seen = _Seen(self.delivery_id)

    @abstractmethod
    def header(self) -> bytes:
        """Return what each file begins with."""

    @abstractmethod
    def line(self, operation: Operation, parcel: Parcel, now: datetime) -> bytes:
        """Return one line, its end included, and no other end of a line in it."""

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Append one line and flush it to the disk, unless this delivery is already there."""
        line = self.line(operation, parcel, now)
        try:
            with self._turn:
                while True:
                    with self._locked() as file:
                        self._seen.catch_up(file, self._put_aside_last)
                        if parcel.delivery in self._seen:
                            return Duplicate(parcel.delivery)
                        if self._is_over(file, len(line), now):
                            self._put_aside(now)
                            continue
                        _append(file, b"" if self._seen.end else self.header(), line, at=self._seen.end)
                        os.utime(file, (now.timestamp(), now.timestamp()))  # by which the next one knows its day
                        return Done(parcel.delivery)
        except OSError as error:
            return Retry("disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "file_not_writable")

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

    def _is_over(self, file: int, added: int, now: datetime) -> bool:
        """Say whether the file takes no line any more: its time is over, or its columns are of another catalogue."""
        if not self._seen.end:
            return False
        written_at = datetime.fromtimestamp(os.fstat(file).st_mtime, UTC)
        is_full = self._rotation.max_bytes is not None and self._seen.end + added > self._rotation.max_bytes
        is_of_before = self._rotation.daily and written_at.date() != now.astimezone(UTC).date()
        return is_full or is_of_before or os.pread(file, len(self.header()), 0) != self.header()

    def _put_aside(self, now: datetime) -> None:
        """Give the file the name of this moment; whoever waits for it finds that it is gone and begins a new one."""
        moment, number = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), 1
        while (aside := self._path.with_name(f"{self._path.stem}-{moment}-{number:03}{self._path.suffix}")).exists():
            number += 1
        self._path.rename(aside)
        _flush_folder(self._path.parent)

    def _put_aside_last(self) -> Path | None:
        pattern = f"{self._path.stem}-*T*Z-*{self._path.suffix}"
        return max(self._path.parent.glob(pattern), default=None)

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
    """The delivery ids in the file, read on from where the last look ended: adding a line never reads it all again.

    Besides, those of the file before it.
    """

    def __init__(self, delivery_id: re.Pattern[bytes]) -> None:
        self.end = 0  # of the last whole line
        self._pattern = delivery_id
        self._inode = 0
        self._ids: set[bytes] = set()
        self._before: set[bytes] = set()

    def __contains__(self, delivery: str) -> bool:
        return delivery.encode() in self._ids or delivery.encode() in self._before

    def catch_up(self, file: int, before: Callable[[], Path | None]) -> None:
        """Read what is new in the file; `before` says where the one before it lies."""
        status = os.fstat(file)
        if status.st_ino != self._inode or status.st_size < self.end:  # another file, or cut by hand
            self._before = self._ids_of(before())
            self.end, self._inode, self._ids = 0, status.st_ino, set()
        self.end += self._read(file, self.end, self._ids)

    def _ids_of(self, path: Path | None) -> set[bytes]:
        ids: set[bytes] = set()
        if path:
            with path.open("rb") as file:
                self._read(file.fileno(), 0, ids)
        return ids

    def _read(self, file: int, at: int, ids: set[bytes]) -> int:
        """Take up the ids of all whole lines from there on; return how many bytes these have."""
        read, rest = 0, b""
        while block := os.pread(file, BLOCK_BYTES, at):
            at += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                read += len(line) + 1
                if ours := self._pattern.match(line):
                    ids.add(ours[1])
        return read


def _append(file: int, header: bytes, line: bytes, *, at: int) -> None:
    line = header + line
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
