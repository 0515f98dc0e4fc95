"""The database: how it is opened, and the only place where a transaction begins and ends.

SQLite serves one machine, PostgreSQL many; the tables and the questions are the same.
"""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase

from intake_api.log import failure
from intake_api.store.vault import Vault

ANSWER_LASTS = 1.0  # seconds
BUSY_SECONDS = 10  # how long a writer on SQLite waits for the others before it gives up

_LOOK = sqlalchemy.text("SELECT 1 FROM leads LIMIT 1")


class StoreUnavailable(Exception):
    """The database cannot be reached or is locked; nothing was written. Trying again later may help."""

    code = "unavailable"


class AnotherWasFirst(Exception):
    """Another writer took a unique place in the meantime; nothing was written. Look again and decide anew."""

    code = "another_was_first"


class Table(DeclarativeBase):
    """The tables. Constraints have fixed names, so that a migration can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(row: type[Table]) -> sqlalchemy.Table:
    """Return the plain table behind a row class, for statements that are built once and run for every submission."""
    table = row.__table__
    assert isinstance(table, sqlalchemy.Table)  # noqa: S101 - for the type checker; a row class has no other
    return table


class Moment(TypeDecorator[datetime]):
    """A point in time, always UTC; SQLite has no time zones, so they are taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Store:
    """The open database with the keys to what is sealed in it."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.url = url
        self.vault = vault
        self.engine = open_engine(url)
        self._sqlite = self.engine.dialect.name == "sqlite"
        # Many statements of one reader see one state. A writer sees what was committed while it waited for a row.
        self._steady = self.engine if self._sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._answered_at = -math.inf
        self._driver: Any = self.engine.dialect.loaded_dbapi
        # SQLite lets one writer in at a time and lets the others poll; our own threads queue here and lose no time.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self._sqlite else nullcontext()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction that is on the disk when this ends, or undone when it ends by an error.

        :raises StoreUnavailable: the database is away, locked or read-only.
        """
        with self._translated(), self._turn, self.engine.connect() as tx, _begun(tx, immediate=self._sqlite):
            yield tx

    def check_it_answers(self) -> None:
        """Make sure that the database answered within the last second, without asking it each time.

        :raises StoreUnavailable: it does not, so that nobody is asked for what could not be kept.
        """
        if time.monotonic() - self._answered_at < ANSWER_LASTS:
            return
        with self.reading() as tx:
            tx.execute(_LOOK)
        self._answered_at = time.monotonic()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one transaction that only reads and sees one state of all tables.

        :raises StoreUnavailable: the database is away.
        """
        with self._translated(), self._steady.connect() as tx, _begun(tx, immediate=False):
            yield tx

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the driver's errors into ours without its text, which may hold values.

        A missing table or right is "unavailable" too: the service fails closed (SEC-42).
        """
        try:
            yield
        except (IntegrityError, self._driver.IntegrityError):
            raise AnotherWasFirst("Another writer was first; nothing was written.") from None
        except (DBAPIError, self._driver.Error, PoolTimeout) as error:
            self._answered_at = -math.inf
            failure("store.unavailable", getattr(error, "orig", None) or error)
            raise StoreUnavailable("The database does not answer; nothing was written.") from None

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def open_engine(url: str) -> Engine:
    """Open the engine. A commit is on the disk: a thank-you means that.

    A connection that a restart of PostgreSQL broke costs one "unavailable" and renews the whole pool: cheaper than
    asking before each transaction whether it still lives.
    """
    return _open_sqlite(url) if url.startswith("sqlite") else _open_postgresql(url)


def _open_postgresql(url: str) -> Engine:
    engine = create_engine(url, pool_size=10, max_overflow=10, hide_parameters=True)
    # Many rows go as one statement; the driver's own way asks the server once for each.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    return engine


class _TakesHints(SQLiteCompiler):
    """Puts what `with_hint` says behind the name of a table: which index to take (INDEXED BY)."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:  # noqa: ARG002 - the compiler's own form
        return text


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(
        url, pool_size=20, max_overflow=20, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )
    engine.dialect.statement_compiler = _TakesHints

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see `_begun`
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: upgrading a read lock later can fail without waiting.
        begin = "BEGIN IMMEDIATE" if connection.info.pop("immediate", False) else "BEGIN"
        connection.connection.driver_connection.execute(begin)  # type: ignore[union-attr]

    return engine


@contextmanager
def _begun(tx: Connection, *, immediate: bool) -> Iterator[None]:
    tx.info["immediate"] = immediate
    with tx.begin():
        yield
