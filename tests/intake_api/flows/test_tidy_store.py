"""What is removed when its time is over, and what is not."""

from sqlalchemy import text

from intake_api.flows.tidy_store import tidy_store
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.engine import engine_holds


class TestTidyStore:
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
