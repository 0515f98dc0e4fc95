"""The promise of every notice: when the time for keeping a lead is over, it is erased, whatever became of it (Q-01)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.crm.port import Done, Operation, Outcome, Parcel
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.read_lead import read_lead
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.rules.field_map import AS_HERE
from intake_api.rules.lead_state import LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead
from intake_api.store.signer import Signer
from intake_api.store.subjects import SubjectErased
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.flows.confirmations import everything_kept, token_of
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import approve, entries, keep_first_yes, keep_lead, kinds, lead_now
from tests.intake_api.worker_process import running_worker, wait_until


class TestEraseExpired:
    """Q-01, T-02."""

    def test_q01_a_lead_goes_when_its_time_is_over_and_not_before(
        self, store: Store, lead: Lead, settings: Settings, clock: DrivenClock
    ) -> None:
        clock.now = lead.delete_after
        assert erase_expired(store, now=clock() - timedelta(seconds=1)) == 0
        assert lead_now(store, lead) == lead

        assert erase_expired(store, now=clock()) == 1

        assert lead_now(store, lead).state is LeadState.ERASED
        (entry,) = entries(store, lead, "lead.erased")
        assert (entry["actor"], entry["why"], entry["from"]) == ("system", "retention", "new")
        with pytest.raises(SubjectErased):
            read_lead(store, lead.reference, actor="operator", why="test", now=clock())
        assert b"janis.berzins" not in everything_kept(store)
        assert store.vault.blind("email", "janis.berzins@example.lv") not in everything_kept(store)
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).ok
        assert erase_expired(store, now=clock.advance(days=1)) == 0

    def test_whatever_state_it_is_in(
        self, house: House, store: Store, queue: Queue, catalogue: Catalogue, receiver: Receiver, clock: DrivenClock
    ) -> None:
        leads = {state: keep_lead(store, catalogue, now=clock()) for state in ("new", "declined", "qualified")}
        declined = leads["declined"]
        decline_lead(
            store,
            declined.reference,
            seen_version=declined.version,
            reason="duplicate",
            staff_id="s" * 32,
            now=clock(),
        )
        approve(store, queue, leads["qualified"], now=clock())
        leads["delivered"] = house.approved()
        house.attempt(leads["delivered"])
        receiver.behaviour = answer(422)
        leads["delivery_failed"] = house.approved()
        house.attempt(leads["delivery_failed"])
        assert {state: lead_now(store, lead).state.value for state, lead in leads.items()} == {
            state: state for state in leads
        }

        assert erase_expired(store, now=clock.advance(days=200)) == 5

        assert {lead_now(store, lead).state for lead in leads.values()} == {LeadState.ERASED}
        assert {state: entries(store, lead, "lead.erased")[0]["from"] for state, lead in leads.items()} == {
            state: state for state in leads
        }

    def test_g02_what_waits_to_be_sent_does_not_leave(
        self, house: House, receiver: Receiver, clock: DrivenClock
    ) -> None:
        lead = house.approved()
        erase_expired(house.store, now=clock.advance(days=200))

        delivery = house.attempt(lead)

        assert (delivery.state, delivery.last_reason) == (DeliveryState.CANCELLED, "erased")
        assert receiver.requests == []

    def test_t02_a_second_yes_makes_it_stay(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        confirm_decision(store, token_of(store, lead), now=clock.advance(days=1))

        assert erase_expired(store, now=clock.advance(days=30)) == 0
        assert erase_expired(store, now=clock.advance(days=800)) == 1

    def test_more_than_a_batch_is_erased_and_each_once_by_two_workers(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock()) for _ in range(12)]
        clock.advance(days=200)

        with ThreadPoolExecutor(3) as workers:
            erased = list(workers.map(lambda _: erase_expired(store, now=clock(), batch=5), range(3)))

        assert sum(erased) == 12
        assert all(len(entries(store, lead, "lead.erased")) == 1 for lead in leads)

    @pytest.mark.processes
    @pytest.mark.timeout(120)
    def test_q01_the_worker_does_it(
        self, store: Store, queue: Queue, lead: Lead, environment: dict[str, str], tmp_path: Path
    ) -> None:
        offset = tmp_path / "clock"
        offset.write_text(str(200 * 86400))
        with running_worker({**environment, "VESTIBULE_TEST_CLOCK": str(offset)}, tmp_path / "worker.log") as worker:
            wait_until(lambda: lead_now(store, lead).state is LeadState.ERASED)
            assert worker.leave() == 0


class TestALeadThatIsBeingDelivered:
    """X-04: what left is on the record, though the lead is erased while it leaves."""

    def test_x04_erased_while_the_other_side_is_called_the_transfer_is_evidence(
        self, house: House, clock: DrivenClock
    ) -> None:
        lead = house.approved()
        delivery = house.delivery(lead)

        class Slow:
            name, recipient, map = "webhook", "crm", AS_HERE

            def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
                assert erase_expired(house.store, now=clock.advance(days=200)) == 1
                return Done("remote-1")

        deliver(house.store, Slow(), delivery.id, delivery.turn, clock=clock)

        self._is_on_the_record(house, lead)

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_x04_nor_is_it_lost_when_both_are_written_at_the_same_moment(
        self, house: House, clock: DrivenClock
    ) -> None:
        """On SQLite writers take turns; here the outcome is written while the erasure is not committed yet."""
        lead = house.approved()
        delivery = house.delivery(lead)
        is_erased, thread = threading.Event(), []

        def erase() -> None:
            with house.store.writing() as tx:
                erase_lead(tx, lead_now(house.store, lead), actor="system", why="retention", now=clock())
                is_erased.set()
                end = time.monotonic() + 30
                while not waits_for_a_lock(house.store) and time.monotonic() < end:
                    time.sleep(0.01)

        class Slow:
            name, recipient, map = "webhook", "crm", AS_HERE

            def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
                thread.append(threading.Thread(target=erase))
                thread[0].start()
                assert is_erased.wait(30)
                return Done("remote-1")

        try:
            deliver(house.store, Slow(), delivery.id, delivery.turn, clock=clock)
        finally:
            thread[0].join()

        self._is_on_the_record(house, lead)

    @staticmethod
    def _is_on_the_record(house: House, lead: Lead) -> None:
        assert house.delivery(lead).state is DeliveryState.DELIVERED
        assert lead_now(house.store, lead).state is LeadState.ERASED
        said = {one["kind"]: one for one in house.entries(lead)}
        assert said["delivery.untold"]["operation"] == "erase", "they are to let go of it again"
        entry = said["delivery.delivered"]
        assert (entry["kind"], entry["remote_id"]) == ("delivery.delivered", "remote-1")
        assert entry["fields"] == ["company", "email", "message", "name"]
        assert "lead.erased" in kinds(house.store, lead)


def waits_for_a_lock(store: Store) -> bool:
    """Say whether any other transaction of this database waits for one."""
    waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with store.reading() as tx:
        return tx.execute(text(waiting)).scalar_one() > 0
