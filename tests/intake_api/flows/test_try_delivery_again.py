"""A failed delivery, after a person put right what stood in its way."""

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.deliver import deliver
from intake_api.flows.judge_forwarding import ForwardingBlocked
from intake_api.flows.try_delivery_again import MoveRefused, try_delivery_again
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import approve, keep_lead, kinds, lead_now


class TestTryDeliveryAgain:
    def test_it_goes_under_its_old_id_from_the_beginning_of_the_schedule(
        self, store: Store, queue: Queue, house: House, receiver: Receiver, clock: DrivenClock
    ) -> None:
        receiver.behaviour = answer(422)
        lead = house.approved()
        refused = house.attempt(lead)
        receiver.behaviour = answer(200)

        again = try_delivery_again(store, queue, lead.reference, actor="operator", now=clock())

        assert (again.id, again.state, again.turn, again.attempts) == (refused.id, DeliveryState.QUEUED, 2, 0)
        assert lead_now(store, lead).state is LeadState.QUALIFIED
        deliver(store, house.destination, again.id, again.turn, clock=clock)
        assert lead_now(store, lead).state is LeadState.DELIVERED
        assert receiver.ids() == [refused.id, refused.id]
        assert "delivery.restarted" in kinds(store, lead)

    def test_a_delivery_on_its_way_is_left_alone(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        approve(store, queue, lead, now=clock())

        with pytest.raises(MoveRefused):
            try_delivery_again(store, queue, lead.reference, actor="operator", now=clock())

    def test_x03_the_gate_decides_here_too(
        self, store: Store, queue: Queue, house: House, receiver: Receiver, clock: DrivenClock
    ) -> None:
        receiver.behaviour = answer(422)
        lead = house.approved()
        house.attempt(lead)
        with store.writing() as tx:
            tx.execute(text("UPDATE decisions SET state = 'withdrawn'"))

        with pytest.raises(ForwardingBlocked):
            try_delivery_again(store, queue, lead.reference, actor="operator", now=clock())
        assert lead_now(store, lead).state is LeadState.DELIVERY_FAILED
