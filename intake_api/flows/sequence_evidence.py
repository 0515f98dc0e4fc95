"""Put waiting evidence into the log's order, sign it, and copy the checkpoint out of the database (E-04)."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from intake_api.clock import rfc3339
from intake_api.log import event
from intake_api.store import evidence, keyring
from intake_api.store.base import Store
from intake_api.store.checkpoints import Checkpoint, last_checkpoint
from intake_api.store.signer import Signer

TOLERATED = timedelta(seconds=2)  # machines of one house differ by less


def sequence_evidence(store: Store, signer: Signer, checkpoint_file: Path, *, now: datetime) -> Checkpoint | None:
    """Sequence one batch; return the new checkpoint, or None when nothing waited.

    The copy is made after the commit: a crash in between leaves it one checkpoint behind, which verifies, and the next
    batch brings it up.

    :raises KeyNotHeld: the key was rotated, and this process has the one of before.
    """
    with store.writing() as tx:
        # Asked each time: from the commit that rotates the key on no other may sign, in no worker.
        signer = signer.using(keyring.current_id(tx, keyring.CHECKPOINTS))
        before = last_checkpoint(tx)
        checkpoint = evidence.sequence(tx, signer, now=now)
        if before and checkpoint and now < before.at - TOLERATED:
            _note_step(tx, before.at, now=now)
    if checkpoint is not None:
        _append(checkpoint_file, checkpoint.to_line())
    return checkpoint


def _note_step(tx: Connection, before: datetime, *, now: datetime) -> None:
    """Write down that the clock went back: so do the times of the log from here on, while its order holds (E-08)."""
    evidence.add_entry(tx, "clock.stepped", actor="system", now=now, facts={"before": rfc3339(before)})
    event("evidence.clock_stepped", before=rfc3339(before), now=rfc3339(now))


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # Whatever a crash left of a line stays a line of its own.
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, b"\n" * torn + line.encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
