"""Eyes for the durable engine."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import text

from intake_api import queue as engine
from intake_api.queue import Queue
from intake_api.store.base import Store


def engine_holds(store: Store) -> list[tuple[str, str]]:
    """Return what the engine holds, as (id, status)."""
    table = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
    with store.reading() as tx:
        return [tuple(row) for row in tx.execute(text(f"SELECT workflow_uuid, status FROM {table}"))]  # noqa: S608


def break_down(store: Store) -> None:
    """Let all that the engine holds have ended by an error."""
    table = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
    with store.writing() as tx:
        tx.execute(text(f"UPDATE {table} SET status = 'ERROR'"))  # noqa: S608


@contextmanager
def queue_that_loads_while_others_may_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """Give a queue whose engine is not loaded yet; loading it fails while a transaction holds SQLite's write lock."""
    load = engine._open_client

    def load_while_another_writes(url: str) -> object:
        with closing(sqlite3.connect(str(store.engine.url.database), timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        return load(url)

    monkeypatch.setattr(engine, "_open_client", load_while_another_writes)
    with closing(Queue(store.url)) as queue:
        yield queue
