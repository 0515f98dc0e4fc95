"""Taking over from a silent worker: one heir, nothing lost when the heir falls silent too."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.leave_work import leave_work
from intake_api.flows.show_life import show_life
from intake_api.flows.take_over_work import SILENCE, take_over_work
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.workers import claim_silent
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.engine import engine_holds
from tests.intake_api.kept_leads import approve, keep_lead


@pytest.fixture
def begun(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> str:
    """A worker that began an attempt and was not heard of again."""
    approve(store, queue, keep_lead(store, catalogue, now=clock()), now=clock())
    show_life(store, "gone", host="a", now=clock())
    begin(store, "gone")
    return "gone"


def begin(store: Store, worker: str) -> None:
    """Let a worker have begun all that is queued, as the engine writes it down."""
    table = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
    with store.writing() as tx:
        tx.execute(text(f"UPDATE {table} SET status = 'PENDING', executor_id = '{worker}'"))  # noqa: S608


def statuses(store: Store) -> list[str]:
    return [status for _, status in engine_holds(store)]


class TestTakeOverWork:
    def test_after_a_minute_of_silence_the_work_is_back_in_its_queue(
        self, store: Store, queue: Queue, begun: str, clock: DrivenClock
    ) -> None:
        assert take_over_work(store, queue, "heir", now=clock() + SILENCE - timedelta(seconds=1)) == 0
        assert statuses(store) == ["PENDING"]

        assert take_over_work(store, queue, "heir", now=clock() + SILENCE) == 1
        assert statuses(store) == ["ENQUEUED"]

    def test_it_is_taken_once(self, store: Store, queue: Queue, begun: str, clock: DrivenClock) -> None:
        now = clock.advance(minutes=2)
        take_over_work(store, queue, "heir", now=now)

        assert take_over_work(store, queue, "another", now=now) == 0

    def test_while_one_heir_is_at_it_another_stays_away(
        self, store: Store, queue: Queue, begun: str, clock: DrivenClock
    ) -> None:
        now = clock.advance(minutes=2)
        with store.writing() as tx:
            assert claim_silent(tx, heir="first", now=now, silence=SILENCE) == [begun]

        assert take_over_work(store, queue, "second", now=now + timedelta(seconds=59)) == 0
        assert statuses(store) == ["PENDING"]

    def test_an_heir_that_falls_silent_itself_is_replaced(
        self, store: Store, queue: Queue, begun: str, clock: DrivenClock
    ) -> None:
        now = clock.advance(minutes=2)
        with store.writing() as tx:
            claim_silent(tx, heir="first", now=now, silence=SILENCE)

        assert take_over_work(store, queue, "second", now=now + SILENCE) == 1
        assert statuses(store) == ["ENQUEUED"]

    def test_a_worker_that_shows_life_again_is_not_taken_over(
        self, store: Store, queue: Queue, begun: str, clock: DrivenClock
    ) -> None:
        now = clock.advance(minutes=2)
        show_life(store, begun, host="a", now=now)

        assert take_over_work(store, queue, "heir", now=now) == 0

    def test_a_worker_does_not_take_over_from_itself(
        self, store: Store, queue: Queue, begun: str, clock: DrivenClock
    ) -> None:
        assert take_over_work(store, queue, begun, now=clock.advance(minutes=2)) == 0

    def test_what_one_took_in_its_last_moment_is_found_when_it_is_forgotten_already(
        self, store: Store, queue: Queue, begun: str, clock: DrivenClock
    ) -> None:
        now = clock.advance(minutes=2)
        assert take_over_work(store, queue, "heir", now=now) == 1
        begin(store, "gone")  # what the dying process had sent came to the database after its heir had looked

        assert take_over_work(store, queue, "heir", now=now) == 1
        assert statuses(store) == ["ENQUEUED"]

    def test_what_living_workers_have_in_hands_stays_there(
        self, store: Store, queue: Queue, begun: str, clock: DrivenClock
    ) -> None:
        show_life(store, "heir", host="a", now=clock())
        for worker in ("gone", "heir"):
            begin(store, worker)
            assert take_over_work(store, queue, "heir", now=clock()) == 0
            assert statuses(store) == ["PENDING"]

    def test_a_worker_that_leaves_puts_its_work_back_at_once(self, store: Store, queue: Queue, begun: str) -> None:
        assert leave_work(store, queue, begun) == 1
        assert statuses(store) == ["ENQUEUED"]
