"""Many leads and real workers: acts on all of them, killed, stopped, two at once; and leads given by rules."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.flows.begin_bulk import begin_bulk, stop_bulk
from intake_api.flows.change_staff import change_teams, disable_staff
from intake_api.flows.come_to_work import come_to_work
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.judge_bulk import Choice
from intake_api.flows.preview_bulk import preview_bulk
from intake_api.queue import Queue
from intake_api.rules.bulk import BulkAct, JobState, LeftOut, Stopped
from intake_api.rules.exports import Gone
from intake_api.rules.lead_state import LeadState
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import MOVED, BulkJob, count_outcomes, find_job
from intake_api.store.leads import Lead
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.flows.exporting import Exporting
from tests.intake_api.kept_leads import FIELDS, keep_lead, kinds, lead_now, receipt_of
from tests.intake_api.test_worker import Place
from tests.processes import wait_until

pytestmark = pytest.mark.processes
CONTACT, DECLINE = Choice(BulkAct.CONTACT), Choice(BulkAct.DECLINE, reason="not_a_fit")


class Many:
    """Leads to decide, who decides, and how far a job is."""

    def __init__(self, place: Place) -> None:
        self.place, self.store = place, place.store

    def hire(self, email: str = "ilze@tidewick.example") -> str:
        with self.store.writing() as tx:
            return staff.add_staff(tx, email, "-", one_time=False, now=system_clock())

    def leads(self, count: int) -> list[Lead]:
        return [keep_lead(self.store, self.place.catalogue, now=system_clock()) for _ in range(count)]

    def begin(self, leads: list[Lead], choice: Choice, by: str) -> str:
        references = [lead.reference for lead in leads]
        job = preview_bulk(self.store, references, choice, "crm", staff_id=by, now=system_clock())
        begin_bulk(self.store, self.place.queue, job.id, staff_id=by, now=system_clock())
        return job.id

    def job(self, job_id: str) -> BulkJob:
        with self.store.reading() as tx:
            job = find_job(tx, job_id)
        assert job is not None
        return job

    def is_over(self, *job_ids: str) -> bool:
        return not any(self.job(one).is_running for one in job_ids)

    def outcomes(self, job_id: str) -> dict[str | None, int]:
        with self.store.reading() as tx:
            return count_outcomes(tx, [job_id])[job_id]

    def moved(self, job_id: str) -> int:
        return self.outcomes(job_id).get(MOVED, 0)


@pytest.fixture
def many(
    environment: dict[str, str], tmp_path: Path, store: Store, queue: Queue, catalogue: Catalogue, receiver: Receiver
) -> Many:
    return Many(Place(environment, tmp_path, store, queue, catalogue, receiver.url))


class TestManyAtOnce:
    def test_killed_in_the_middle_each_is_moved_once_with_one_entry(self, many: Many) -> None:
        leads, me = many.leads(300), many.hire()
        job = many.begin(leads, CONTACT, me)
        for killed_at in (10, 40, 80):  # far from the last one: the worker goes on while we look
            with many.place.worker() as worker:
                wait_until(lambda at=killed_at: many.moved(job) >= at)  # type: ignore[misc]
                worker.kill()
            assert many.job(job).is_running
            many.place.move_time(61)
        with many.place.worker() as one, many.place.worker() as other:
            wait_until(lambda: many.is_over(job))
            assert (one.leave(), other.leave()) == (0, 0)
        assert (many.job(job).state, many.outcomes(job)) == (JobState.DONE, {MOVED: 300})
        assert {lead_now(many.store, lead).state for lead in leads} == {LeadState.CONTACTED}
        assert {lead_now(many.store, lead).version for lead in leads} == {2}
        with many.store.reading() as tx:
            query = text(
                "SELECT lead_id, count(*) AS times FROM evidence WHERE kind = 'lead.contacted' GROUP BY lead_id"
            )
            assert {row.lead_id: row.times for row in tx.execute(query)} == dict.fromkeys(
                [lead.id for lead in leads], 1
            )

    def test_stopped_in_the_middle_the_rest_is_left_as_it_was(self, many: Many) -> None:
        leads, me = many.leads(200), many.hire()
        job = many.begin(leads, CONTACT, me)
        with many.place.worker():
            wait_until(lambda: many.moved(job) > 0)
            stop_bulk(many.store, job, staff_id=me, now=system_clock())
            moved = many.moved(job)
            after = many.begin(many.leads(1), CONTACT, me)
            wait_until(lambda: many.is_over(after))
        assert (many.job(job).stopped_for, many.outcomes(job)) == (Stopped.ASKED, {MOVED: moved, None: 200 - moved})
        states = Counter(lead_now(many.store, lead).state for lead in leads)
        assert states == {LeadState.CONTACTED: moved, LeadState.NEW: 200 - moved}

    def test_switched_off_in_the_middle_it_stops(self, many: Many) -> None:
        leads, me = many.leads(200), many.hire()
        job = many.begin(leads, DECLINE, me)
        with many.place.worker():
            wait_until(lambda: many.moved(job) > 0)
            disable_staff(many.store, me, actor="operator", now=system_clock())
            moved = many.moved(job)
            wait_until(lambda: many.is_over(job))
        assert many.job(job).stopped_for == Stopped.ACCOUNT
        done = many.moved(job)
        assert done in (moved, moved + 1)  # the lead that was in hand at that moment may still be done
        assert many.outcomes(job) == {MOVED: done, None: 200 - done}

    def test_two_over_the_same_leads_move_each_once(self, many: Many) -> None:
        leads, me, other = many.leads(120), many.hire(), many.hire("piotr@tidewick.example")
        one, two = many.begin(leads, CONTACT, me), many.begin(leads[::-1], DECLINE, other)
        with many.place.worker(), many.place.worker():
            wait_until(lambda: many.is_over(one, two))
        first, second = many.outcomes(one), many.outcomes(two)
        assert first.get(MOVED, 0) + second.get(MOVED, 0) == 120
        assert first.get(LeftOut.CHANGED, 0) == second.get(MOVED, 0)
        assert second.get(LeftOut.CHANGED, 0) == first.get(MOVED, 0)
        decided = ("lead.contacted", "lead.declined")
        assert all(len([kind for kind in kinds(many.store, lead) if kind in decided]) == 1 for lead in leads)


class TestFiles:
    @pytest.mark.timeout(300)
    def test_x06_killed_in_the_middle_the_file_is_made_once_and_whole(self, many: Many) -> None:
        house = Exporting(many.store, many.place.queue, many.place.catalogue, system_clock)
        leads = many.leads(200)
        export = house.look(leads)
        house.ask(export)
        for killed_at in (20, 100):
            with many.place.worker() as worker:
                wait_until(lambda at=killed_at: house.lines(export) >= at)  # type: ignore[misc]
                worker.kill()
            assert many.job(export).is_running
            many.place.move_time(61)
        with many.place.worker() as one, many.place.worker() as other:
            wait_until(lambda: many.is_over(export))
            assert [line["said"]["reference"] for line in house.take(export).lines] == [one.reference for one in leads]
            erase_by_receipt(many.store, receipt_of(leads[7]), now=system_clock())
            wait_until(lambda: house.lines(export) == 0)
            assert (one.leave(), other.leave()) == (0, 0)
        assert house.said(export).gone_for == Gone.LEAD
        assert house.entries().count("leads.exported") == 1
        assert house.entries().count("leads.export_removed") == 1
        assert not [value for value in map(str, FIELDS.values()) if value in many.place.logs()]


class TestRules:
    def test_two_workers_give_new_leads_in_turn_and_take_them_from_whoever_leaves(self, many: Many) -> None:
        people = [many.hire(f"{name}@tidewick.example") for name in ("anna", "ilze")]
        zone = many.place.catalogue.organisation.opening_hours.zone
        for one in people:
            change_teams(many.store, one, ["sales"], actor="operator", now=system_clock())
            come_to_work(many.store, one, zone, now=system_clock())
        leads = many.leads(12)

        def hands() -> Counter[str | None]:
            return Counter(lead_now(many.store, lead).assigned_to for lead in leads)

        with many.place.worker(), many.place.worker():
            wait_until(lambda: None not in hands())
            assert hands() == dict.fromkeys(people, 6)
            disable_staff(many.store, people[0], actor="operator", now=system_clock())
            wait_until(lambda: hands() == {people[1]: 12})
        told = [kind for lead in leads for kind in kinds(many.store, lead, "lead.assigned")]
        assert len(told) == 12 + 2 * 6
