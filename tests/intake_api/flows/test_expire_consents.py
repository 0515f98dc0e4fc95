"""A yes ends by itself (C-16): at its time, everywhere, and so that everybody can see it coming."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import ForwardingBlocked
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.expire_consents import expire_consents, list_renewals
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.open_store import ready_store
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead
from intake_api.store.signer import Signer
from tests.intake_api.conftest import PUBLIC_URL, ROOT, DrivenClock
from tests.intake_api.flows.confirmations import state_of, token_of
from tests.intake_api.kept_leads import (
    approve,
    deliveries_now,
    entries,
    keep_first_yes,
    keep_lead,
    lead_now,
    receipt_of,
)

YES = {"product_offers": True}


@pytest.fixture
def short(tmp_path: Path, store: Store, settings: Settings, clock: DrivenClock) -> Catalogue:
    """A catalogue in which a yes to offers counts for three months, while all is kept for longer."""
    folder = Path(shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue"))
    purposes = (folder / "purposes.yml").read_text(encoding="utf-8")
    assert "validity: P12M" in purposes
    (folder / "purposes.yml").write_text(purposes.replace("validity: P12M", "validity: P3M"), encoding="utf-8")
    catalogue = load_catalogue(folder, PUBLIC_URL)
    ready_store(store, catalogue, settings, now=clock())
    return catalogue


@pytest.fixture
def agreed(store: Store, short: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, short, now=clock(), decisions=YES)


class TestExpiring:
    def test_c16_a_yes_ends_when_the_notice_it_was_said_to_promised(
        self, store: Store, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=92, seconds=-1)
        assert expire_consents(store, now=clock()) == 0
        assert state_of(store, agreed, "product_offers") is DecisionState.GIVEN
        assert expire_consents(store, now=clock.advance(seconds=1)) == 1
        assert state_of(store, agreed, "product_offers") is DecisionState.EXPIRED
        assert state_of(store, agreed, "respond_to_request") is DecisionState.ACTED
        (entry,) = entries(store, agreed, "consent.expired")
        assert (entry["actor"], entry["purpose"], entry["at"]) == (
            "system",
            "product_offers",
            "2027-02-21T09:00:00.000Z",
        )

    def test_c16_once_however_often_it_is_looked(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        clock.advance(days=100)
        assert [expire_consents(store, now=clock()) for _ in range(3)] == [1, 0, 0]
        assert len(entries(store, agreed, "consent.expired")) == 1

    def test_e03_the_evidence_proves_it(
        self, store: Store, agreed: Lead, clock: DrivenClock, settings: Settings
    ) -> None:
        expire_consents(store, now=clock.advance(days=100))
        signer = Signer(settings.secrets.evidence_key)
        while sequence_evidence(store, signer, settings.checkpoint_file, now=clock()):
            pass
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []

    def test_t02_the_lead_is_kept_for_what_still_lives(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        assert lead_now(store, agreed).delete_after == agreed.received_at.replace(year=2027)
        expire_consents(store, now=clock.advance(days=100))
        assert lead_now(store, agreed).delete_after == agreed.received_at.replace(year=2027, month=5)

    def test_c16_what_was_taken_back_before_does_not_expire(
        self, store: Store, agreed: Lead, clock: DrivenClock
    ) -> None:
        withdraw_by_receipt(store, receipt_of(agreed), ["product_offers"], now=clock.advance(days=1))
        assert expire_consents(store, now=clock.advance(days=120)) == 0
        assert state_of(store, agreed, "product_offers") is DecisionState.WITHDRAWN

    def test_c16_a_second_yes_counts_from_when_it_was_said(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        confirm_decision(store, token_of(store, lead), now=clock.advance(hours=5))
        clock.now = lead.received_at.replace(year=2028) + timedelta(hours=5)
        assert expire_consents(store, now=clock() - timedelta(seconds=1)) == 0
        assert expire_consents(store, now=clock()) == 1


class TestForwarding:
    def test_c16_g02_the_gate_is_closed_before_anybody_wrote_it_down(
        self, store: Store, agreed: Lead, clock: DrivenClock
    ) -> None:
        with store.reading() as tx:
            before = judge_forwarding(tx, agreed, "crm", now=clock())
            after = judge_forwarding(tx, agreed, "crm", now=clock.advance(days=100))
        assert "product_offers" in before.purposes
        assert after.purposes == ("respond_to_request",)
        assert {one.purpose: one.state for one in after.decisions}["product_offers"] is DecisionState.EXPIRED

    def test_w02_what_waits_and_nothing_else_allows_does_not_leave(
        self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock
    ) -> None:
        withdraw_by_receipt(store, receipt_of(agreed), ["respond_to_request"], now=clock())
        approve(store, queue, lead_now(store, agreed), now=clock())
        with store.writing() as tx:  # it would be erased long before, were it not approved on an hour that is moved
            tx.exec_driver_sql("UPDATE leads SET delete_after = '2029-01-01 00:00:00'")
        expire_consents(store, now=clock.advance(days=100))
        (delivery,) = deliveries_now(store, agreed)
        assert (delivery.state, delivery.last_reason) == (DeliveryState.BLOCKED, "no_living_basis")

    def test_c05_nobody_can_approve_on_it(self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock) -> None:
        withdraw_by_receipt(store, receipt_of(agreed), ["respond_to_request"], now=clock())
        with pytest.raises(ForwardingBlocked):
            approve(store, queue, lead_now(store, agreed), now=clock.advance(days=100))


class TestRenewals:
    def test_c16_are_listed_for_the_last_thirty_days(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        end = agreed.received_at.replace(year=2027, month=2)
        clock.now = end - timedelta(days=30, seconds=1)
        assert list_renewals(store, now=clock()) == []
        (due,) = list_renewals(store, now=clock.advance(seconds=1))
        assert (due.lead.reference, due.purpose, due.until) == (agreed.reference, "product_offers", end)
        clock.now = end
        assert list_renewals(store, now=clock()) == []

    def test_c16_not_of_a_yes_that_was_taken_back(self, store: Store, agreed: Lead, clock: DrivenClock) -> None:
        withdraw_by_receipt(store, receipt_of(agreed), ["product_offers"], now=clock())
        assert list_renewals(store, now=clock.advance(days=80)) == []
