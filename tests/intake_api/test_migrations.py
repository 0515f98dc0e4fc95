"""Every migration goes up and down, with data, on both databases; the newest schema is the one the tables say."""

from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.migrate_store import MIGRATIONS, migrate_store
from intake_api.flows.open_store import open_store, ready_store
from intake_api.settings import Settings
from intake_api.store import tables
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock

REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


def step(tx: Connection, to: str, *, down: bool = False) -> None:
    """Go to one revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = tx
    (command.downgrade if down else command.upgrade)(config, to)


def our_tables(tx: Connection) -> set[str]:
    """Return the tables that are ours and not Alembic's or the durable engine's."""
    return set(inspect(tx).get_table_names()) & set(tables.Table.metadata.tables)


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    return empty_database_url


class TestMigrations:
    """One file a step."""

    def test_end_at_the_schema_the_tables_say(self, settings: Settings) -> None:
        ours = set(tables.Table.metadata.tables)
        options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in ours}
        with closing(open_store(settings)) as store:
            migrate_store(store)
            with store.reading() as tx:
                known = MigrationContext.configure(tx, opts=options)
                assert compare_metadata(known, tables.Table.metadata) == []

    def test_go_up_down_and_up_again_one_by_one(self, settings: Settings) -> None:
        with closing(open_store(settings)) as store:
            for before, revision in zip(["base", *REVISIONS], REVISIONS, strict=False):
                for to, down in ((revision, False), (before, True), (revision, False)):
                    with store.writing() as tx:
                        step(tx, to, down=down)
            with store.writing() as tx:
                step(tx, "base", down=True)
                assert our_tables(tx) == set()

    def test_keep_what_was_there(
        self, settings: Settings, catalogue: Catalogue, clock: DrivenClock, store: Store
    ) -> None:
        """Down to the first step and up again: what the first step knew is still there."""
        with store.reading() as tx:
            before = tx.execute(text("SELECT COUNT(*) FROM notices")).scalar_one()
        with store.writing() as tx:
            step(tx, REVISIONS[0], down=True)
        migrate_store(store)
        ready_store(store, catalogue, settings, now=clock())
        with store.reading() as tx:
            assert tx.execute(text("SELECT COUNT(*) FROM notices")).scalar_one() == before > 0
