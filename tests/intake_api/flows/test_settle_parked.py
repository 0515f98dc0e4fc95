"""A delivery that failed for good: tried again, done by hand or given up; and who is told that there is one."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from intake_api.catalogue.model import Catalogue
from intake_api.crm.port import Refused
from intake_api.flows.deliver import settle
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.settle_parked import (
    ForwardingBlocked,
    NotParked,
    WordsInvalid,
    close_parked,
    do_by_hand,
    try_parked_again,
)
from intake_api.flows.tell_of_parked import tell_of_parked
from intake_api.flows.try_delivery_again import try_delivery_again
from intake_api.queue import Queue
from intake_api.rules.by_hand import ClosedFor
from intake_api.rules.lead_state import LeadState
from intake_api.rules.staff_roles import Role
from intake_api.store import staff
from intake_api.store.alerts import AlertMailRow
from intake_api.store.base import Store
from intake_api.store.deliveries import DELIVERIES, Delivery, DeliveryRow, DeliveryState, list_reached
from intake_api.store.leads import Lead
from intake_api.store.parked import count_parked, list_parked
from intake_api.store.turns import hold_work
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import deliveries_now, entries, fail, keep_lead, lead_now

STAFF = "s" * 32
TOLD = (Role.LEAD, Role.ADMINISTRATOR)


class House:
    """A house in which deliveries are refused."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> None:
        self.store, self.queue, self.catalogue, self.clock = store, queue, catalogue, clock

    def failed(self, reason: str = "parcel_refused") -> Lead:
        """Keep and approve a lead that the destination refuses."""
        lead = keep_lead(self.store, self.catalogue, now=self.clock())
        fail(self.store, self.queue, lead, self.clock, reason=reason)
        return lead

    def delivery(self, lead: Lead) -> Delivery:
        return deliveries_now(self.store, lead)[-1]

    def parked(self) -> list[str]:
        """Return the references of what waits for a person."""
        with self.store.reading() as tx:
            found = list_parked(tx, reason=None, after=None, limit=100)
            assert sum(count_parked(tx).values()) == len(found)
        return [one.reference for one in found]

    def again(self, lead: Lead, turn: int | None = None) -> None:
        one = self.delivery(lead)
        where = {"destination": "webhook", "recipient": "crm", "staff_id": STAFF, "now": self.clock()}
        try_parked_again(self.store, self.queue, one.id, seen_turn=one.turn if turn is None else turn, **where)  # type: ignore[arg-type]

    def by_hand(self, lead: Lead, words: str = "Typed into the CRM", remote_id: str = "4711") -> None:
        one = self.delivery(lead)
        said = {"remote_id": remote_id, "words": words, "staff_id": STAFF, "now": self.clock()}
        do_by_hand(self.store, one.id, seen_turn=one.turn, **said)  # type: ignore[arg-type]

    def close(self, lead: Lead, reason: ClosedFor = ClosedFor.NOT_WANTED, words: str = "") -> None:
        one = self.delivery(lead)
        said = {"reason": reason, "words": words, "staff_id": STAFF, "now": self.clock()}
        close_parked(self.store, one.id, seen_turn=one.turn, **said)  # type: ignore[arg-type]


@pytest.fixture
def house(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> House:
    return House(store, queue, catalogue, clock)


class TestWork:
    def test_waits_for_a_person_the_longest_first_until_it_is_settled(self, house: House, clock: DrivenClock) -> None:
        first = house.failed()
        clock.advance(minutes=1)
        second = house.failed("field_refused")
        assert house.parked() == [first.reference, second.reference]
        with house.store.reading() as tx:
            assert count_parked(tx) == {"field_refused": 1, "parcel_refused": 1}
            (further,) = list_parked(tx, reason=None, after=house.delivery(first).id, limit=9)
            (narrowed,) = list_parked(tx, reason="parcel_refused", after=None, limit=9)
        assert (further.reference, narrowed.reference) == (second.reference, first.reference)
        house.close(first)
        assert house.parked() == [second.reference]

    def test_whose_lead_is_erased_is_no_work(self, house: House, clock: DrivenClock) -> None:
        lead = house.failed()
        with house.store.writing() as tx:
            erase_lead(tx, lead_now(house.store, lead), actor="subject", why="asked", now=clock())
        assert house.parked() == []
        with pytest.raises(NotParked):
            house.by_hand(lead)

    def test_what_goes_to_another_destination_instead_is_none_any_more(self, house: House, clock: DrivenClock) -> None:
        lead = house.failed()
        try_delivery_again(
            house.store, house.queue, lead.reference, destination="file", recipient="crm", actor="operator", now=clock()
        )
        assert house.parked() == []


class TestTryingAgain:
    def test_puts_it_back_on_its_way(self, house: House) -> None:
        lead = house.failed()
        house.again(lead)
        assert (house.delivery(lead).state, house.delivery(lead).attempts) == (DeliveryState.QUEUED, 0)
        assert lead_now(house.store, lead).state is LeadState.QUALIFIED
        assert entries(house.store, lead, "delivery.restarted")[0]["actor"] == f"staff:{STAFF}"

    def test_of_another_kind_makes_it_due_at_once(self, house: House, clock: DrivenClock) -> None:
        lead = house.failed()
        with house.store.writing() as tx:
            tx.execute(text("UPDATE deliveries SET kind = 'erase'"))
        house.again(lead)
        delivery = house.delivery(lead)
        assert (delivery.state, delivery.attempts, delivery.next_attempt_at) == (DeliveryState.RETRYING, 0, clock())

    def test_x03_not_through_a_closed_gate(self, house: House, clock: DrivenClock) -> None:
        lead = house.failed()
        with house.store.writing() as tx:
            tx.execute(text("UPDATE leads SET delete_after = :then"), {"then": clock() - timedelta(days=1)})
        for act in (house.again, house.by_hand):
            with pytest.raises(ForwardingBlocked):
                act(lead)
        assert house.delivery(lead).state is DeliveryState.REFUSED


class TestByHand:
    def test_is_its_own_state_and_says_that_a_person_says_so(self, house: House) -> None:
        lead = house.failed()
        house.by_hand(lead)
        delivery = house.delivery(lead)
        assert (delivery.state, delivery.remote_id) == (DeliveryState.BY_HAND, "4711")
        assert (delivery.settled_by, delivery.settled_words) == (STAFF, "Typed into the CRM")
        assert lead_now(house.store, lead).state is LeadState.DELIVERED
        (entry,) = entries(house.store, lead, "delivery.by_hand")
        assert (entry["actor"], entry["remote_id"]) == (f"staff:{STAFF}", "4711")
        assert "Typed into the CRM" not in str(entry)

    def test_s05_its_recipient_counts_as_one_who_has_it(self, house: House) -> None:
        lead = house.failed()
        house.by_hand(lead)
        with house.store.reading() as tx:
            assert list_reached(tx, lead.id) == ["crm"]
        assert house.delivery(lead).has_left

    @pytest.mark.parametrize(
        ("words", "remote_id"),
        [("", "1"), ("for zane@guest.example", "1"), ("called +371 20 000 000", "1"), ("Typed", "two words")],
    )
    def test_needs_words_that_name_nobody_and_an_id_that_is_one(self, house: House, words: str, remote_id: str) -> None:
        lead = house.failed()
        with pytest.raises(WordsInvalid):
            house.by_hand(lead, words, remote_id)
        assert house.delivery(lead).state is DeliveryState.REFUSED


class TestGivingUp:
    def test_keeps_the_reason_and_can_be_tried_again_all_the_same(self, house: House, clock: DrivenClock) -> None:
        lead = house.failed()
        house.close(lead, ClosedFor.WRONG_DATA)
        assert (house.delivery(lead).state, house.delivery(lead).last_reason) == (DeliveryState.CLOSED, "wrong_data")
        assert lead_now(house.store, lead).state is LeadState.DELIVERY_FAILED
        facts = entries(house.store, lead, "delivery.closed")[0]
        assert (facts["reason"], facts["was"]) == ("wrong_data", "parcel_refused")
        where = {"destination": "webhook", "recipient": "crm", "actor": "operator", "now": clock()}
        again = try_delivery_again(house.store, house.queue, lead.reference, **where)  # type: ignore[arg-type]
        assert (again.id, again.settled_by) == (house.delivery(lead).id, house.delivery(lead).settled_by)
        assert house.delivery(lead).settled_by is None

    def test_another_reason_needs_words(self, house: House) -> None:
        lead = house.failed()
        with pytest.raises(WordsInvalid):
            house.close(lead, ClosedFor.OTHER)
        house.close(lead, ClosedFor.OTHER, "The other company closed down")
        assert house.delivery(lead).settled_words == "The other company closed down"


class TestTwoAtOnce:
    @pytest.mark.parametrize("turn", range(3))
    def test_one_wins_and_the_others_are_told(self, house: House, turn: int) -> None:
        lead = house.failed()
        acts: list[Callable[[Lead], None]] = [house.again, house.by_hand, house.close, house.again]
        house.queue.load()
        ended: list[str] = []
        begin = threading.Barrier(len(acts))

        def run(act: Callable[[Lead], None]) -> None:
            begin.wait()
            try:
                act(lead)
            except NotParked:
                ended.append("told")
            else:
                ended.append("won")

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(ended) == ["told", "told", "told", "won"]
        kinds = [one["kind"] for one in entries(house.store, lead, "delivery.") if one["kind"] != "delivery.refused"]
        assert len(kinds) == 1

    def test_a_page_from_before_it_failed_again_settles_nothing(self, house: House, clock: DrivenClock) -> None:
        lead = house.failed()
        seen = house.delivery(lead).turn
        house.again(lead)
        with house.store.writing() as tx:
            held = hold_work(tx, DELIVERIES, DeliveryRow.id == house.delivery(lead).id)
            assert held
            settle(tx, held, Refused("parcel_refused", 422), None, now=clock(), jitter=0)
        with pytest.raises(NotParked):
            house.again(lead, seen)
        assert house.parked() == [lead.reference]


class TestTelling:
    @pytest.fixture(autouse=True)
    def people(self, store: Store, clock: DrivenClock) -> None:
        with store.writing() as tx:
            for name, role in (("marta", Role.LEAD), ("anna", Role.ADMINISTRATOR), ("ilze", Role.REVIEWER)):
                staff.add_staff(tx, f"{name}@tidewick.example", "0" * 40, one_time=False, roles=[role], now=clock())

    def tell(self, house: House) -> int:
        return tell_of_parked(house.store, TOLD, now=house.clock())

    def test_once_for_a_destination_and_a_reason_and_an_hour(self, house: House, clock: DrivenClock) -> None:
        assert self.tell(house) == 0
        house.failed(), house.failed()
        assert [self.tell(house), self.tell(house)] == [2, 0]
        house.failed("field_refused")
        assert self.tell(house) == 2
        clock.advance(minutes=59)
        house.failed()
        assert self.tell(house) == 0
        clock.advance(minutes=1)
        assert self.tell(house) == 2
        clock.advance(hours=5)
        assert self.tell(house) == 0  # nothing new

    def test_names_destination_and_reason_to_the_page_and_nothing_in_the_mail(self, house: House) -> None:
        house.failed()
        assert tell_of_parked(house.store, [Role.ADMINISTRATOR], now=house.clock()) == 1
        with house.store.reading() as tx:
            (mail,) = tx.execute(select(AlertMailRow.destination, AlertMailRow.reason, AlertMailRow.state)).all()
        assert tuple(mail) == ("webhook", "parcel_refused", "retrying")

    def test_workers_at_once_tell_once(self, house: House) -> None:
        house.failed()
        told: list[int] = []
        begin = threading.Barrier(4)

        def run() -> None:
            begin.wait()
            told.append(self.tell(house))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(told) == [0, 0, 0, 2]
