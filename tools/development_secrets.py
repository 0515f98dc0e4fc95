"""Write the secrets of a development run, so that nobody has to make some before the first look.

Each is its own file, readable by its owner only, in a git-ignored folder. One that is there, or set in the environment,
stays as it is: what was sealed with a key can be opened with that key only.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from tools.house import PREFIX, House


def write_development_secrets(house: House) -> list[str]:
    """Write each missing secret and return what to say about it: one line, or none when all were there."""
    folder = house.root / house.secrets
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = [name for name, make in _wanted(house).items() if _is_missing(house, folder, name)]
    for name in made:
        _write(folder / name.lower(), _wanted(house)[name]())
    if not made:
        return []
    return [f"made {len(made)} development secrets in {house.secrets}: for this machine only, never for real leads"]


def _wanted(house: House) -> dict[str, Callable[[], str]]:
    keys = dict.fromkeys(("MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "TOKEN_KEY"), _key)
    tokens = dict.fromkeys(("SERVICE_TOKEN", "GATEWAY_TOKEN"), _token)
    webhook = {"WEBHOOK_SECRET": _webhook} if house.environment.get(f"{PREFIX}DESTINATION") == "webhook" else {}
    return {**keys, **tokens, **webhook}


def _is_missing(house: House, folder: Path, name: str) -> bool:
    given = house.environment.get(PREFIX + name) or house.environment.get(f"{PREFIX}{name}_FILE")
    return not given and not (folder / name.lower()).exists()


def _write(file: Path, value: str) -> None:
    """Write beside and rename: half a key is worse than none."""
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(value + "\n")
        out.flush()
        os.fsync(out.fileno())
    beside.rename(file)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _token() -> str:
    return secrets.token_urlsafe(32)


def _webhook() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
