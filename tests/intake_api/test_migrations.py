"""Every migration goes up and down, with data, on both databases; the newest schema is the one the tables say."""

from contextlib import closing
from dataclasses import replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import approve_lead
from intake_api.flows.migrate_store import MIGRATIONS, migrate_store
from intake_api.flows.open_store import open_store, ready_store
from intake_api.flows.read_lead import read_lead
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store import tables
from intake_api.store.base import Store
from intake_api.store.deliveries import list_deliveries
from intake_api.store.staff import add_staff
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_first_yes, keep_lead

FIRST_TABLES = {"leads", "lead_index", "decisions", "subjects", "presentations", "notices", "evidence", "staff"}
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
        self, settings: Settings, catalogue: Catalogue, clock: DrivenClock, store: Store, queue: Queue
    ) -> None:
        """Down to the first step and up again, with data in every table: what the first step knows is still there."""
        decided = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True}, phone="+371 20 000 000")
        approve = {"destination": "file", "recipient": "crm", "seen_version": 1, "staff_id": "0" * 32}
        approve_lead(store, queue, decided.reference, **approve, now=clock())  # type: ignore[arg-type]
        keep_first_yes(store, queue, catalogue, now=clock())
        with store.writing() as tx:
            add_staff(tx, "reviewer@sample.example", "0" * 40, one_time=False, now=clock())
        counted, before = count_rows(store), read_lead(store, decided.reference, actor="operator", why="t", now=clock())
        assert min(counted[table] for table in FIRST_TABLES) > 0
        for revision in REVISIONS[-2::-1]:
            with store.writing() as tx:
                step(tx, revision, down=True)
        migrate_store(store)
        ready_store(store, catalogue, settings, now=clock())
        after = read_lead(store, decided.reference, actor="operator", why="t", now=clock())
        known = replace(before.lead, respond_by=None)  # a goal, which no step makes again
        assert (after.values, after.decisions, after.lead) == (before.values, before.decisions, known)
        now_there = count_rows(store)
        assert {table: now_there[table] for table in FIRST_TABLES - {"evidence"}} == {
            table: counted[table] for table in FIRST_TABLES - {"evidence"}
        }

    def test_what_no_connector_could_say_is_due_and_both_leads_of_a_merge_say_what_counts(
        self, catalogue: Catalogue, clock: DrivenClock, store: Store, queue: Queue
    ) -> None:
        """Step 0045: before it, what was taken back, erased or merged was noted as `untold`."""
        merged, stays = (keep_lead(store, catalogue, now=clock()) for _ in range(2))
        approve = {"destination": "file", "recipient": "crm", "seen_version": 1, "staff_id": "0" * 32}
        for lead in (merged, stays):
            approve_lead(store, queue, lead.reference, **approve, now=clock())  # type: ignore[arg-type]
        for revision in REVISIONS[-2 : REVISIONS.index("0044") - 1 : -1]:
            with store.writing() as tx:
                step(tx, revision, down=True)
        with store.writing() as tx:
            deliveries, merges = (Table(name, MetaData(), autoload_with=tx) for name in ("deliveries", "lead_merges"))
            tx.execute(deliveries.update().values(state="delivered", attempts=1, next_attempt_at=None))
            of_merged = tx.execute(deliveries.select().where(deliveries.c.lead_id == merged.id)).mappings().one()
            for kind in ("merge", "withdraw"):
                tx.execute(deliveries.insert().values({**of_merged, "id": kind, "kind": kind, "state": "untold"}))
            who = {"lead_id": merged.id, "into_id": stays.id, "into_version": 1, "merged_by": "0" * 32}
            when = dict.fromkeys(("merged_at", "delete_after", "into_delete_after", "end_set"), clock())
            tx.execute(merges.insert().values(**who, **when, state="approved"))
        migrate_store(store)
        with store.reading() as tx:
            told = {lead.id: list_deliveries(tx, lead.id) for lead in (merged, stays)}
        assert {
            lead: sorted((one.kind, one.state, one.next_attempt_at is not None) for one in of_lead)
            for lead, of_lead in told.items()
        } == {
            merged.id: [
                ("update_consent", "retrying", True),
                ("upsert", "delivered", False),
                ("withdraw", "retrying", True),
            ],
            stays.id: [("update_consent", "retrying", True), ("upsert", "delivered", False)],
        }


def count_rows(store: Store) -> dict[str, int]:
    """Return how many rows each of our tables has."""
    with store.reading() as tx:
        return {
            table: tx.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()  # noqa: S608 - our own names
            for table in our_tables(tx)
        }
