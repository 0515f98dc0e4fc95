"""A no at the same moment as a lead on its way (G-02, S-14): whoever is first, the other side ends as we do.

Run as `test_races.py` says.
"""

import json
import threading
from datetime import datetime

import pytest

from intake_api.crm.port import Operation, Outcome, Parcel
from intake_api.flows.deliver import deliver
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.queue import DELIVER_LEAD, TELL_DESTINATION
from intake_api.store.deliveries import UNSETTLED, Delivery, DeliveryState
from intake_api.store.leads import Lead
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track
from tests.intake_api.kept_leads import approve, deliveries_now

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
YES = {"newsletter": False, "product_offers": True}


class OneAtATime:
    """A webhook that notices when two deliveries of one lead are in hands at once."""

    name, recipient = "webhook", "crm"

    def __init__(self, url: str) -> None:
        self._there, self._in_hands, self._lock = webhook(url), set[str](), threading.Lock()
        self.map, self.met = self._there.map, False

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        with self._lock:
            self.met |= parcel.lead in self._in_hands
            self._in_hands.add(parcel.lead)
        try:
            return self._there.send(operation, parcel, now=now)
        finally:
            with self._lock:
                self._in_hands.discard(parcel.lead)


@pytest.fixture
def there(receiver: Receiver) -> OneAtATime:
    return OneAtATime(receiver.url)


def delivering(people: People, there: OneAtATime, one: Delivery) -> Act:
    return lambda store: deliver(store, there, one.id, one.turn, clock=people.clock)


def drain(people: People, there: OneAtATime, lead: Lead) -> None:
    """Do what the worker does until nothing of a lead is under way."""
    for _ in range(40):
        waiting = [one for one in deliveries_now(people.store, lead) if one.state in UNSETTLED]
        if not waiting:
            return
        people.clock.now = max(people.now, *(one.next_attempt_at or people.now for one in waiting))
        for workflow in (DELIVER_LEAD, TELL_DESTINATION):
            enqueue_due(people.store, people.queue, workflow, now=people.now)
        for one in deliveries_now(people.store, lead):
            if one.state in (DeliveryState.QUEUED, DeliveryState.SENDING):
                deliver(people.store, there, one.id, one.turn, clock=people.clock)
    raise AssertionError("it never came to an end")


def told(receiver: Receiver, lead: Lead) -> list[tuple[str, dict[str, str]]]:
    """Return what the other side was told of a lead, in order: the operation, and the states of its purposes."""
    bodies = [json.loads(one.body) for one in receiver.requests]
    mine = [body for body in bodies if body["data"]["lead"] == lead.id]
    return [(body["type"], {one["id"]: one["state"] for one in body["data"]["purposes"]}) for body in mine]


class TestErasing:
    @pytest.mark.parametrize("status", [204, 503])
    def test_s14_against_a_push_ends_erased_on_both_sides(
        self, people: People, track: Track, receiver: Receiver, there: OneAtATime, status: int
    ) -> None:
        def race() -> Race:
            receiver.behaviour = answer(status)
            mark = people.mark()
            lead = people.lead(mark)
            delivery = approve(people.store, people.queue, lead, now=people.now)

            def check(delivered: Ended, erased: Ended) -> None:
                assert (delivered.code, erased.code) == ("done", "done")
                receiver.behaviour = answer(204)
                drain(people, there, lead)
                operations = [operation for operation, _ in told(receiver, lead)]
                again = ["lead.erase"] * (1 if status == 204 else 2)  # once more where a call may still arrive
                assert operations in ([], ["lead.upsert", *again])
                assert not there.met
                people.is_gone(lead, mark)

            return Race(delivering(people, there, delivery), people.erases(lead), check)

        track.run(race, at_once=2, every=9)

    def test_g02_what_it_is_told_waits_for_what_is_on_its_way(
        self, people: People, track: Track, receiver: Receiver, there: OneAtATime
    ) -> None:
        def race() -> Race:
            receiver.behaviour = answer(503)
            mark = people.mark()
            lead = people.lead(mark, YES)
            upsert = approve(people.store, people.queue, lead, now=people.now)
            deliver(people.store, there, upsert.id, upsert.turn, clock=people.clock)
            people.takes_back(lead)(people.store)
            receiver.behaviour = answer(204)
            people.clock.advance(seconds=6)
            for workflow in (DELIVER_LEAD, TELL_DESTINATION):
                enqueue_due(people.store, people.queue, workflow, now=people.now)
            upsert, consent = sorted(deliveries_now(people.store, lead), key=lambda one: one.is_no)

            def check(one: Ended, other: Ended) -> None:
                assert (one.code, other.code) == ("done", "done")
                drain(people, there, lead)
                first, *later = told(receiver, lead)
                assert first[1]["product_offers"] == "given"
                assert {states["product_offers"] for _, states in later} == {"withdrawn"}
                assert [operation for operation, _ in later] == ["lead.update_consent", "lead.upsert"]
                assert not there.met

            return Race(delivering(people, there, upsert), delivering(people, there, consent), check)

        track.run(race, at_once=2, every=9)


class TestWithdrawing:
    def test_g02_against_a_push_is_the_last_that_is_told(
        self, people: People, track: Track, receiver: Receiver, there: OneAtATime
    ) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark, YES)
            delivery = approve(people.store, people.queue, lead, now=people.now)

            def check(delivered: Ended, taken_back: Ended) -> None:
                assert (delivered.code, taken_back.code) == ("done", "done")
                drain(people, there, lead)
                assert told(receiver, lead)[-1][1]["product_offers"] == "withdrawn"
                assert not there.met

            return Race(delivering(people, there, delivery), people.takes_back(lead), check)

        track.run(race, at_once=2, every=9)
