"""Starting on a database: right schema, right keys, or one sentence."""

import base64
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.migrate_store import migrate_store
from intake_api.flows.open_store import RecipientUnknown, SchemaOutOfDate, open_store, ready_store
from intake_api.settings import Settings, read_settings
from intake_api.store.base import Store
from intake_api.store.keyring import KeyMismatch
from intake_api.store.notices import NoticeAltered, get_notice_body
from tests.intake_api.conftest import DrivenClock


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    return empty_database_url


class TestStarting:
    """What a process checks before it serves anybody."""

    def test_an_empty_database_says_what_to_run(
        self, settings: Settings, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        with closing(open_store(settings)) as empty, pytest.raises(SchemaOutOfDate, match="db upgrade"):
            ready_store(empty, catalogue, settings, now=clock())

    @pytest.mark.parametrize("name", ["MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "RECEIPT_KEY", "TOKEN_KEY"])
    def test_sec47_another_key_refuses_to_start_and_says_which(
        self, store: Store, catalogue: Catalogue, environment: dict[str, str], clock: DrivenClock, name: str
    ) -> None:
        other = {**environment, f"VESTIBULE_{name}": base64.b64encode(os.urandom(32)).decode()}
        settings = read_settings(other)
        with closing(open_store(settings)) as opened, pytest.raises(KeyMismatch, match=f"VESTIBULE_{name} "):
            ready_store(opened, catalogue, settings, now=clock())

    def test_v01_keeps_every_notice_of_the_catalogue_as_its_very_bytes(
        self, store: Store, catalogue: Catalogue
    ) -> None:
        with store.reading() as tx:
            for notice in catalogue.notices.values():
                assert get_notice_body(tx, notice.hash) == notice.canonical

    def test_v04_an_altered_notice_refuses_to_start(
        self, store: Store, catalogue: Catalogue, settings: Settings, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE notices SET body = :body"), {"body": b"{}"})
        with pytest.raises(NoticeAltered):
            ready_store(store, catalogue, settings, now=clock())

    def test_n06_a_destination_that_no_notice_names_refuses_to_start(
        self, store: Store, catalogue: Catalogue, environment: dict[str, str], clock: DrivenClock
    ) -> None:
        settings = read_settings({**environment, "VESTIBULE_DESTINATION_RECIPIENT": "somebody"})
        with pytest.raises(RecipientUnknown, match="somebody"):
            ready_store(store, catalogue, settings, now=clock())

    def test_starting_again_writes_nothing(
        self, store: Store, catalogue: Catalogue, settings: Settings, clock: DrivenClock
    ) -> None:
        ready_store(store, catalogue, settings, now=clock.advance(days=1))
        with store.reading() as tx:
            assert tx.execute(text("SELECT COUNT(*) FROM evidence")).scalar_one() == len(catalogue.notices)

    def test_processes_that_start_at_the_same_moment_all_start(
        self, settings: Settings, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        """Keys and notices are written once, by whoever is first; the others find them."""
        with closing(open_store(settings)) as first:
            migrate_store(first)
        at_once = threading.Barrier(6)

        def start(_: int) -> None:
            with closing(open_store(settings)) as opened:
                with opened.reading() as tx:  # connected, so that nothing but the start itself takes time
                    tx.execute(text("SELECT 1"))
                at_once.wait(30)
                ready_store(opened, catalogue, settings, now=clock())

        with ThreadPoolExecutor(6) as processes:
            list(processes.map(start, range(6)))
        with closing(open_store(settings)) as store, store.reading() as tx:
            assert tx.execute(text("SELECT COUNT(*) FROM notices")).scalar_one() == len(catalogue.notices)
            assert tx.execute(text("SELECT COUNT(*) FROM evidence")).scalar_one() == len(catalogue.notices)
