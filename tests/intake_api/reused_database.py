"""One PostgreSQL database for one test after the other, empty each time.

A copy of a migrated database takes PostgreSQL half a second, emptying one a few milliseconds. Each test gets it under
another name, so that whatever a test left running does not find the next one's.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.intake_api.postgres import PostgresServer

USES = 100  # then a new copy: rows that were deleted leave room behind
# Every column, index, trigger, constraint and function. A test that changes one leaves no database to the next.
SCHEMA = sql.SQL("""
    SELECT md5(string_agg(part, '|' ORDER BY part)) FROM (
        SELECT concat_ws(' ', attrelid::regclass, relkind, attname, atttypid, attnotnull, attisdropped) AS part
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
        UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
        UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
        UNION ALL SELECT concat_ws(' ', proname, prosrc) FROM pg_proc
            WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
    ) AS parts""")
TABLES = sql.SQL("SELECT schemaname, relname FROM pg_stat_user_tables")
SEQUENCES = sql.SQL(
    "SELECT schemaname, sequencename, coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences"
)

END_OTHERS = sql.SQL("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = {}")


class ReusedDatabase:
    """Copies of a migrated database, each emptied and renamed until it is worn or altered."""

    def __init__(self, server: PostgresServer, like: str) -> None:
        self._server, self._like = server, like
        self._name: str | None = None
        self._uses = 0
        with psycopg.connect(server.dsn(like)) as connection:
            self._schema = connection.execute(SCHEMA).fetchone()
            tables = [sql.Identifier(*table) for table in connection.execute(TABLES)]
            copies = [(table, _rows(connection, table)) for table in tables]
            self._rows = [(table, rows) for table, rows in copies if rows]
            self._empty = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in tables)
            self._sequences = connection.execute(SEQUENCES).fetchall()

    @contextmanager
    def emptied(self) -> Iterator[str]:
        """Give the address of a database as it was migrated, to one at a time."""
        name = f"t{uuid.uuid4().hex}"
        old, new = sql.Identifier(self._name or self._like), sql.Identifier(name)
        renew = "ALTER DATABASE {} RENAME TO {}" if self._name else "CREATE DATABASE {1} TEMPLATE {0}"
        self._server.run(sql.SQL(renew).format(old, new))
        self._name = name
        try:
            yield self._server.url(name)
        finally:
            self._uses += 1
            self._server.run(END_OTHERS.format(sql.Literal(name)))
            if self._uses % USES == 0 or not self._as_before(name):
                self.drop()

    def drop(self) -> None:
        """Drop what there is; the next who asks gets a new copy."""
        if self._name:
            self._server.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self._name)))
        self._name = None

    def _as_before(self, name: str) -> bool:
        """Put back all rows and sequences; False if the test changed the schema."""
        with psycopg.connect(self._server.dsn(name)) as connection:
            if connection.execute(SCHEMA).fetchone() != self._schema:
                return False
            connection.execute("SET session_replication_role = replica")  # no trigger, no foreign key, any order
            connection.execute(self._empty)
            for table, rows in self._rows:
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                    copy.write(rows)
            for schema, sequence, value, is_called in self._sequences:
                connection.execute("SELECT setval(%s, %s, %s)", (f"{schema}.{sequence}", value, is_called))
        return True


@contextmanager
def reused_database(server: PostgresServer, url: str) -> Iterator[ReusedDatabase]:
    """Make one of the database at `url`, which nobody may use meanwhile, and drop it at the end."""
    reused = ReusedDatabase(server, url.rpartition("/")[2])
    try:
        yield reused
    finally:
        reused.drop()


def _rows(connection: psycopg.Connection, table: sql.Identifier) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
        return b"".join(bytes(part) for part in copy)
