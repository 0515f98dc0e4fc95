"""Taking back with a receipt in hand: what changes at once, what does not leave any more, and who is first."""

import hashlib
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import MoveRefused
from intake_api.flows.clear_mail import clear_mail
from intake_api.flows.confirm_decision import ConfirmationOver, confirm_decision
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.flows.withdraw_by_receipt import LeadUnknown, PurposeUnknown, TakenBack, withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.rules.retention import NOTHING_LIVES, parse_duration
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead, LeadChanged
from intake_api.store.mails import MailState
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.flows.confirmations import attempt, folder_desk, mails_in, state_of, token_of
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import (
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

YES = {"newsletter": False, "product_offers": True}


def withdraw(store: Store, lead: Lead, *purposes: str, now: datetime, words: str | None = None) -> TakenBack:
    return withdraw_by_receipt(store, receipt_of(lead), purposes or None, words=words, now=now)


@pytest.fixture
def agreed(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead that asked for a demo and said yes to offers."""
    return keep_lead(store, catalogue, now=clock(), decisions=YES)


class TestTakingBack:
    def test_w01_the_yes_is_withdrawn_with_time_and_evidence_by_the_person(
        self, store: Store, agreed: Lead, clock: DrivenClock
    ) -> None:
        done = withdraw(store, agreed, now=clock.advance(minutes=5), words="Take it back")

        assert (done.purposes, done.lives_on) == (["product_offers"], ["respond_to_request"])
        assert state_of(store, agreed, "product_offers") is DecisionState.WITHDRAWN
        assert state_of(store, agreed, "respond_to_request") is DecisionState.ACTED
        (entry,) = entries(store, agreed, "consent.withdrawn")
        assert (entry["actor"], entry["purpose"], entry["from"]) == ("subject", "product_offers", "given")
        assert entry["at"] == "2026-11-21T09:05:00.000Z"
        assert entry["label"] == hashlib.sha256(b"Take it back").hexdigest()
        assert entry["passed_on"] == []

    def test_w01_again_is_the_same_answer_and_writes_nothing(
        self, store: Store, agreed: Lead, clock: DrivenClock
    ) -> None:
        first = withdraw(store, agreed, now=clock())
        before = kinds(store, agreed), lead_now(store, agreed)
        again = withdraw(store, agreed, now=clock.advance(minutes=5))
        assert (again.purposes, again.lives_on) == (first.purposes, first.lives_on)
        assert (kinds(store, agreed), lead_now(store, agreed)) == before

    def test_r07_an_act_is_stopped_and_not_withdrawn(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        done = withdraw(store, agreed, "respond_to_request", now=clock())
        assert (done.purposes, done.lives_on) == (["respond_to_request"], ["product_offers"])
        assert state_of(store, agreed, "respond_to_request") is DecisionState.STOPPED
        assert kinds(store, agreed, "request.") == ["request.stopped"]

    def test_w03_all_of_a_request_without_a_yes_is_the_request(
        self, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        assert withdraw(store, lead, now=clock()).purposes == ["respond_to_request"]

    def test_a_no_stays_a_no(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        assert withdraw(store, agreed, "newsletter", now=clock()).purposes == []
        assert state_of(store, agreed) is DecisionState.REFUSED

    def test_a_purpose_nobody_asked_about_is_refused_and_nothing_taken_back(
        self, store: Store, agreed: Lead, clock: DrivenClock
    ) -> None:
        with pytest.raises(PurposeUnknown) as refused:
            withdraw(store, agreed, "product_offers", "loyalty_programme", now=clock())
        assert refused.value.purposes == ("loyalty_programme",)
        assert state_of(store, agreed, "product_offers") is DecisionState.GIVEN

    def test_sec45_only_its_own_receipt_opens_it(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        wrong = receipt_of(agreed)[:-1] + ("A" if receipt_of(agreed)[-1] != "A" else "B")
        for token in (wrong, "x", agreed.reference):
            with pytest.raises(LeadUnknown):
                withdraw_by_receipt(store, token, None, now=clock())

    def test_e03_the_evidence_still_stands(
        self, store: Store, agreed: Lead, clock: DrivenClock, settings: Settings
    ) -> None:
        withdraw(store, agreed, now=clock())
        withdraw(store, agreed, "respond_to_request", now=clock())
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []


class TestHowLongItIsKept:
    def test_t02_no_longer_than_what_still_lives_needs_it(
        self, store: Store, agreed: Lead, clock: DrivenClock, catalogue: Catalogue
    ) -> None:
        sent = clock()
        withdraw(store, agreed, now=clock.advance(days=30))
        assert agreed.delete_after == parse_duration("P12M").after(sent)
        assert lead_now(store, agreed).delete_after == parse_duration("P6M").after(sent)

    def test_t02_taking_back_the_shorter_one_prolongs_nothing(
        self, store: Store, agreed: Lead, clock: DrivenClock
    ) -> None:
        withdraw(store, agreed, "respond_to_request", now=clock.advance(days=30))
        assert lead_now(store, agreed).delete_after == agreed.delete_after

    def test_w07_what_nothing_allows_keeping_is_erased_within_72_hours(
        self, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        withdraw(store, lead, now=clock.advance(days=1))
        assert timedelta() < NOTHING_LIVES <= timedelta(hours=72)
        erase_expired(store, now=clock())
        assert lead_now(store, lead).state is LeadState.WITHDRAWN
        erase_expired(store, now=clock() + NOTHING_LIVES)
        assert lead_now(store, lead).state is LeadState.ERASED
        assert withdraw(store, lead, now=clock()).purposes == ["respond_to_request"]


class TestWhatWaits:
    def test_w02_a_waiting_delivery_does_not_leave(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        (queued,) = deliveries_now(house.store, lead)

        withdraw(house.store, lead, now=house.clock())

        assert house.delivery(lead).state is DeliveryState.BLOCKED
        assert lead_now(house.store, lead).state is LeadState.WITHDRAWN
        deliver(house.store, house.destination, queued.id, queued.turn, clock=house.clock)
        assert receiver.requests == []

    def test_w02_nor_one_that_waits_for_its_next_attempt(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        receiver.behaviour = answer(503)
        assert house.attempt(lead).state is DeliveryState.RETRYING
        withdraw(house.store, lead, now=house.clock())
        assert house.delivery(lead).state is DeliveryState.BLOCKED

    def test_w02_what_another_purpose_allows_goes_on_without_its_yes(self, house: House, receiver: Receiver) -> None:
        lead = house.approved(YES)
        withdraw(house.store, lead, "product_offers", now=house.clock())
        assert house.delivery(lead).state is DeliveryState.QUEUED
        assert house.attempt(lead).state is DeliveryState.DELIVERED
        (entry,) = house.entries(lead)
        assert [one["id"] for one in entry["purposes"] if one["state"] in ("acted", "given")] == ["respond_to_request"]

    def test_g01_what_had_left_before_is_noted_for_those_who_must_tell(self, house: House) -> None:
        lead = house.approved(YES)
        delivered = house.attempt(lead)
        done = withdraw(house.store, lead, now=house.clock())
        assert done.recipients == ["crm"]
        (entry,) = entries(house.store, lead, "consent.withdrawn")
        assert entry["passed_on"] == [
            {"delivery": delivered.id, "destination": "webhook", "recipient": "crm", "state": "delivered"}
        ]

    def test_x01_nobody_can_approve_it_any_more(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        withdraw(store, lead, now=clock())
        with pytest.raises(LeadChanged):
            approve(store, queue, lead, now=clock())
        with pytest.raises(MoveRefused):
            approve(store, queue, lead_now(store, lead), now=clock())

    def test_w02_the_mail_that_asks_for_the_second_yes_is_not_sent(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        withdraw(store, lead, now=clock())
        assert confirmation_of(store, lead).state is MailState.DROPPED
        attempt(store, folder_desk(tmp_path), lead, clock)
        assert mails_in(tmp_path) == []
        assert kinds(store, lead, "confirmation.") == ["confirmation.dropped"]

    def test_one_that_was_sent_confirms_nothing_any_more_and_is_cleared_away(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        desk = folder_desk(tmp_path)
        attempt(store, desk, lead, clock)
        withdraw(store, lead, now=clock())
        with pytest.raises(ConfirmationOver):
            confirm_decision(store, token_of(store, lead), now=clock())
        assert state_of(store, lead) is DecisionState.WITHDRAWN
        clear_mail(store, desk.mailer, now=clock())
        assert mails_in(tmp_path) == []

    def test_a_confirmed_yes_is_taken_back_and_its_link_gives_it_no_more(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        confirm_decision(store, token_of(store, lead), now=clock())
        withdraw(store, lead, now=clock())
        with pytest.raises(ConfirmationOver):
            confirm_decision(store, token_of(store, lead), now=clock())
        assert state_of(store, lead) is DecisionState.WITHDRAWN


class TestAtTheSameMoment:
    def test_sec40_one_of_two_withdrawals_writes(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        now, answers, failed = clock(), [], []

        def go() -> None:
            try:
                answers.append(withdraw(store, agreed, now=now).purposes)
            except BaseException as error:  # noqa: BLE001 - told below, in the thread that can fail
                failed.append(error)

        run_together(*[go] * 6)
        assert failed == []
        assert answers == [["product_offers"]] * 6
        assert kinds(store, agreed, "consent.") == ["consent.withdrawn"]

    def test_sec40_withdraw_against_deliver_ends_withdrawn_and_what_left_is_on_record(
        self, house: House, receiver: Receiver
    ) -> None:
        leads = [house.approved() for _ in range(6)]
        turns = [deliveries_now(house.store, lead)[0] for lead in leads]
        now, failed = house.clock(), []

        def deliver_all() -> None:
            try:
                for one in turns:
                    deliver(house.store, house.destination, one.id, one.turn, clock=house.clock)
            except BaseException as error:  # noqa: BLE001
                failed.append(error)

        def withdraw_all() -> None:
            try:
                for lead in reversed(leads):
                    withdraw(house.store, lead, now=now)
            except BaseException as error:  # noqa: BLE001
                failed.append(error)

        run_together(deliver_all, withdraw_all)

        assert failed == []
        left = {lead.id: house.delivery(lead).state for lead in leads}
        assert set(left.values()) <= {DeliveryState.DELIVERED, DeliveryState.BLOCKED}
        assert len(receiver.requests) == list(left.values()).count(DeliveryState.DELIVERED)
        for lead in leads:
            assert state_of(house.store, lead, "respond_to_request") is DecisionState.STOPPED
            (stopped,) = entries(house.store, lead, "request.stopped")
            delivered = kinds(house.store, lead, "delivery.")
            assert bool(stopped["passed_on"]) <= ("delivery.delivered" in delivered)
            told = ["delivery.untold"] * (len(delivered) - 1)  # only whoever had it
            assert sorted(delivered) in (["delivery.delivered", *told], ["delivery.blocked"])


def run_together(*acts: object) -> None:
    """Run acts in threads that begin at the same moment."""
    gate = threading.Barrier(len(acts))

    def begin(act: object) -> None:
        gate.wait()
        act()  # type: ignore[operator]

    threads = [threading.Thread(target=begin, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
