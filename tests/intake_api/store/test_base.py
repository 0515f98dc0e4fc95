"""How the database is opened and asked."""

import time

import pytest
from sqlalchemy import text

from intake_api.store import base
from intake_api.store.base import Store, StoreUnavailable


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
