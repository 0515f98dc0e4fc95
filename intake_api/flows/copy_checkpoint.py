"""Copy the newest checkpoint to where whoever can write to the database cannot rewrite it, each hour and at the end.

A target is anything that takes a checkpoint: a folder that lies elsewhere, a mail to the officer (E-04).
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from intake_api.clock import rfc3339
from intake_api.log import event
from intake_api.mail.port import Mail, Mailer, Sent
from intake_api.store.base import AnotherWasFirst, Store
from intake_api.store.checkpoint_copies import claim_copy, give_back_copy
from intake_api.store.checkpoints import Checkpoint, last_checkpoint

EVERY = timedelta(hours=1)


class CheckpointTarget(Protocol):
    """Somewhere outside."""

    @property
    def name(self) -> str:
        """Return the name its copies are counted under."""

    def put(self, checkpoint: Checkpoint, *, now: datetime) -> bool:
        """Take a copy; False when that was not possible now. The same one may come twice."""


class Folder:
    """A folder with a file for each copy: of another machine, or one that can be written once."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, checkpoint: Checkpoint, *, now: datetime) -> bool:  # noqa: ARG002 - the file says its own time
        """Write a file of its own, whole or not at all, and never over another."""
        file = self._folder / f"checkpoint-{checkpoint.size:012}.jsonl"
        new = self._folder / f".{file.name}.{secrets.token_hex(4)}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as copy:
                copy.write(checkpoint.to_line() + "\n")
                copy.flush()
                os.fsync(copy.fileno())
            with suppress(FileExistsError):
                os.link(new, file)
        except OSError:
            return False
        finally:
            with suppress(OSError):
                new.unlink()
        return True


class OfficerMail:
    """A mail to the officer: whoever holds it can show what the log was then."""

    name = "mail"

    def __init__(self, mailer: Mailer, to: str, words: Mapping[str, str], *, locale: str, product: str) -> None:
        self._mailer = mailer
        self._to = to
        self._words = words
        self._locale = locale
        self._product = product

    def put(self, checkpoint: Checkpoint, *, now: datetime) -> bool:
        """Send one mail; its id is the same for the same checkpoint."""
        filled = {"product": self._product, "size": str(checkpoint.size), "at": rfc3339(checkpoint.at)}
        names = ("subject", "why", "keep", "check")
        subject, why, keep, check = (self._words[f"checkpoint.{name}"].format(**filled) for name in names)
        text = "\n\n".join((why, checkpoint.to_line(), keep, check))
        mail = Mail(f"checkpoint-{checkpoint.size}", self._to, subject, text, self._locale)
        return isinstance(self._mailer.send(mail, now=now), Sent)


def copy_checkpoint(
    store: Store, targets: Iterable[CheckpointTarget], *, at_once: bool = False, now: datetime
) -> list[str]:
    """Give each target that is due the newest checkpoint; return the names of those that took it.

    :param at_once: do not wait for the hour: this process ends.
    :raises StoreUnavailable: nothing was copied.
    """
    return [target.name for target in targets if _copy(store, target, at_once=at_once, now=now)]


def _copy(store: Store, target: CheckpointTarget, *, at_once: bool, now: datetime) -> bool:
    every = timedelta() if at_once else EVERY
    try:
        with store.writing() as tx:
            newest = last_checkpoint(tx)
            if newest is None or not claim_copy(tx, target.name, newest.size, every=every, now=now):
                return False
    except AnotherWasFirst:
        return False
    taken = target.put(newest, now=now)  # with no transaction open
    event("checkpoint.copied" if taken else "checkpoint.not_copied", target=target.name, size=newest.size)
    if not taken:
        with store.writing() as tx:
            give_back_copy(tx, target.name)
    return taken
