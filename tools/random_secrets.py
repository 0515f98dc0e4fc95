"""Make random secrets, one file each."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

KEYS = ("MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "RECEIPT_KEY", "TOKEN_KEY")
TOKENS = ("SERVICE_TOKEN", "GATEWAY_TOKEN")


def write_missing(folder: Path, wanted: Mapping[str, Callable[[], str]], *, mode: int) -> list[str]:
    """Write each file that is missing, in a folder only its owner can enter; return the names of those written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = [name for name in wanted if not (folder / name).exists()]
    for name in made:
        _write(folder / name, wanted[name](), mode)
    return made


def random_key() -> str:
    """Return 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def random_token() -> str:
    """Return 43 random url-safe characters."""
    return secrets.token_urlsafe(32)


def random_webhook_secret() -> str:
    """Return a signing secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _write(file: Path, value: str, mode: int) -> None:
    """Write beside and rename: half a key is worse than none."""
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
        out.write(value + "\n")
        out.flush()
        os.fsync(out.fileno())
    beside.rename(file)
