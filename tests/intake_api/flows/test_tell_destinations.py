"""A no travels as far as the yes did (G-01, G-02, W-02, S-14): from the act to what the other side was told."""

from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import text

from intake_api.clock import rfc3339
from intake_api.crm.port import Done, Operation, Outcome, Parcel, Refused, Retry
from intake_api.flows.approve_lead import approve_lead
from intake_api.flows.ask_again import ask_again
from intake_api.flows.ask_to_renew import ask_to_renew
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.deliver import deliver
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.mend_deliveries import mend_deliveries
from intake_api.flows.reverse_lead import reverse_lead
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import DELIVER_LEAD, TELL_DESTINATION
from intake_api.rules.field_map import FieldMap
from intake_api.rules.lead_state import LeadState
from intake_api.store.deliveries import Delivery, DeliveryState
from intake_api.store.leads import Lead, restrict
from intake_api.store.renewals import Why
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.confirmations import ToldMailer, desk_of, token_of
from tests.intake_api.flows.confirmations import attempt as send_confirmation_mail
from tests.intake_api.flows.deliveries import House
from tests.intake_api.flows.merging import Pair, confirm
from tests.intake_api.flows.publishing import MATERIAL, WORDING, Press
from tests.intake_api.flows.renewals import answer as answer_renewal_with
from tests.intake_api.flows.renewals import token_of as renewal_token_of
from tests.intake_api.flows.telling import attempt, delivered, go_round, no, nos, told, until_settled
from tests.intake_api.kept_leads import (
    TOKEN_KEY,
    deliveries_now,
    entries,
    keep_lead,
    kinds,
    lead_now,
    receipt_of,
)

YES = {"product_offers": True, "newsletter": True}


def withdraw(house: House, lead: Lead, *purposes: str) -> None:
    withdraw_by_receipt(house.store, receipt_of(lead), purposes or None, now=house.clock())


def erase(house: House, lead: Lead) -> None:
    erase_by_receipt(house.store, receipt_of(lead), now=house.clock())


def reverse(house: House, lead: Lead) -> None:
    version = lead_now(house.store, lead).version
    reverse_lead(
        house.store, lead.reference, seen_version=version, reason="not_a_fit", staff_id="s" * 32, now=house.clock()
    )


def approve_again(house: House, lead: Lead) -> None:
    approve_lead(
        house.store,
        house.queue,
        lead.reference,
        destination="webhook",
        recipient="crm",
        seen_version=lead_now(house.store, lead).version,
        staff_id="s" * 32,
        now=house.clock(),
    )


def offers_told(receiver: Receiver) -> list[str]:
    """Return what the other side was told of the offers, each time."""
    return [one["state"] for _, parcel in told(receiver) for one in parcel["purposes"] if one["id"] == "product_offers"]


class TestAYesThatComesLater:
    def test_c12_a_second_yes_is_told_to_who_has_the_lead(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house, YES)
        send_confirmation_mail(house.store, desk_of(ToldMailer()), lead, house.clock)
        token = token_of(house.store, lead)
        confirm_decision(house.store, token, now=house.clock())
        confirm_decision(house.store, token, now=house.clock())
        assert (no(house, lead).kind, no(house, lead).state) == ("update_consent", DeliveryState.RETRYING)
        go_round(house, lead)
        (_, first), (kind, second) = told(receiver)
        assert kind == "lead.update_consent"
        states = [{one["id"]: one["state"] for one in parcel["purposes"]} for parcel in (first, second)]
        assert [one["newsletter"] for one in states] == ["requested", "given"]
        assert no(house, lead).state is DeliveryState.DELIVERED

    def test_c16_a_yes_that_is_said_again_is_told_with_its_new_time(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house, {"product_offers": True})
        with house.store.writing() as tx:  # its retention would end before it
            tx.execute(text("UPDATE leads SET delete_after = '2029-01-01 00:00:00'"))
        house.clock.advance(days=336)
        ask_to_renew(house.store, house.queue, TOKEN_KEY, {"product_offers"}, now=house.clock())
        token = renewal_token_of(house.store, lead, Why.ENDING)
        answer_renewal_with(house.store, token, "product_offers", house.clock, yes=True)
        go_round(house, lead)
        (kind, parcel) = told(receiver)[-1]
        (offers,) = [one for one in parcel["purposes"] if one["id"] == "product_offers"]
        assert (kind, offers["state"], offers["decided_at"]) == ("lead.update_consent", "given", rfc3339(house.clock()))

    def test_who_has_nothing_is_told_nothing(self, house: House) -> None:
        lead = house.approved(YES)
        send_confirmation_mail(house.store, desk_of(ToldMailer()), lead, house.clock)
        confirm_decision(house.store, token_of(house.store, lead), now=house.clock())
        assert nos(house, lead) == []


class TestAYesThatAPublicationEnds:
    """What was said yes to has changed: until it is said again it does not count, here or there (C-17)."""

    def test_c17_who_has_the_lead_is_told_and_once_more_when_it_is_said_again(
        self, house: House, receiver: Receiver, press: Press
    ) -> None:
        lead = delivered(house, {"product_offers": True})
        press.publish(MATERIAL)
        for _ in range(2):
            ask_again(house.store, house.queue, TOKEN_KEY, now=house.clock())
        assert no(house, lead).kind == "update_consent"
        go_round(house, lead)
        assert offers_told(receiver) == ["given", "needs_reconsent"]
        token = renewal_token_of(house.store, lead, Why.CHANGED)
        answer_renewal_with(house.store, token, "product_offers", house.clock, yes=True)
        go_round(house, lead)
        assert offers_told(receiver) == ["given", "needs_reconsent", "given"]

    def test_c17_who_is_not_asked_counts_all_the_same(self, house: House, receiver: Receiver, press: Press) -> None:
        lead = delivered(house, {"product_offers": True})
        with house.store.writing() as tx:
            restrict(tx, lead.id, house.clock() + timedelta(days=30))
        press.publish(MATERIAL)
        assert ask_again(house.store, house.queue, TOKEN_KEY, now=house.clock()) == 0
        go_round(house, lead)
        assert offers_told(receiver) == ["given", "needs_reconsent"]

    def test_t10_a_yes_of_a_lead_that_is_merged_into_it_ends_its_own_there(
        self, house: House, receiver: Receiver, press: Press
    ) -> None:
        pair = Pair(house.store, house.queue, house.catalogue, house.clock)
        stays = delivered(house, YES)
        confirm(house.store, stays, house.clock)
        yes = {"product_offers": True}
        quote = keep_lead(
            house.store, house.catalogue, now=house.clock(), decisions=yes, form="request_quote", headcount=20
        )
        pair.merge(stays, quote)
        go_round(house, stays)
        assert set(offers_told(receiver)) == {"given"}
        press.publish(("forms/request_quote.yml", "material_change: false", "material_change: true"))
        ask_again(house.store, house.queue, TOKEN_KEY, now=house.clock())
        go_round(house, stays)
        assert offers_told(receiver)[-1] == "needs_reconsent"

    def test_nobody_is_told_of_a_wording_fix_or_who_has_nothing(self, house: House, press: Press) -> None:
        there, here = delivered(house, {"product_offers": True}), house.approved({"product_offers": True})
        press.publish(WORDING)
        ask_again(house.store, house.queue, TOKEN_KEY, now=house.clock())
        assert nos(house, there) == []
        press.publish(MATERIAL)
        ask_again(house.store, house.queue, TOKEN_KEY, now=house.clock())
        assert (len(nos(house, there)), nos(house, here)) == (1, [])


class TestWithdrawing:
    def test_g01_a_no_is_due_in_the_same_commit_and_told_with_what_counts_then(
        self, house: House, receiver: Receiver
    ) -> None:
        lead = delivered(house, YES)
        house.clock.advance(hours=1)
        withdraw(house, lead, "product_offers")
        assert (no(house, lead).kind, no(house, lead).next_attempt_at) == ("update_consent", house.clock())
        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock()) == 0
        go_round(house, lead)
        assert no(house, lead).state is DeliveryState.DELIVERED
        upsert, (operation, parcel) = told(receiver)
        assert operation == "lead.update_consent"
        states = {one["id"]: one["state"] for one in parcel["purposes"]}
        assert states == {"respond_to_request": "acted", "newsletter": "requested", "product_offers": "withdrawn"}
        assert parcel["lead"] == upsert[1]["lead"]
        assert parcel["fields"] == {"email": upsert[1]["fields"]["email"]}  # by which it may have to be found there
        assert lead_now(house.store, lead).state is LeadState.DELIVERED
        assert sorted(kinds(house.store, lead, "delivery.")[1:]) == ["delivery.told", "delivery.untold"]
        assert entries(house.store, lead, "delivery.told")[0]["operation"] == "update_consent"

    def test_nobody_is_told_who_has_nothing(self, house: House) -> None:
        lead = house.approved(YES)
        withdraw(house, lead, "product_offers")
        assert nos(house, lead) == []

    def test_who_refused_it_at_once_is_not_told(self, house: House, receiver: Receiver) -> None:
        receiver.behaviour = answer(422)
        lead = house.approved(YES)
        house.attempt(lead)
        withdraw(house, lead, "product_offers")
        assert nos(house, lead) == []

    def test_a_later_no_says_what_an_earlier_one_that_waits_would_have(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house, YES)
        receiver.behaviour = answer(503)
        withdraw(house, lead, "product_offers")
        go_round(house, lead)
        house.clock.advance(seconds=1)
        withdraw(house, lead, "newsletter")
        first, second = sorted(nos(house, lead), key=lambda one: one.created_at)
        assert (first.state, first.last_reason) == (DeliveryState.CANCELLED, "superseded")
        receiver.behaviour = answer(204)
        go_round(house, lead)
        assert receiver.ids()[-1] == second.id
        states = {one["id"]: one["state"] for one in told(receiver)[-1][1]["purposes"]}
        assert (states["product_offers"], states["newsletter"]) == ("withdrawn", "withdrawn")

    def test_no_address_goes_along_that_the_map_does_not_name(self, house: House, receiver: Receiver) -> None:
        house.destination = webhook(receiver.url, named=FieldMap({"name": "contact_name"}))
        lead = delivered(house, YES)
        withdraw(house, lead, "product_offers")
        go_round(house, lead)
        assert told(receiver)[-1][1]["fields"] == {}

    def test_g01_who_is_down_for_three_days_is_told_then(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house, YES)
        receiver.behaviour = answer(503)
        withdraw(house, lead, "product_offers")
        began = house.clock()
        while no(house, lead).attempts < 9:
            go_round(house, lead)
            house.clock.now = no(house, lead).next_attempt_at or house.clock()
        assert (house.clock() - began).total_seconds() >= 75 * 3600
        receiver.behaviour = answer(204)
        go_round(house, lead)
        assert no(house, lead).state is DeliveryState.DELIVERED
        assert set(receiver.ids()[1:]) == {no(house, lead).id}

    def test_g01_who_is_never_told_is_left_to_a_person(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house, YES)
        receiver.behaviour = answer(503)
        withdraw(house, lead, "product_offers")
        until_settled(house, lead)
        assert (no(house, lead).state, no(house, lead).attempts) == (DeliveryState.GIVEN_UP, 10)
        assert no(house, lead).is_open
        assert lead_now(house.store, lead).state is LeadState.DELIVERED
        with house.store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM deliveries WHERE parked_at IS NOT NULL")) == 1

    def test_another_destination_than_is_set_up_now_is_left_to_a_person(self, house: House) -> None:
        lead = delivered(house, YES)
        withdraw(house, lead, "product_offers")
        house.destination.recipient = "partner"
        go_round(house, lead)
        told_none = no(house, lead)
        assert (told_none.state, told_none.last_reason) == (DeliveryState.BLOCKED, "destination_not_configured")
        assert lead_now(house.store, lead).state is LeadState.DELIVERED

    def test_a_paused_destination_is_told_when_it_takes_again(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house, YES)
        receiver.behaviour = answer(401)
        withdraw(house, lead, "product_offers")
        go_round(house, lead)
        assert enqueue_due(house.store, house.queue, TELL_DESTINATION, now=house.clock.advance(days=9)) == 0
        assert (no(house, lead).state, no(house, lead).last_outcome) == (DeliveryState.RETRYING, "not_allowed_in")

    def test_an_attempt_that_broke_is_mended(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        lead = delivered(house, YES)
        withdraw(house, lead, "product_offers")
        assert enqueue_due(house.store, house.queue, TELL_DESTINATION, now=house.clock()) == 1
        key = f"{no(house, lead).id}.{no(house, lead).turn}"
        monkeypatch.setattr(house.queue, "failed_keys", lambda workflow: [key] if workflow == TELL_DESTINATION else [])
        assert mend_deliveries(house.store, house.queue, now=house.clock()) == 0
        assert mend_deliveries(house.store, house.queue, workflow=TELL_DESTINATION, now=house.clock()) == 1
        assert (no(house, lead).state, no(house, lead).last_reason) == (DeliveryState.RETRYING, "internal_error")


class TestErasing:
    def test_s08_of_who_is_erased_here_nothing_is_left_there(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house)
        erase(house, lead)
        go_round(house, lead)
        operation, parcel = told(receiver)[-1]
        assert (operation, parcel["lead"], parcel["reference"]) == ("lead.erase", lead.id, lead.reference)
        assert (parcel["fields"], parcel["purposes"]) == ({}, [])
        assert no(house, lead).state is DeliveryState.DELIVERED

    def test_the_number_there_goes_along(self, house: House) -> None:
        lead = delivered(house)
        with house.store.writing() as tx:
            tx.execute(text("UPDATE deliveries SET remote_id = '4711'"))
        erase(house, lead)
        seen = []
        send = house.destination.send
        house.destination.send = lambda *said, now: (seen.append(said[1].remote_id), send(*said, now=now))[1]  # type: ignore[method-assign]
        go_round(house, lead)
        assert seen == ["4711"]

    def test_q01_whose_time_is_over_goes_there_too(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house)
        house.clock.now = lead.delete_after
        assert erase_expired(house.store, now=house.clock()) == 1
        go_round(house, lead)
        assert told(receiver)[-1][0] == "lead.erase"

    def test_it_ends_what_else_waits_to_be_told(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house, YES)
        withdraw(house, lead, "product_offers")
        house.clock.advance(seconds=1)
        erase(house, lead)
        consent, erasure = sorted(nos(house, lead), key=lambda one: one.created_at)
        assert (consent.state, consent.last_reason) == (DeliveryState.CANCELLED, "superseded")
        go_round(house, lead)
        assert receiver.ids()[1:] == [erasure.id]

    def test_s14_an_attempt_that_may_have_arrived_is_erased_and_never_made_again(
        self, house: House, receiver: Receiver
    ) -> None:
        receiver.behaviour = receiver.hang  # it may have come, or not
        lead = house.approved()
        house.attempt(lead)
        erase(house, lead)
        receiver.behaviour = answer(204)
        go_round(house, lead)
        waits = no(house, lead)
        assert (waits.state, waits.last_outcome, waits.last_reason) == (
            DeliveryState.RETRYING,
            "done",
            "may_still_arrive",
        )
        until_settled(house, lead)
        assert [kind for kind, _ in told(receiver)] == ["lead.upsert", "lead.erase", "lead.erase"]
        assert no(house, lead).state is DeliveryState.DELIVERED
        assert house.entries(lead)[-1]["kind"] in ("delivery.told", "delivery.cancelled")

    def test_s14_what_a_slow_other_side_makes_after_the_erasure_is_erased_too(self, house: House) -> None:
        """A server with a full line carries out what we gave up long ago, when the erasure is done."""
        slow = CarriesOutLate()
        house.destination = slow  # type: ignore[assignment]
        lead = house.approved()
        house.attempt(lead)
        erase(house, lead)
        go_round(house, lead)
        slow.carry_out()
        assert slow.records == {lead.id}
        until_settled(house, lead)
        assert slow.records == set()
        assert no(house, lead).state is DeliveryState.DELIVERED

    def test_s14_while_it_is_on_its_way_it_is_erased_after_it(self, house: House, receiver: Receiver) -> None:
        house.destination = webhook(receiver.url, time_limit=60.0)  # it answers only when the erasure is written
        lead = house.approved()
        order = []

        def erase_meanwhile(handler: BaseHTTPRequestHandler) -> None:
            receiver.behaviour = answer(204)
            erase(house, lead)
            order.append(attempt(house, _queued(house, lead)).last_reason)
            answer(204)(handler)

        receiver.behaviour = erase_meanwhile
        attempt(house, house.delivery(lead))
        assert order == ["another_goes_first"]
        until_settled(house, lead)
        assert [kind for kind, _ in told(receiver)] == ["lead.upsert", "lead.erase"]

    @pytest.mark.parametrize("arrived", [True, False])
    def test_s14_of_a_worker_that_was_killed_meanwhile_nothing_stays(
        self, house: House, receiver: Receiver, arrived: bool
    ) -> None:
        lead = house.approved()
        if arrived:
            house.attempt(lead)
        with house.store.writing() as tx:
            sending = "UPDATE deliveries SET state = 'sending', attempts = 1, left_at = created_at, claim = 'dead'"
            tx.execute(text(sending))
        erase(house, lead)
        go_round_only_nos(house, lead)
        assert no(house, lead).last_reason == "another_goes_first"
        until_settled(house, lead)  # another worker took over what was in the hands of the dead one
        assert told(receiver)[-1][0] == "lead.erase"
        upsert = next(one for one in deliveries_now(house.store, lead) if not one.is_no)
        assert (upsert.state, upsert.last_reason) == (DeliveryState.CANCELLED, "erased")

    def test_it_is_asked_for_once(self, house: House) -> None:
        lead = delivered(house)
        reverse(house, lead)
        until_settled(house, lead)
        erase(house, lead)
        assert [one.kind for one in nos(house, lead)] == ["erase"]


class CarriesOutLate:
    """Leaves each lead unanswered and makes its record when it comes to it; an erasure it carries out at once."""

    name, recipient, map = "webhook", "crm", FieldMap()

    def __init__(self) -> None:
        self.records: set[str] = set()
        self._line: list[str] = []

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        if operation == "erase":
            self.records.discard(parcel.lead)
            return Done()
        self._line.append(parcel.lead)
        return Retry("too_slow")

    def carry_out(self) -> None:
        self.records.update(self._line)


class TestOrder:
    def test_g02_no_lead_goes_while_a_no_waits_and_then_with_what_is_so(self, house: House, receiver: Receiver) -> None:
        receiver.behaviour = answer(503)
        lead = house.approved(YES)
        house.attempt(lead)
        withdraw(house, lead, "product_offers")
        go_round(house, lead)
        house.clock.advance(seconds=6)
        receiver.behaviour = answer(204)
        enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock())
        upsert = next(one for one in deliveries_now(house.store, lead) if not one.is_no)
        waits = attempt(house, upsert)
        assert (waits.state, waits.last_reason, waits.attempts) == (DeliveryState.RETRYING, "another_goes_first", 1)
        assert waits.next_attempt_at == max(
            no(house, lead).next_attempt_at or house.clock(), waits.next_attempt_at or house.clock()
        )
        until_settled(house, lead)
        names = [kind for kind, _ in told(receiver)]
        assert names == ["lead.upsert", "lead.update_consent", "lead.update_consent", "lead.upsert"]
        for _, parcel in told(receiver)[1:]:
            assert {one["id"]: one["state"] for one in parcel["purposes"]}["product_offers"] == "withdrawn"

    def test_who_says_that_it_never_came_is_told_by_the_lead_itself(self, house: House, receiver: Receiver) -> None:
        receiver.behaviour = answer(503)
        lead = house.approved(YES)
        house.attempt(lead)
        withdraw(house, lead, "product_offers")
        receiver.behaviour = answer(204)
        house.destination = NotThere(house)  # type: ignore[assignment]
        until_settled(house, lead)
        consent = no(house, lead)
        assert (consent.state, consent.last_reason) == (DeliveryState.CANCELLED, "record_not_there")
        assert lead_now(house.store, lead).state is LeadState.DELIVERED

    def test_who_had_it_and_says_that_it_is_not_there_is_left_to_a_person(self, house: House) -> None:
        lead = delivered(house, YES)
        withdraw(house, lead, "product_offers")
        house.destination = NotThere(house)  # type: ignore[assignment]
        until_settled(house, lead)
        assert no(house, lead).state is DeliveryState.REFUSED


class TestApprovingAgain:
    def test_what_was_not_taken_back_yet_stays(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house)
        reverse(house, lead)
        approve_again(house, lead)
        assert (no(house, lead).state, no(house, lead).last_reason) == (DeliveryState.CANCELLED, "approved_again")
        until_settled(house, lead)
        assert [kind for kind, _ in told(receiver)] == ["lead.upsert", "lead.upsert"]

    def test_what_was_taken_back_comes_anew_and_is_erased_anew(self, house: House, receiver: Receiver) -> None:
        lead = delivered(house)
        for again in (approve_again, reverse, approve_again, erase):
            house.clock.advance(minutes=1)
            if again is approve_again:
                reverse(house, lead) if lead_now(house.store, lead).state is LeadState.DELIVERED else None
                until_settled(house, lead)
                house.clock.advance(minutes=1)
            again(house, lead)
            until_settled(house, lead)
        names = [kind for kind, _ in told(receiver)]
        assert names == ["lead.upsert", "lead.erase", "lead.upsert", "lead.erase", "lead.upsert", "lead.erase"]


class NotThere:
    """A destination that has no record to write a no to; leads it takes."""

    def __init__(self, house: House) -> None:
        self.takes, self.name, self.recipient, self.map = house.destination, "webhook", "crm", house.destination.map

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        return self.takes.send(operation, parcel, now=now) if operation == "upsert" else Refused("record_not_there")


def go_round_only_nos(house: House, lead: Lead) -> None:
    enqueue_due(house.store, house.queue, TELL_DESTINATION, now=house.clock())
    for one in nos(house, lead):
        deliver(house.store, house.destination, one.id, one.turn, clock=house.clock)


def _queued(house: House, lead: Lead) -> Delivery:
    enqueue_due(house.store, house.queue, TELL_DESTINATION, now=house.clock())
    return no(house, lead)
