"""Erasing with a receipt in hand: all is gone from every table, whoever else is at the lead at that moment."""

import threading
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.clear_mail import clear_mail
from intake_api.flows.erase_by_receipt import LeadUnknown, erase_by_receipt
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.confirmations import attempt, everything_kept, folder_desk, mails_in
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import (
    TOKEN_KEY,
    entries,
    keep_first_yes,
    keep_lead,
    lead_now,
    receipt_of,
)

MARK = "zq7f3"
MARKED = {"name": f"Zane {MARK}", "email": f"{MARK}@guest.example", "message": f"I am {MARK}"}


class TestErasing:
    def test_s08_nothing_of_what_was_sent_is_left_and_the_evidence_stands(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, settings: Settings
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), **MARKED)

        erase_by_receipt(store, receipt_of(lead), now=clock.advance(minutes=5))

        kept = everything_kept(store)
        assert MARK.encode() not in kept
        for kind in ("email", "name"):
            assert store.vault.blind(kind, MARKED[kind].split()[-1]) not in kept
        assert lead_now(store, lead).state is LeadState.ERASED
        (entry,) = entries(store, lead, "lead.erased")
        assert (entry["actor"], entry["why"]) == ("subject", "asked")
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []

    def test_again_is_the_same_answer_and_writes_nothing(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        first = erase_by_receipt(store, receipt_of(lead), now=clock())
        before = everything_kept(store)
        again = erase_by_receipt(store, receipt_of(lead), now=clock.advance(minutes=5))
        assert again == first
        assert everything_kept(store) == before

    def test_withdrawing_afterwards_is_no_mistake_and_changes_nothing(
        self, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        erase_by_receipt(store, receipt_of(lead), now=clock())
        before = everything_kept(store)
        assert withdraw_by_receipt(store, receipt_of(lead), None, now=clock()).purposes == []
        assert everything_kept(store) == before

    def test_sec45_another_receipt_erases_nothing(
        self, store: Store, lead: Lead, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        other = keep_lead(store, catalogue, now=clock())
        crossed = f"{lead.id}-{receipt_of(other).partition('-')[2]}"
        with pytest.raises(LeadUnknown):
            erase_by_receipt(store, crossed, now=clock())
        assert lead_now(store, lead).state is LeadState.NEW

    def test_the_mail_that_asked_for_a_second_yes_goes_with_it(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        lead, desk = keep_first_yes(store, queue, catalogue, now=clock()), folder_desk(tmp_path)
        attempt(store, desk, lead, clock)
        assert len(mails_in(tmp_path)) == 1
        erase_by_receipt(store, receipt_of(lead), now=clock())
        clear_mail(store, desk.mailer, now=clock())
        assert mails_in(tmp_path) == []


class TestAtTheSameMoment:
    def test_s14_what_waits_for_delivery_finds_nothing_to_send(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        erase_by_receipt(house.store, receipt_of(lead), now=house.clock())
        assert house.attempt(lead).state is DeliveryState.CANCELLED
        assert receiver.requests == []

    def test_s14_what_is_being_delivered_is_erased_and_on_the_record(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        receipt, take = receipt_of(lead), receiver.behaviour

        def erase_and_take(handler: object) -> None:
            erase_by_receipt(house.store, receipt, now=house.clock())
            take(handler)  # type: ignore[arg-type]

        receiver.behaviour = erase_and_take
        house.destination = webhook(receiver.url, time_limit=10)
        assert house.attempt(lead).state is DeliveryState.DELIVERED
        assert lead_now(house.store, lead).state is LeadState.ERASED
        assert erase_by_receipt(house.store, receipt, now=house.clock()).recipients == ["crm"]

    def test_sec40_erase_against_the_same_submission_again_never_brings_it_back(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        shown = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock())
        submission = Submission("request_demo", shown.signed_id, "en", MARKED, {}, {})
        first = submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=clock())
        outcomes: list[str] = []

        def send_again() -> None:
            try:
                outcomes.append(submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=clock.now).reference)
            except Exception as error:  # noqa: BLE001 - which one it may be, is asked below
                outcomes.append(getattr(error, "code", type(error).__name__))

        threads = [threading.Thread(target=send_again) for _ in range(5)]
        for thread in threads[:3]:
            thread.start()
        erase_by_receipt(store, first.token, now=clock.now)
        for thread in threads[3:]:
            thread.start()
        for thread in threads:
            thread.join()

        assert set(outcomes) <= {first.reference, "presentation_used"}
        assert MARK.encode() not in everything_kept(store)

    def test_sec40_erase_against_withdraw_ends_erased(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        failed: list[BaseException] = []

        def go(act: object) -> None:
            try:
                act()  # type: ignore[operator]
            except BaseException as error:  # noqa: BLE001
                failed.append(error)

        acts = [
            lambda: erase_by_receipt(store, receipt_of(lead), now=clock.now),
            lambda: withdraw_by_receipt(store, receipt_of(lead), None, now=clock.now),
        ] * 3
        threads = [threading.Thread(target=go, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert lead_now(store, lead).state is LeadState.ERASED
        assert len(entries(store, lead, "lead.erased")) == 1
