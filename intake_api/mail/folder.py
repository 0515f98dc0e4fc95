"""The embedded default way out: a folder of `.eml` files, readable by their owner only. Any mail program opens them."""

import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from intake_api.mail.message import SMTPUTF8, MailInvalid, write_message
from intake_api.mail.port import Mail, Outcome, Refused, Retry, Sender, Sent

OURS = re.compile(r"(?P<whole>[^.]+)\.eml|\.(?P<half>[^.]+)\.[0-9a-f]{8}")


class MailFolder:
    """Writes mails into a folder of this machine. A mail that is sent again replaces itself."""

    name = "folder"

    def __init__(self, folder: Path, sender: Sender) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, mail: Mail, *, now: datetime) -> Outcome:
        """Write one file, whole or not at all; its name is the mail's id."""
        try:
            message = write_message(mail, self._sender, now=now, encoding="8bit")
        except MailInvalid:
            return Refused("not_writable")
        written = message.as_bytes(policy=SMTPUTF8)
        new = self._folder / f".{mail.id}.{secrets.token_hex(4)}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(written)
                file.flush()
                os.fsync(file.fileno())
            os.utime(new, (now.timestamp(), now.timestamp()))
            new.replace(self._folder / f"{mail.id}.eml")
        except OSError:
            with suppress(OSError):
                new.unlink()
            return Retry("folder_not_writable")
        return Sent()

    def held(self) -> set[str]:
        """Return the ids of the mails in the folder, whole or half-written."""
        return {mail_id for mail_id, _ in self._files()}

    def remove(self, mail_ids: Collection[str]) -> None:
        """Remove the files of these mails; one that is written at this moment is sent as if the folder were away."""
        for mail_id, file in self._files():
            if mail_id in mail_ids:
                file.unlink(missing_ok=True)

    def clear(self, *, before: datetime) -> None:
        """Remove the files of mails written before a moment: the addresses in them are in clear."""
        for _, file in self._files():
            with suppress(FileNotFoundError):  # another worker clears, too
                if file.stat().st_mtime < before.timestamp():
                    file.unlink()

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Find our files, each with the id of its mail. Whoever dies while writing leaves a hidden one behind."""
        for file in self._folder.glob("*"):
            if match := OURS.fullmatch(file.name):
                yield match["whole"] or match["half"], file
