"""How the database is opened and asked."""

import time

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.store import base
from intake_api.store.base import Store, StoreUnavailable
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead


class TestCheckingThatItAnswers:
    """Nobody is asked for what could not be kept (SEC-42)."""

    def test_a_database_without_our_tables_does_not_answer(self, store: Store) -> None:
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE leads RENAME TO leads_gone"))
        with pytest.raises(StoreUnavailable):
            store.check_it_answers()

    def test_an_answer_is_good_for_a_second_and_a_failure_ends_it(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.monotonic()
        monkeypatch.setattr(base.time, "monotonic", lambda: now)
        store.check_it_answers()
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE leads RENAME TO leads_gone"))
        store.check_it_answers()
        with pytest.raises(StoreUnavailable), store.reading() as tx:
            tx.execute(text("SELECT 1 FROM leads"))
        with pytest.raises(StoreUnavailable):
            store.check_it_answers()


class TestReading:
    """What a reader sees."""

    def test_one_state_of_all_tables_whatever_is_written_meanwhile(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        def counts() -> tuple[int, ...]:
            tables = ("leads", "decisions", "evidence")
            return tuple(tx.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one() for table in tables)  # noqa: S608

        with store.reading() as tx:
            before = counts()
            keep_lead(store, catalogue, now=clock())
            assert counts() == before
        with store.reading() as tx:
            assert counts() > before

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_what_a_reader_sets_on_its_connection_does_not_reach_the_next_writer(self, store: Store) -> None:
        """A writer must see what was committed while it waited for a row."""
        for _ in range(3):
            with store.reading() as tx:
                assert tx.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"
            with store.writing() as tx:
                assert tx.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"
