"""A real Tryton, from its packages in `.venv-tryton`: one server for all tests, its database put back for each.

Making the database takes most of a minute, so it is made once for what Tryton is locked to, and kept beside it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from intake_api.settings import CrmAccount
from tests.processes import ROOT, Started, free_port, started, wait_until

HOME = ROOT / ".venv-tryton"
LOCK = ROOT / "requirements/tryton.txt"
SETUP = Path(__file__).with_name("tryton_setup.py")
NAME = "crm"  # of the database


@dataclass(frozen=True)
class TrytonServer:
    """A running Tryton with the accounts that `docs/delivery.md` says to make."""

    process: Started
    file: Path
    seed: "Seed"

    def put_back(self) -> None:
        """Put the database back to how it was set up; nobody may be at work in it."""
        with sqlite3.connect(self.seed.file) as seeded, sqlite3.connect(self.file, timeout=30) as live:
            seeded.backup(live)
        seeded.close()
        live.close()

    def account(self, url: str) -> CrmAccount:
        """Return what lets us in, at another address if something stands in front."""
        return CrmAccount(url, "", self.seed.key, "eraser", self.seed.passwords["eraser"], NAME)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the database itself, past Tryton."""
        connection = sqlite3.connect(self.file, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


@dataclass(frozen=True)
class Seed:
    """A database that was set up, and the ways in."""

    file: Path
    key: str
    passwords: Mapping[str, str]


_running = ExitStack()
_server: list[TrytonServer] = []


def tryton_server() -> TrytonServer:
    """Return the server, started when it is asked for first."""
    if not _server:
        seed = seeded_tryton()
        folder = Path(_running.enter_context(tempfile.TemporaryDirectory(prefix="tryton-")))
        file = Path(shutil.copy(seed.file, folder))
        process = _running.enter_context(serving_tryton(folder, free_port()))
        _server.append(TrytonServer(process, file, seed))
    return _server[0]


@contextmanager
def own_tryton(folder: Path, port: int) -> Iterator[TrytonServer]:
    """Run a Tryton with a new database in a folder, until the block ends; a folder that has one goes on with it."""
    seed, file = seeded_tryton(), folder / f"{NAME}.sqlite"
    if not file.exists():
        shutil.copy(seed.file, file)
    with serving_tryton(folder, port) as process:
        yield TrytonServer(process, file, seed)


@contextmanager
def serving_tryton(folder: Path, port: int) -> Iterator[Started]:
    """Serve the database of a folder until the block ends."""
    command = [str(HOME / "bin/trytond"), "-c", str(_configuration(folder, port)), "-d", NAME]
    with started(command, dict(os.environ), port=port) as process:
        wait_until(lambda: _listens(port), process)
        yield process


def end_tryton_server() -> None:
    """End it, if it runs, and remove its files."""
    _server.clear()
    _running.close()


def seeded_tryton() -> Seed:
    """Return the database of today's lock and steps; one test process makes it, others wait."""
    assert (HOME / "bin/trytond-admin").exists(), "Tryton is not installed: `make tryton` does it."
    version = hashlib.sha256(LOCK.read_bytes() + SETUP.read_bytes()).hexdigest()[:16]
    folder = HOME / f"seeded-{version}"
    with (HOME / "seeding").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _seed(folder)
    ways_in = json.loads((folder / "ways-in.json").read_text())
    return Seed(folder / f"{NAME}.sqlite", ways_in["key"], ways_in["passwords"])


def _seed(folder: Path) -> None:
    """Make it as `docs/delivery.md` says; it gets its name when it is whole."""
    with tempfile.TemporaryDirectory(dir=HOME) as beside:
        new = Path(beside) / "new"
        new.mkdir()
        configuration = str(_configuration(new, 0))
        (new / f"{NAME}.sqlite").touch()  # Tryton opens files, and makes none
        passwords = {login: secrets.token_urlsafe(24) for login in ("admin", "leadbot", "eraser")}
        word = new / "word"
        word.write_text(passwords["admin"])
        modules = ["-u", "sale_opportunity", "--activate-dependencies", "--email", "admin@crm.example", "-l", "en"]
        _run(["trytond-admin", "-c", configuration, "-d", NAME, *modules], TRYTONPASSFILE=str(word))
        key = _run(["python", str(SETUP), configuration], given=json.dumps(passwords)).strip()
        (new / "ways-in.json").write_text(json.dumps({"key": key, "passwords": passwords}))
        new.rename(folder)


def _run(command: list[str], given: str = "", **environment: str) -> str:
    program = [str(HOME / "bin" / command[0]), *command[1:]]
    done = subprocess.run(
        program, input=given, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stderr[-3000:]}"
    return done.stdout


def _configuration(folder: Path, port: int) -> Path:
    file = folder / "trytond.conf"
    file.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n")
    return file


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
