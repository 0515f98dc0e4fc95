"""Train the model when anything it is made of has changed: `python -m bot.train_if_changed`.

What it is made of is named by content: config.yml, domain.yml, data/, catalogue/ and the bot's components. The hash is
part of the model's file name, so a second start sees at once that there is nothing to do. The bot's words are no part
of it: they are read when they are used.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
MADE_OF = (
    "config.yml",
    "domain.yml",
    "data",
    "catalogue",
    "bot/nlu",
    "bot/lean.py",
    "requirements/bot.txt",
)
SUFFIXES = (".yml", ".yaml", ".py", ".txt")


def main() -> int:
    """Train if needed, with Rasa's own progress on the screen; return the exit code."""
    model = MODELS / f"vestibule-{content_hash(ROOT)}.tar.gz"
    if model.exists():
        print(f"The model is up to date ({model.name}).", flush=True)  # noqa: T201 - a door
        os.utime(model)  # Rasa takes the latest by time
        return 0
    print("Training the chat's model (about a minute) …", flush=True)  # noqa: T201 - a door
    command = [sys.executable, "-m", "bot.lean", "train", "--fixed-model-name", model.name[: -len(".tar.gz")]]
    code = subprocess.run([*command, "--skip-validation", "--out", str(MODELS)], cwd=ROOT, check=False).returncode
    if code or not model.exists():
        print("The model could not be trained; what is above says why.", file=sys.stderr)  # noqa: T201 - a door
        return code or 1
    for old in MODELS.glob("vestibule-*.tar.gz"):
        if old != model:
            old.unlink()
    print(f"Trained {model.name}.", flush=True)  # noqa: T201 - a door
    return 0


def content_hash(root: Path) -> str:
    """Return 16 hex digits that change when anything a model is made of does."""
    digest = hashlib.sha256()
    for file in _files(root):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(root: Path) -> Iterator[Path]:
    for name in MADE_OF:
        path = root / name
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES)


if __name__ == "__main__":
    sys.exit(main())
