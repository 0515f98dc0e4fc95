"""A failed delivery, after a person put right what stood in its way."""

from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.crm.json_lines import JsonLinesFile
from intake_api.flows.deliver import deliver
from intake_api.flows.judge_forwarding import ForwardingBlocked
from intake_api.flows.try_delivery_again import MoveRefused, try_delivery_again
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.deliveries import Delivery, DeliveryState
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.engine import engine_holds, queue_that_loads_while_others_may_write
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import approve, deliveries_now, entries, keep_lead, kinds, lead_now


def again(
    store: Store,
    queue: Queue,
    lead: Lead,
    clock: DrivenClock,
    *,
    destination: str = "webhook",
    recipient: str = "crm",
) -> Delivery:
    """Let the operator of a house with this destination try it again."""
    where = {"destination": destination, "recipient": recipient}
    return try_delivery_again(store, queue, lead.reference, **where, actor="operator", now=clock())


def later(clock: DrivenClock) -> DrivenClock:
    clock.advance(minutes=1)
    return clock


class TestTryDeliveryAgain:
    def test_it_goes_under_its_old_id_from_the_beginning_of_the_schedule(
        self, store: Store, queue: Queue, house: House, receiver: Receiver, clock: DrivenClock
    ) -> None:
        receiver.behaviour = answer(422)
        lead = house.approved()
        refused = house.attempt(lead)
        receiver.behaviour = answer(200)

        once_more = again(store, queue, lead, clock)

        assert (once_more.id, once_more.state, once_more.turn, once_more.attempts) == (
            refused.id,
            DeliveryState.QUEUED,
            2,
            0,
        )
        assert lead_now(store, lead).state is LeadState.QUALIFIED
        deliver(store, house.destination, once_more.id, once_more.turn, clock=clock)
        assert lead_now(store, lead).state is LeadState.DELIVERED
        assert receiver.ids() == [refused.id, refused.id]
        assert "delivery.restarted" in kinds(store, lead)

    def test_a_delivery_on_its_way_is_left_alone(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        approve(store, queue, lead, now=clock())

        with pytest.raises(MoveRefused):
            again(store, queue, lead, clock)

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_nobody_waits_while_the_engine_is_loaded(
        self, store: Store, house: House, receiver: Receiver, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes a second, and SQLite has one writer at a time."""
        receiver.behaviour = answer(422)
        lead = house.approved()
        house.attempt(lead)

        with queue_that_loads_while_others_may_write(store, monkeypatch) as unloaded:
            again(store, unloaded, lead, clock)

        assert len(engine_holds(store)) == 2

    def test_x03_the_gate_decides_here_too(
        self, store: Store, queue: Queue, house: House, receiver: Receiver, clock: DrivenClock
    ) -> None:
        receiver.behaviour = answer(422)
        lead = house.approved()
        house.attempt(lead)
        with store.writing() as tx:
            tx.execute(text("UPDATE decisions SET state = 'withdrawn'"))

        with pytest.raises(ForwardingBlocked):
            again(store, queue, lead, clock)
        assert lead_now(store, lead).state is LeadState.DELIVERY_FAILED


class TestAfterTheDestinationWasChanged:
    """What was approved for another destination than is set up now is not stranded (G-01, X-01)."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> JsonLinesFile:
        return JsonLinesFile(tmp_path / "crm.jsonl", "crm")

    @pytest.fixture
    def stranded(self, house: House, file: JsonLinesFile) -> Lead:
        """A lead that was approved for the webhook, in a house that has a file by now."""
        lead = house.approved()
        (delivery,) = deliveries_now(house.store, lead)
        deliver(house.store, file, delivery.id, delivery.turn, clock=house.clock)
        assert house.delivery(lead).last_reason == "destination_not_configured"
        return lead

    def test_it_goes_to_the_present_one_as_a_delivery_of_its_own(
        self, store: Store, queue: Queue, stranded: Lead, file: JsonLinesFile, tmp_path: Path, clock: DrivenClock
    ) -> None:
        (old,) = deliveries_now(store, stranded)

        new = again(store, queue, stranded, later(clock), destination="file")
        deliver(store, file, new.id, new.turn, clock=clock)

        assert (new.destination, new.recipient, new.turn) == ("file", "crm", 1)
        assert [one.state for one in deliveries_now(store, stranded)] == [
            DeliveryState.BLOCKED,
            DeliveryState.DELIVERED,
        ]
        assert lead_now(store, stranded).state is LeadState.DELIVERED
        assert new.id in (tmp_path / "crm.jsonl").read_text()
        (entry,) = entries(store, stranded, "delivery.restarted")
        assert (entry["delivery"], entry["instead_of"]) == (new.id, old.id)
        assert (entry["destination"], entry["recipient"]) == ("file", "crm")

    def test_x01_not_to_a_company_that_this_persons_notice_does_not_name(
        self, store: Store, queue: Queue, stranded: Lead, clock: DrivenClock
    ) -> None:
        with pytest.raises(ForwardingBlocked, match="does not name this destination"):
            again(store, queue, stranded, clock, destination="file", recipient="another_crm")

        assert len(deliveries_now(store, stranded)) == 1
        assert lead_now(store, stranded).state is LeadState.DELIVERY_FAILED

    def test_changed_back_it_keeps_the_id_that_the_first_one_knows(
        self, house: House, queue: Queue, stranded: Lead, receiver: Receiver, clock: DrivenClock
    ) -> None:
        (old,) = deliveries_now(house.store, stranded)
        new = again(house.store, queue, stranded, later(clock), destination="file")
        deliver(house.store, house.destination, new.id, new.turn, clock=clock)

        back = again(house.store, queue, stranded, later(clock))

        assert (back.id, back.turn) == (old.id, 2)
        deliver(house.store, house.destination, back.id, back.turn, clock=clock)
        assert receiver.ids() == [old.id]
        assert lead_now(house.store, stranded).state is LeadState.DELIVERED
