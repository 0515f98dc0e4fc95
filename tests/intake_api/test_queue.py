"""The way into the durable engine, on both databases."""

import subprocess
import sys

import pytest

from intake_api.queue import DELIVER_LEAD, Queue, prepare_queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import ROOT
from tests.intake_api.engine import engine_holds


class TestEnqueue:
    def test_it_happens_with_the_callers_transaction_or_not_at_all(self, store: Store, queue: Queue) -> None:
        def fail_after_enqueueing() -> None:
            with store.writing() as tx:
                queue.enqueue(tx, DELIVER_LEAD, "a.1")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_after_enqueueing()
        assert engine_holds(store) == []

        with store.writing() as tx:
            queue.enqueue(tx, DELIVER_LEAD, "a.1")
        assert engine_holds(store) == [("deliver_lead:a.1", "ENQUEUED")]

    def test_the_same_key_again_changes_nothing(self, store: Store, queue: Queue) -> None:
        for _ in range(2):
            with store.writing() as tx:
                queue.enqueue(tx, DELIVER_LEAD, "a.1")
                queue.enqueue(tx, DELIVER_LEAD, "a.1")
        assert len(engine_holds(store)) == 1

    def test_a_key_is_forgotten_on_request(self, store: Store, queue: Queue) -> None:
        with store.writing() as tx:
            queue.enqueue(tx, DELIVER_LEAD, "a.1")
        queue.forget(DELIVER_LEAD, ["a.1"])
        assert engine_holds(store) == []


class TestPrepareQueue:
    def test_repeating_it_changes_nothing(self, store: Store, queue: Queue, settings: Settings) -> None:
        with store.writing() as tx:
            queue.enqueue(tx, DELIVER_LEAD, "a.1")
        prepare_queue(settings.database_url)
        assert len(engine_holds(store)) == 1


def test_a_process_that_never_enqueues_does_not_load_the_engine() -> None:
    looks = "import sys, intake_api.queue; intake_api.queue.Queue('sqlite:///nowhere'); sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looks], cwd=ROOT).returncode == 0
