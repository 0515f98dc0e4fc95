"""What is removed when its time is over, and what is not."""

from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.show_form import show_form
from intake_api.flows.tidy_store import tidy_store
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.test_approve_lead import engine_holds
from tests.intake_api.kept_leads import keep_lead


def presentations(store: Store) -> int:
    with store.reading() as tx:
        return tx.execute(text("SELECT COUNT(*) FROM presentations")).scalar_one()  # type: ignore[no-any-return]


class TestTidyStore:
    def test_presentations_nobody_decided_on_go_a_day_after_their_end(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        show_form(store, catalogue, "request_demo", "en", "page", now=clock())
        keep_lead(store, catalogue, now=clock())

        assert tidy_store(store, queue, now=clock.advance(hours=24)) == 0
        assert tidy_store(store, queue, now=clock.advance(hours=1)) == 1
        assert presentations(store) == 1  # the one a lead stands on

    def test_finished_work_of_the_engine_goes_and_unfinished_stays(
        self, store: Store, queue: Queue, clock: DrivenClock
    ) -> None:
        schema = "" if store.url.startswith("sqlite") else "dbos."
        with store.writing() as tx:
            for key in ("done.1", "fresh.1", "waiting.1"):
                queue.enqueue(tx, DELIVER_LEAD, key)
            ended = f"UPDATE {schema}workflow_status SET status = 'SUCCESS', completed_at = :at"  # noqa: S608
            for key, hours in (("done.1", 25), ("fresh.1", 23)):
                at = int(clock().timestamp() * 1000) - hours * 3_600_000
                tx.execute(text(f"{ended} WHERE workflow_uuid = :id"), {"at": at, "id": f"{DELIVER_LEAD}:{key}"})

        tidy_store(store, queue, now=clock())

        assert sorted(engine_holds(store)) == [
            ("deliver_lead:fresh.1", "SUCCESS"),
            ("deliver_lead:waiting.1", "ENQUEUED"),
        ]
