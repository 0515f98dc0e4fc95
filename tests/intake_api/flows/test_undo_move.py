"""Undoing: exactly as before, on the record, once, and only while nothing has left the house."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.contact_lead import contact_lead
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.mark_spam import mark_spam
from intake_api.flows.release_lead import release_lead
from intake_api.flows.reverse_lead import ReasonUnknown, reverse_lead
from intake_api.flows.send_confirmation import send_confirmation
from intake_api.flows.undo_move import LeadChanged, MoveRefused, undo_move
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.flows.withdraw_for_person import withdraw_for_person
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.engine import engine_holds
from tests.intake_api.flows.confirmations import ToldMailer, desk_of, token_of
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import (
    TOKEN_KEY,
    approve,
    confirmation_of,
    deliveries_now,
    entries,
    keep_first_yes,
    keep_lead,
    kinds,
    lead_now,
    receipt_of,
)

ILZE, PIOTR = "i" * 32, "p" * 32
Act = Callable[[Lead], None]


class Desk:
    """A reviewer who acts on leads as they stand."""

    def __init__(self, store: Store, queue: Queue, clock: DrivenClock) -> None:
        self.store, self.queue, self.clock = store, queue, clock

    def contact(self, lead: Lead) -> None:
        contact_lead(self.store, lead.reference, **self._by(lead))

    def decline(self, lead: Lead) -> None:
        decline_lead(self.store, lead.reference, reason="not_a_fit", **self._by(lead))

    def spam(self, lead: Lead) -> None:
        mark_spam(self.store, lead.reference, **self._by(lead))

    def release(self, lead: Lead) -> None:
        release_lead(self.store, self.queue, TOKEN_KEY, lead.reference, **self._by(lead))

    def approve(self, lead: Lead) -> None:
        approve(self.store, self.queue, lead_now(self.store, lead), now=self.clock.advance(minutes=1))

    def reverse(self, lead: Lead, reason: str = "duplicate") -> None:
        reverse_lead(self.store, lead.reference, reason=reason, **self._by(lead))

    def undo(self, lead: Lead, staff_id: str = ILZE) -> None:
        undo_move(self.store, self.queue, lead.reference, **{**self._by(lead), "staff_id": staff_id})

    def _by(self, lead: Lead) -> dict[str, object]:
        now: datetime = self.clock.advance(minutes=1)
        return {"seen_version": lead_now(self.store, lead).version, "staff_id": ILZE, "now": now}


@pytest.fixture
def desk(store: Store, queue: Queue, clock: DrivenClock) -> Desk:
    return Desk(store, queue, clock)


def alike(lead: Lead) -> Lead:
    """Return a lead without its version, which only ever rises."""
    return replace(lead, version=0)


class TestContacting:
    def test_a_contacted_lead_is_still_to_decide(self, store: Store, desk: Desk, lead: Lead) -> None:
        desk.contact(lead)
        assert (lead_now(store, lead).state, lead_now(store, lead).decided_by) == (LeadState.CONTACTED, ILZE)
        assert entries(store, lead)[-1]["kind"] == "lead.contacted"
        desk.approve(lead)
        assert lead_now(store, lead).state is LeadState.QUALIFIED

    def test_it_can_be_declined(self, store: Store, desk: Desk, lead: Lead) -> None:
        desk.contact(lead)
        desk.decline(lead)
        assert lead_now(store, lead).state is LeadState.DECLINED

    def test_a_decided_one_cannot_be_contacted(self, desk: Desk, lead: Lead) -> None:
        desk.decline(lead)
        with pytest.raises(MoveRefused):
            desk.contact(lead)


class TestSpam:
    def test_sec38_it_is_mailed_to_nobody_and_gone_after_fourteen_days(
        self, store: Store, desk: Desk, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        far = replace(lead, delete_after=lead.delete_after)
        desk.spam(lead)
        assert confirmation_of(store, lead).state is MailState.DROPPED
        spam = lead_now(store, lead)
        assert (spam.state, spam.held_for) == (LeadState.SPAM, ["marked"])
        assert spam.delete_after == min(far.delete_after, clock() + timedelta(days=14))
        erase_expired(store, now=spam.delete_after)
        assert lead_now(store, lead).state is LeadState.ERASED

    def test_a_long_kept_lead_ends_sooner(self, store: Store, desk: Desk, lead: Lead, clock: DrivenClock) -> None:
        assert lead.delete_after > clock() + timedelta(days=60)
        desk.spam(lead)
        assert lead_now(store, lead).delete_after == clock() + timedelta(days=14)

    def test_released_it_is_asked_for_its_second_yes_once(
        self, store: Store, desk: Desk, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        desk.spam(lead)
        desk.release(lead)
        released = lead_now(store, lead)
        assert (released.state, released.held_for) == (LeadState.NEW, None)
        assert confirmation_of(store, lead).state is MailState.QUEUED


class TestUndoing:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    @pytest.mark.parametrize("act", ["contact", "decline", "spam", "approve"])
    def test_it_stands_exactly_as_before(self, store: Store, desk: Desk, lead: Lead, act: str) -> None:
        getattr(desk, act)(lead)
        acted = lead_now(store, lead)
        assert acted.state is not lead.state
        desk.undo(lead, PIOTR)
        assert alike(lead_now(store, lead)) == alike(lead)
        (entry,) = entries(store, lead, "lead.undone")
        assert (entry["actor"], entry["from"], entry["to"]) == (f"staff:{PIOTR}", acted.state.value, "new")

    def test_step_by_step_back_to_the_beginning(self, store: Store, desk: Desk, lead: Lead) -> None:
        stood = [lead]
        for act in (desk.contact, desk.decline, desk.approve):
            act(lead)
            stood.append(lead_now(store, lead))
        for before in stood[-2::-1]:
            desk.undo(lead)
            assert alike(lead_now(store, lead)) == alike(before)
        with pytest.raises(MoveRefused):
            desk.undo(lead)
        assert len(entries(store, lead, "lead.undone")) == 3

    def test_an_old_look_undoes_nothing(self, store: Store, queue: Queue, desk: Desk, lead: Lead) -> None:
        desk.contact(lead)
        seen = lead_now(store, lead).version
        desk.decline(lead)
        with pytest.raises(LeadChanged):
            undo_move(store, queue, lead.reference, seen_version=seen, staff_id=ILZE, now=desk.clock())
        assert lead_now(store, lead).state is LeadState.DECLINED

    def test_the_waiting_delivery_is_dropped_with_it(self, store: Store, desk: Desk, lead: Lead) -> None:
        desk.approve(lead)
        desk.undo(lead)
        (delivery,) = deliveries_now(store, lead)
        assert (delivery.state, delivery.last_reason) == (DeliveryState.CANCELLED, "undone")
        assert set(kinds(store, lead)[-2:]) == {"delivery.cancelled", "lead.undone"}

    def test_what_a_worker_has_in_hands_is_not_undone(
        self, store: Store, desk: Desk, house: House, receiver: Receiver, lead: Lead
    ) -> None:
        desk.approve(lead)
        (delivery,) = deliveries_now(store, lead)
        receiver.behaviour = answer(503)
        deliver(store, webhook(receiver.url), delivery.id, delivery.turn, clock=desk.clock)
        assert house.delivery(lead).state is DeliveryState.RETRYING
        with pytest.raises(MoveRefused):
            desk.undo(lead)
        assert lead_now(store, lead).state is LeadState.QUALIFIED

    def test_t02_an_end_that_the_person_made_earlier_stays(
        self, store: Store, desk: Desk, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        desk.spam(lead)
        withdraw_by_receipt(store, receipt_of(lead), None, now=clock.advance(minutes=1))
        withdraw_for_person(store, lead.reference, "respond_to_request", words="x", staff_id=ILZE, now=clock())
        shortened = lead_now(store, lead).delete_after
        assert shortened < clock() + timedelta(days=14)
        desk.undo(lead)
        undone = lead_now(store, lead)
        assert (undone.state, undone.delete_after) == (LeadState.WITHDRAWN, shortened)

    def test_c12_a_yes_that_was_confirmed_meanwhile_keeps_the_lead_as_long_as_it_needs(
        self, store: Store, desk: Desk, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        token = token_of(store, lead)
        send_confirmation(store, desk_of(ToldMailer()), confirmation_of(store, lead).id, 1, clock=clock)
        desk.spam(lead)
        confirm_decision(store, token, now=clock.advance(hours=1))
        confirmed = lead_now(store, lead).delete_after
        assert confirmed > clock() + timedelta(days=60)
        desk.undo(lead)
        assert (lead_now(store, lead).state, lead_now(store, lead).delete_after) == (LeadState.NEW, confirmed)

    def test_spam_undone_asks_on_where_it_stopped(
        self, store: Store, desk: Desk, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        before = confirmation_of(store, lead)
        desk.spam(lead)
        desk.undo(lead)
        asked = confirmation_of(store, lead)
        assert (asked.id, asked.state, asked.turn) == (before.id, MailState.QUEUED, before.turn + 1)
        assert any(f"{asked.id}.{asked.turn}" in key for key, _ in engine_holds(store))


class TestTakenBack:
    def test_w07_a_lead_of_which_nothing_lives_is_nobodys_work(
        self, store: Store, desk: Desk, lead: Lead, clock: DrivenClock
    ) -> None:
        desk.contact(lead)
        withdraw_by_receipt(store, receipt_of(lead), None, now=clock())
        assert lead_now(store, lead).state is LeadState.WITHDRAWN
        for act in (desk.approve, desk.decline, desk.spam, desk.undo):
            with pytest.raises(MoveRefused):
                act(lead)

    def test_a_delivery_that_waited_is_no_failure(self, store: Store, desk: Desk, lead: Lead) -> None:
        desk.approve(lead)
        withdraw_by_receipt(store, receipt_of(lead), None, now=desk.clock())
        assert lead_now(store, lead).state is LeadState.WITHDRAWN
        assert [one.state for one in deliveries_now(store, lead)] == [DeliveryState.BLOCKED]

    @pytest.mark.parametrize("purpose", ["product_offers", "respond_to_request"])
    def test_while_anything_lives_it_stays(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, purpose: str
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        withdraw_by_receipt(store, receipt_of(lead), [purpose], now=clock())
        assert lead_now(store, lead).state is LeadState.NEW


class TestReversing:
    def delivered(self, house: House, desk: Desk, receiver: Receiver) -> Lead:
        house.destination = webhook(receiver.url)  # with all the patience it usually has
        lead = house.approved()
        assert house.attempt(lead).state is DeliveryState.DELIVERED
        with pytest.raises(MoveRefused):
            desk.undo(lead)
        return lead

    def test_g07_it_is_declined_and_who_has_it_is_to_be_told(
        self, store: Store, desk: Desk, house: House, receiver: Receiver
    ) -> None:
        lead = self.delivered(house, desk, receiver)
        desk.reverse(lead)
        reversed_now = lead_now(store, lead)
        assert (reversed_now.state, reversed_now.decline_reason) == (LeadState.DECLINED, "duplicate")
        upsert, untold = sorted(deliveries_now(store, lead), key=lambda one: one.is_no)
        assert (untold.kind, untold.state, untold.place) == ("erase", DeliveryState.RETRYING, upsert.place)
        (entry,) = entries(store, lead, "lead.reversed")
        assert [one["delivery"] for one in entry["passed_on"]] == [untold.id]
        with pytest.raises(MoveRefused):
            desk.undo(lead)

    def test_it_needs_a_reason_of_the_list(self, store: Store, desk: Desk, house: House, receiver: Receiver) -> None:
        lead = self.delivered(house, desk, receiver)
        with pytest.raises(ReasonUnknown):
            desk.reverse(lead, "because")
        assert lead_now(store, lead).state is LeadState.DELIVERED

    def test_refused_at_once_it_is_nowhere(self, store: Store, desk: Desk, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        receiver.behaviour = answer(422)
        assert house.attempt(lead).state is DeliveryState.REFUSED
        desk.reverse(lead)
        assert lead_now(store, lead).state is LeadState.DECLINED
        assert len(deliveries_now(store, lead)) == 1

    def test_approved_again_nobody_is_to_be_told(
        self, store: Store, desk: Desk, house: House, receiver: Receiver
    ) -> None:
        lead = self.delivered(house, desk, receiver)
        desk.reverse(lead)
        desk.approve(lead)
        states = {(one.kind, one.state.value) for one in deliveries_now(store, lead)}
        assert states == {("upsert", "delivered"), ("erase", "cancelled"), ("upsert", "queued")}
