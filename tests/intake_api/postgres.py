"""A real PostgreSQL for the tests: made from the installed server binaries, on a free port, thrown away after."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.ports import free_port


@dataclass(frozen=True)
class PostgresServer:
    """A running server that takes any local user."""

    port: int
    data: Path

    def url(self, database: str) -> str:
        """Return the address of a database as SQLAlchemy writes it."""
        return f"postgresql+psycopg://vestibule@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Make an empty database, give its address, and drop it."""
        name = f"t{uuid.uuid4().hex}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield self.url(name)
        finally:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def dsn(self, database: str) -> str:
        """Return the address of a database as psycopg takes it."""
        return f"host=127.0.0.1 port={self.port} user=vestibule dbname={database}"

    def run(self, statement: sql.Composed) -> None:
        """Run what makes, renames and drops databases."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Start a server and stop it at the end.

    Not `durable`, it never flushes the disk: nothing of a test outlives the machine anyway. The bench wants `durable`.
    """
    folder = Path(tempfile.mkdtemp(prefix="vestibule-pg-"))
    user = _unprivileged_user(folder)
    server = PostgresServer(free_port(), folder / "data")
    flush = "on" if durable else "off"
    options = f"-p {server.port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync={flush}"
    try:
        _as(user, "initdb", "-D", server.data, "-U", "vestibule", "-A", "trust", "-E", "UTF8", "--no-locale")
        _as(user, "pg_ctl", "-D", server.data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield server
        finally:
            _as(user, "pg_ctl", "-D", server.data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as(user: str | None, program: str, *arguments: str | Path) -> None:
    """Run one of the server's programs; it refuses to run as root, so root hands it to another user."""
    command = [_program(program), *(str(argument) for argument in arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/", timeout=120)


def _program(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = str(installed[0]) if installed else shutil.which(name)
    if not found:
        raise RuntimeError(f"{name} is not here: the tests need PostgreSQL's server programs (Debian: postgresql).")
    return found


def _unprivileged_user(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    name = "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
    shutil.chown(folder, name)
    return name
