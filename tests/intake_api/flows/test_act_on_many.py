"""Many leads at once: looked at first, then each the way a single press takes it, once, whatever happens meanwhile."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows import act_on_many as flow
from intake_api.flows.act_on_many import AT_A_TIME, BulkDesk, act_on_many
from intake_api.flows.approve_lead import ForwardingBlocked, approve_lead
from intake_api.flows.assign_lead import assign_lead
from intake_api.flows.begin_bulk import JobUnknown, begin_bulk, stop_bulk
from intake_api.flows.change_staff import change_roles, disable_staff
from intake_api.flows.contact_lead import contact_lead
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.judge_bulk import Choice, why_left_out
from intake_api.flows.mark_spam import mark_spam
from intake_api.flows.mend_bulk import TRIES, mend_bulk
from intake_api.flows.preview_bulk import AssigneeUnknown, NothingChosen, ReasonUnknown, preview_bulk, preview_filter
from intake_api.flows.tidy_store import tidy_store
from intake_api.flows.undo_move import undo_move
from intake_api.queue import ACT_ON_MANY, Queue
from intake_api.rules.bulk import MOST, BulkAct, JobState, LeftOut, Stopped
from intake_api.rules.lead_state import LeadState, MoveRefused
from intake_api.rules.staff_roles import Role
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import MOVED, BulkJob, count_outcomes, find_job
from intake_api.store.lead_lists import Wanted
from intake_api.store.leads import Lead, LeadChanged, LeadRestricted
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.engine import break_down, engine_holds
from tests.intake_api.kept_leads import deliveries_now, entries, keep_first_yes, keep_lead, kinds, lead_now

CRM = "crm"


class House:
    """Who decides, what is there to decide, and the worker's part done by hand."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> None:
        self.store, self.queue, self.catalogue, self.clock = store, queue, catalogue, clock
        self.me = self.hire("ilze@tidewick.example")
        self.desk = BulkDesk(queue, "file", CRM)

    def hire(self, email: str, *roles: Role) -> str:
        with self.store.writing() as tx:
            return staff.add_staff(tx, email, "-", one_time=False, roles=roles or (Role.REVIEWER,), now=self.clock())

    def leads(self, count: int) -> list[Lead]:
        return [keep_lead(self.store, self.catalogue, now=self.clock()) for _ in range(count)]

    def look(self, leads: Sequence[Lead], choice: Choice, by: str | None = None) -> BulkJob:
        references = [lead.reference for lead in leads]
        return preview_bulk(self.store, references, choice, CRM, staff_id=by or self.me, now=self.clock())

    def begin(self, job: BulkJob) -> BulkJob:
        begin_bulk(self.store, self.queue, job.id, staff_id=job.staff_id, now=self.clock())
        return self.now(job)

    def now(self, job: BulkJob) -> BulkJob:
        with self.store.reading() as tx:
            found = find_job(tx, job.id)
        assert found is not None
        return found

    def attempt(self, job: BulkJob, turn: int | None = None) -> BulkJob:
        act_on_many(self.store, self.desk, job.id, turn or self.now(job).turn, clock=self.clock)
        return self.now(job)

    def finish(self, job: BulkJob) -> BulkJob:
        while (job := self.now(job)).is_running:
            self.attempt(job)
        return job

    def outcomes(self, job: BulkJob) -> dict[str | None, int]:
        with self.store.reading() as tx:
            return count_outcomes(tx, [job.id])[job.id]

    def said(self, job: BulkJob) -> list[str]:
        query = text("SELECT kind FROM evidence WHERE kind LIKE 'leads.bulk%' ORDER BY at, kind")
        with self.store.reading() as tx:
            return [row.kind for row in tx.execute(query)]


@pytest.fixture
def house(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> House:
    return House(store, queue, catalogue, clock)


APPROVE, CONTACT, SPAM = Choice(BulkAct.APPROVE), Choice(BulkAct.CONTACT), Choice(BulkAct.SPAM)
DECLINE = Choice(BulkAct.DECLINE, reason="not_a_fit")


class TestLooking:
    def test_nothing_is_changed_by_a_look(self, house: House) -> None:
        leads = house.leads(3)
        job = house.look(leads, APPROVE)
        assert [lead_now(house.store, lead) for lead in leads] == leads
        assert (job.state, house.outcomes(job), house.said(job)) == (JobState.PREVIEWED, {None: 3}, [])

    def test_what_is_left_out_is_said_by_the_gate_and_by_the_state(self, house: House, queue: Queue) -> None:
        open_one, declined = house.leads(2)
        decline_lead(
            house.store, declined.reference, seen_version=1, reason="not_a_fit", staff_id=house.me, now=house.clock()
        )
        waiting = keep_first_yes(house.store, queue, house.catalogue, now=house.clock())
        with house.store.writing() as tx:
            tx.execute(text("UPDATE leads SET restricted_until = delete_after WHERE id = :id"), {"id": declined.id})
        job = house.look([open_one, declined, waiting], APPROVE)
        assert house.outcomes(job) == {None: 1, LeftOut.RESTRICTED: 1, "confirmation_missing": 1}

    def test_a_choice_has_to_make_sense(self, house: House) -> None:
        leads, gone = house.leads(1), house.hire("gone@tidewick.example", Role.OFFICER)
        with pytest.raises(ReasonUnknown):
            house.look(leads, Choice(BulkAct.DECLINE, reason="because"))
        with pytest.raises(AssigneeUnknown):
            house.look(leads, Choice(BulkAct.ASSIGN, given_to=gone))
        with pytest.raises(NothingChosen):
            house.look([], APPROVE)

    def test_all_that_a_filter_finds_ends_at_the_bound_and_says_so(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leads = house.leads(4)
        monkeypatch.setattr("intake_api.flows.preview_bulk.MOST", 3)
        wanted = Wanted(states=(LeadState.NEW,))
        job = preview_filter(house.store, wanted, APPROVE, CRM, staff_id=house.me, now=house.clock())
        assert (job.cut, house.outcomes(job)) == ("more", {None: 3})
        assert MOST == 500
        assert leads

    @pytest.mark.parametrize("choice", [APPROVE, CONTACT, SPAM, DECLINE, Choice(BulkAct.ASSIGN)])
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_it_asks_what_the_single_press_asks(self, house: House, choice: Choice) -> None:
        """Each act × each state × held or not × restricted or not: the look and the press say the same."""
        press: dict[BulkAct, Callable[..., Any]] = {
            BulkAct.APPROVE: lambda *at, **by: approve_lead(
                at[0], house.queue, at[1], destination="file", recipient=CRM, **by
            ),
            BulkAct.CONTACT: contact_lead,
            BulkAct.SPAM: mark_spam,
            BulkAct.DECLINE: lambda *at, **by: decline_lead(*at, reason="not_a_fit", **by),
            BulkAct.ASSIGN: lambda *at, **by: assign_lead(at[0], house.queue, at[1], house.me, **by),
        }
        if choice.act is BulkAct.ASSIGN:
            choice = Choice(BulkAct.ASSIGN, given_to=house.me)
        wrong = []
        for state in LeadState:
            for held, restricted in ((False, False), (True, False), (False, True)):
                (lead,) = house.leads(1)
                with house.store.writing() as tx:
                    values = {"state": state.value, "held": '["marked"]' if held else None, "id": lead.id}
                    tx.execute(text("UPDATE leads SET state = :state, held_for = :held WHERE id = :id"), values)
                    if restricted:
                        tx.execute(text("UPDATE leads SET restricted_until = delete_after WHERE id = :id"), values)
                with house.store.reading() as tx:
                    why = why_left_out(tx, lead_now(house.store, lead), choice, CRM, now=house.clock())
                try:
                    press[choice.act](house.store, lead.reference, seen_version=1, staff_id=house.me, now=house.clock())
                    refused = False
                except (MoveRefused, LeadRestricted, ForwardingBlocked):
                    refused = True
                if refused is (why is None):
                    wrong.append((state, held, restricted, why))
        assert wrong == []


class TestDoing:
    def test_each_is_done_as_by_a_press_with_one_entry_that_names_the_job(self, house: House) -> None:
        leads = house.leads(AT_A_TIME + 2)
        job = house.finish(house.begin(house.look(leads, APPROVE)))
        assert (job.state, house.outcomes(job)) == (JobState.DONE, {MOVED: len(leads)})
        for lead in leads:
            assert lead_now(house.store, lead).state is LeadState.QUALIFIED
            (entry,) = entries(house.store, lead, "lead.approved")
            assert (entry["actor"], entry["job"]) == (f"staff:{house.me}", job.id)
            assert len(deliveries_now(house.store, lead)) == 1
        assert house.said(job) == ["leads.bulk_begun", "leads.bulk_done"]

    @pytest.mark.parametrize(
        ("choice", "state"),
        [(CONTACT, LeadState.CONTACTED), (SPAM, LeadState.SPAM), (DECLINE, LeadState.DECLINED)],
    )
    def test_each_can_be_undone_for_itself(self, house: House, choice: Choice, state: LeadState) -> None:
        one, other = house.leads(2)
        house.finish(house.begin(house.look([one, other], choice)))
        moved = lead_now(house.store, one)
        assert moved.state is state
        undo_move(
            house.store,
            house.queue,
            one.reference,
            seen_version=moved.version,
            staff_id=house.me,
            now=house.clock(),
        )
        assert lead_now(house.store, one).state is LeadState.NEW
        assert lead_now(house.store, other).state is state

    def test_many_are_given_to_one_who_is_told_once(self, house: House, store: Store) -> None:
        leads, piotr = house.leads(4), house.hire("piotr@tidewick.example")
        choice = Choice(BulkAct.ASSIGN, given_to=piotr)
        house.finish(house.begin(house.look(leads, choice)))
        assert {lead_now(store, lead).assigned_to for lead in leads} == {piotr}
        with store.reading() as tx:
            assert tx.execute(text("SELECT count(*) FROM assignment_mails")).scalar_one() == 1
        again = house.look(leads, choice)
        assert house.outcomes(again) == {LeftOut.SAME: 4}

    def test_what_somebody_changed_since_the_look_is_left_out(self, house: House) -> None:
        changed, withdrawn, kept = house.leads(3)
        job = house.look([changed, withdrawn, kept], APPROVE)
        contact_lead(house.store, changed.reference, seen_version=1, staff_id="p" * 32, now=house.clock())
        with house.store.writing() as tx:  # a yes that ends by the clock changes no version
            tx.execute(text("UPDATE decisions SET state = 'withdrawn' WHERE lead_id = :id"), {"id": withdrawn.id})
        job = house.finish(house.begin(job))
        assert house.outcomes(job) == {LeftOut.CHANGED: 1, "no_living_basis": 1, MOVED: 1}
        assert lead_now(house.store, changed).state is LeadState.CONTACTED

    def test_a_second_press_begins_nothing_and_another_persons_look_is_theirs(self, house: House) -> None:
        job = house.look(house.leads(2), CONTACT)
        with pytest.raises(JobUnknown):
            begin_bulk(house.store, house.queue, job.id, staff_id="p" * 32, now=house.clock())
        first = house.begin(job)
        assert house.begin(job) == first
        assert house.said(job) == ["leads.bulk_begun"]
        done = house.finish(job)
        assert house.begin(job) == done

    def test_an_attempt_that_is_made_again_goes_on_and_an_outrun_one_ends(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leads = house.leads(4)
        job = house.begin(house.look(leads, CONTACT))
        inner, calls = flow._do_next, []

        def overtaken(*args: Any, **more: Any) -> bool:
            calls.append(1)
            if len(calls) == 3:  # another worker takes the same turn over, and does the rest
                house.attempt(job)
            return inner(*args, **more)

        monkeypatch.setattr(flow, "_do_next", overtaken)
        house.attempt(job)
        assert house.outcomes(job) == {MOVED: 4}
        assert house.now(job).state is JobState.DONE
        assert Counter(kind for lead in leads for kind in kinds(house.store, lead, "lead.contacted")) == {
            "lead.contacted": 4
        }

    def test_two_over_the_same_leads_move_each_once(self, house: House) -> None:
        leads, piotr = house.leads(6), house.hire("piotr@tidewick.example")
        one, other = house.look(leads, CONTACT), house.look(leads, DECLINE, by=piotr)
        house.begin(one)
        house.begin(other)
        house.finish(other)
        house.finish(one)
        assert house.outcomes(other) == {MOVED: 6}
        assert house.outcomes(one) == {LeftOut.CHANGED: 6}


class TestAtTheSameMoment:
    def test_staff_who_press_meanwhile_and_three_workers_move_each_lead_once(self, house: House) -> None:
        leads, piotr = house.leads(24), house.hire("piotr@tidewick.example")
        job = house.begin(house.look(leads, CONTACT))

        def press(lead: Lead) -> bool:
            try:
                decline_lead(
                    house.store,
                    lead.reference,
                    seen_version=1,
                    reason="not_a_fit",
                    staff_id=piotr,
                    now=house.clock(),
                )
            except (LeadChanged, MoveRefused):
                return False
            return True

        with ThreadPoolExecutor(5) as pool:
            workers = [pool.submit(house.attempt, job, 1) for _ in range(3)]
            pressed = list(pool.map(press, leads[::-1]))
            for worker in workers:
                worker.result()
        house.finish(job)
        outcomes = house.outcomes(job)
        assert outcomes.get(MOVED, 0) + pressed.count(True) == 24
        assert outcomes.get(LeftOut.CHANGED, 0) == pressed.count(True)
        decided = ("lead.contacted", "lead.declined")
        assert all(len([kind for kind in kinds(house.store, lead) if kind in decided]) == 1 for lead in leads)


class TestStopping:
    def test_what_is_done_stays_and_the_rest_is_left(self, house: House) -> None:
        leads = house.leads(AT_A_TIME + 5)
        job = house.attempt(house.begin(house.look(leads, CONTACT)))
        stop_bulk(house.store, job.id, staff_id=house.me, now=house.clock())
        stop_bulk(house.store, job.id, staff_id=house.me, now=house.clock())
        stopped = house.attempt(job)
        assert (stopped.state, stopped.stopped_for) == (JobState.STOPPED, Stopped.ASKED)
        assert house.outcomes(job) == {MOVED: AT_A_TIME, None: 5}
        assert Counter(lead_now(house.store, lead).state for lead in leads) == {
            LeadState.CONTACTED: AT_A_TIME,
            LeadState.NEW: 5,
        }
        assert house.said(job) == ["leads.bulk_begun", "leads.bulk_stopped"]

    @pytest.mark.parametrize("how", ["disabled", "role"])
    def test_sec09_who_may_no_longer_decide_stops_what_they_began(self, house: House, how: str) -> None:
        job = house.attempt(house.begin(house.look(house.leads(AT_A_TIME + 5), CONTACT)))
        if how == "disabled":
            disable_staff(house.store, house.me, actor="operator", now=house.clock())
        else:
            change_roles(house.store, house.me, [Role.OFFICER], actor="operator", now=house.clock())
        job = house.attempt(job)
        assert (job.state, job.stopped_for) == (JobState.STOPPED, Stopped.ACCOUNT)
        assert house.outcomes(job) == {MOVED: AT_A_TIME, None: 5}

    def test_who_cannot_be_given_leads_any_more_is_given_none(self, house: House) -> None:
        piotr = house.hire("piotr@tidewick.example")
        job = house.begin(house.look(house.leads(2), Choice(BulkAct.ASSIGN, given_to=piotr)))
        disable_staff(house.store, piotr, actor="operator", now=house.clock())
        job = house.attempt(job)
        assert (job.state, job.stopped_for) == (JobState.STOPPED, Stopped.ASSIGNEE)
        assert house.outcomes(job) == {None: 2}


class TestMending:
    def test_a_lead_that_breaks_it_each_time_is_left_out_and_the_others_are_done(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, broken, other = house.leads(3)
        job = house.begin(house.look([one, broken, other], CONTACT))
        inner = flow._do

        def breaks(tx: Any, desk: Any, of: Any, lead: Lead, **more: Any) -> None:
            if lead.id == broken.id:
                raise KeyError("spoilt")
            inner(tx, desk, of, lead, **more)

        monkeypatch.setattr(flow, "_do", breaks)
        for _ in range(TRIES + 1):
            if not house.now(job).is_running:
                break
            try:
                house.attempt(job)
            except KeyError:
                break_down(house.store)
                assert mend_bulk(house.store, house.queue, now=house.clock()) == 1
                house.clock.advance(seconds=6)
                flow_due(house)
        assert house.outcomes(job) == {MOVED: 2, LeftOut.BROKE: 1}
        assert house.now(job).state is JobState.DONE

    def test_looks_go_after_a_day_and_what_ended_after_thirty(self, house: House) -> None:
        looked, done = house.look(house.leads(1), CONTACT), house.look(house.leads(1), CONTACT)
        house.finish(house.begin(done))
        house.clock.advance(days=1, seconds=1)
        tidy_store(house.store, house.queue, now=house.clock())
        with house.store.reading() as tx:
            assert (find_job(tx, looked.id), find_job(tx, done.id) is not None) == (None, True)
        house.clock.advance(days=30)
        tidy_store(house.store, house.queue, now=house.clock())
        with house.store.reading() as tx:
            assert find_job(tx, done.id) is None

    def test_nothing_of_a_lead_but_ids_goes_to_the_engine(self, house: House) -> None:
        job = house.begin(house.look(house.leads(1), CONTACT))
        assert (f"act_on_many:{job.id}.1", "ENQUEUED") in engine_holds(house.store)


def flow_due(house: House) -> None:
    """Give what waits its next turn, as a worker's round does."""
    enqueue_due(house.store, house.queue, ACT_ON_MANY, now=house.clock())
