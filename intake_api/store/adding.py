"""Add rows by statements that are built once for each database and handed straight to its driver.

A submission adds a dozen rows; building, compiling and wrapping each statement anew took longer than writing them.
Everything else goes through SQLAlchemy's own way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect

from intake_api.store.base import Table, table_of

WAITING = "vestibule.rows_waiting"
GATHERED = "vestibule.rows_gathered"
PLACES = {"qmark": "?", "format": "%s", "pyformat": "%s"}


class _Built(NamedTuple):
    """The beginning of a statement, the places of one row, and what turns each value into the driver's."""

    head: str
    places: str
    columns: Sequence[tuple[str, Callable[[Any], Any] | None]]


class Adder:
    """Adds rows to one table. Every row names every column."""

    def __init__(self, row: type[Table]) -> None:
        self._table = table_of(row)
        self._built: dict[str, _Built] = {}

    def add(self, tx: Connection, *rows: Mapping[str, Any]) -> None:
        """Add rows in this transaction, all by one statement. No rows is fine.

        :raises KeyError: a row lacks a column.
        """
        if not rows:
            return
        head, places, columns = self._built.get(tx.dialect.name) or self._build(tx.dialect)
        gathered = tx.info.get(GATHERED)
        if gathered is not None:
            rows_of_table = gathered.setdefault(head + places, [])
            rows_of_table += (
                [convert(row[name]) if convert else row[name] for name, convert in columns] for row in rows
            )
            return
        values = [convert(row[name]) if convert else row[name] for row in rows for name, convert in columns]
        sql = head + ", ".join([places] * len(rows))
        waiting = tx.info.get(WAITING)
        if waiting is None:
            tx.connection.cursor().execute(sql, values)
        else:
            waiting.append((sql, values))

    def _build(self, dialect: Dialect) -> _Built:
        columns = [(column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in self._table.c]
        head = f"INSERT INTO {self._table.name} ({', '.join(name for name, _ in columns)}) VALUES "  # noqa: S608 - our own names
        places = f"({', '.join([PLACES[dialect.paramstyle]] * len(columns))})"
        self._built[dialect.name] = built = _Built(head, places, columns)
        return built


@contextmanager
def gathered(tx: Connection) -> Iterator[None]:
    """Add the rows of a block at its end, table by table in the order of their first rows: for thousands at once.

    Nothing in the block may ask for what it added.
    """
    waiting: dict[str, list[list[Any]]] = {}
    tx.info[GATHERED] = waiting
    try:
        yield
    finally:
        del tx.info[GATHERED]
    for sql, rows in waiting.items():
        tx.connection.cursor().executemany(sql, rows)


@contextmanager
def in_one_go(tx: Connection) -> Iterator[None]:
    """Add the rows of a block by one statement at its end: on PostgreSQL that is one trip instead of one a table.

    SQLite is in the process and has no trips to save. Nothing in the block may ask for what it added.
    """
    if tx.dialect.name == "sqlite":
        yield
        return
    waiting: list[tuple[str, list[Any]]] = []
    tx.info[WAITING] = waiting
    try:
        yield
    finally:
        del tx.info[WAITING]
    *others, last = [sql for sql, _ in waiting]
    beside = ", ".join(f"added_{number} AS ({sql})" for number, sql in enumerate(others))
    every = [value for _, values in waiting for value in values]
    tx.connection.cursor().execute(f"WITH {beside} {last}", every)
