"""The second yes, the "this was not me", and what happens when neither comes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.crm.json_lines import JsonLinesFile
from intake_api.flows.confirm_decision import ConfirmationOver, ConfirmationUnknown, confirm_decision
from intake_api.flows.deliver import deliver
from intake_api.flows.disown_decision import disown_decision
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.read_lead import read_lead
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.show_receipt import LeadUnknown, show_receipt
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import MOVES, LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.decisions import list_decisions
from intake_api.store.deliveries import DeliveryState
from intake_api.store.lead_lists import Wanted, list_leads
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from intake_api.store.signer import Signer
from intake_api.store.subjects import SubjectErased
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import (
    ToldMailer,
    attempt,
    desk_of,
    everything_kept,
    state_of,
    token_of,
)
from tests.intake_api.kept_leads import (
    FIELDS,
    approve,
    confirmation_of,
    deliveries_now,
    entries,
    keep_first_yes,
    keep_lead,
    lead_now,
)

NEWS = {"newsletter": True}


@pytest.fixture
def asked(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead that is nothing but a first yes, its mail sent."""
    lead = keep_first_yes(store, queue, catalogue, now=clock(), email="anna.sweep@guest.example")
    attempt(store, desk_of(ToldMailer()), lead, clock)
    return lead


@pytest.fixture
def demo(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead that asked for a demo and said a first yes to the newsletter."""
    return keep_lead(store, catalogue, now=clock(), decisions=NEWS)


class TestC12TheSecondYes:
    def test_it_is_a_second_event_with_its_own_proof(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        confirm_decision(store, token_of(store, asked), now=clock.advance(hours=71))

        with store.reading() as tx:
            first, second = list_decisions(tx, asked.id)
        (entry,) = entries(store, asked, "consent.")
        assert (first.state, second.state) == (DecisionState.REQUESTED, DecisionState.GIVEN)
        assert (second.decided_at, second.evidence_entry, second.control) == (clock(), entry["id"], "confirmation")
        assert second.label_hash != first.label_hash
        assert (entry["kind"], entry["actor"], entry["purpose"]) == ("consent.confirmed", "subject", "newsletter")
        assert (entry["first"], entry["label"]) == (first.evidence_entry, second.label_hash)

    def test_t02_from_then_on_the_lead_is_kept_for_what_is_alive(
        self, store: Store, asked: Lead, clock: DrivenClock
    ) -> None:
        assert asked.delete_after - asked.received_at == timedelta(days=7)

        confirm_decision(store, token_of(store, asked), now=clock.advance(days=1))

        assert timedelta(days=725) < lead_now(store, asked).delete_after - clock() < timedelta(days=735)

    def test_c13_again_changes_nothing(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        token = token_of(store, asked)
        confirm_decision(store, token, now=clock())
        before = everything_of(store, asked)

        confirm_decision(store, token, now=clock.advance(hours=1))
        confirm_decision(store, token, now=clock.advance(days=30))

        assert everything_of(store, asked) == before

    def test_eight_at_once_are_one(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        token = token_of(store, asked)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: confirm_decision(store, token, now=clock()), range(8)))

        assert len(entries(store, asked, "consent.confirmed")) == 1

    def test_after_72_hours_it_is_too_late(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        with pytest.raises(ConfirmationOver):
            confirm_decision(store, token_of(store, asked), now=clock.advance(hours=72))

        assert state_of(store, asked) is DecisionState.REQUESTED

    def test_sec45_a_token_opens_only_what_it_is_for(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        for token in ("", "x", f"{asked.id}-{'a' * 32}", f"{confirmation_of(store, asked).id}-{'a' * 32}"):
            with pytest.raises(ConfirmationUnknown):
                confirm_decision(store, token, now=clock())
        with pytest.raises(LeadUnknown):
            show_receipt(store, token_of(store, asked))

        assert state_of(store, asked) is DecisionState.REQUESTED


class TestTheGate:
    """X-01, C-12: a first yes lets nothing out."""

    def test_a_first_yes_alone_may_not_go(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        with store.reading() as tx:
            judged = judge_forwarding(tx, asked, "crm", now=clock())
        assert [one.code for one in judged.obstacles] == ["confirmation_missing"]
        assert (judged.purposes, judged.fields) == ((), ())

        confirm_decision(store, token_of(store, asked), now=clock())

        with store.reading() as tx:
            judged = judge_forwarding(tx, lead_now(store, asked), "crm", now=clock())
        assert (judged.open, judged.purposes, judged.fields) == (True, ("newsletter",), ("email",))

    def test_beside_another_purpose_it_does_not_travel_as_a_yes(
        self, store: Store, demo: Lead, clock: DrivenClock
    ) -> None:
        with store.reading() as tx:
            judged = judge_forwarding(tx, demo, "crm", now=clock())

        assert judged.purposes == ("respond_to_request",)
        told = {one.purpose: one.state for one in judged.decisions}
        assert told["newsletter"] is DecisionState.REQUESTED


class TestC14ThisWasNotMe:
    def test_it_erases_at_once_and_the_proof_stays(
        self, store: Store, asked: Lead, settings: Settings, clock: DrivenClock
    ) -> None:
        disown_decision(store, token_of(store, asked), now=clock.advance(minutes=5))

        erased = lead_now(store, asked)
        assert (erased.state, erased.score_lines, erased.attribution) == (LeadState.ERASED, [], {})
        assert state_of(store, asked) is DecisionState.REFUSED
        assert {one["kind"] for one in entries(store, asked)[-2:]} == {"consent.disowned", "lead.erased"}
        with pytest.raises(SubjectErased):
            read_lead(store, asked.reference, actor="operator", why="test", now=clock())
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM lead_index")) == 0
            assert tx.scalar(text("SELECT COUNT(*) FROM subjects WHERE wrapped_key IS NOT NULL")) == 0
            assert tx.scalar(text("SELECT MAX(LENGTH(sealed) + LENGTH(content_mac)) FROM leads")) == 0
        kept = everything_kept(store)
        assert b"anna.sweep" not in kept
        assert store.vault.blind("email", "anna.sweep@guest.example") not in kept
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).ok

    def test_again_is_no_harm_and_a_yes_comes_too_late(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        token = token_of(store, asked)
        disown_decision(store, token, now=clock())
        before = everything_of(store, asked)

        disown_decision(store, token, now=clock.advance(hours=1))
        with pytest.raises(ConfirmationOver):
            confirm_decision(store, token, now=clock())

        assert everything_of(store, asked) == before

    def test_it_is_believed_after_the_yes_has_timed_out_too(
        self, store: Store, asked: Lead, clock: DrivenClock
    ) -> None:
        disown_decision(store, token_of(store, asked), now=clock.advance(days=5))

        assert lead_now(store, asked).state is LeadState.ERASED

    def test_it_takes_back_a_yes_that_somebody_pressed_before(
        self, store: Store, asked: Lead, clock: DrivenClock
    ) -> None:
        confirm_decision(store, token_of(store, asked), now=clock())
        disown_decision(store, token_of(store, asked), now=clock.advance(hours=1))

        assert state_of(store, asked) is DecisionState.WITHDRAWN
        assert lead_now(store, asked).state is LeadState.ERASED

    def test_three_days_after_a_yes_the_link_is_spent(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        confirm_decision(store, token_of(store, asked), now=clock())

        with pytest.raises(ConfirmationOver):
            disown_decision(store, token_of(store, asked), now=clock.advance(hours=72))
        assert state_of(store, asked) is DecisionState.GIVEN

    def test_what_waits_in_queues_does_not_leave(
        self, store: Store, queue: Queue, demo: Lead, settings: Settings, clock: DrivenClock
    ) -> None:
        destination, mailer = JsonLinesFile(settings.destination_file, "crm"), ToldMailer()
        approve(store, queue, demo, now=clock(), destination=destination.name)
        disown_decision(store, token_of(store, demo), now=clock())

        (delivery,) = deliveries_now(store, demo)
        deliver(store, destination, delivery.id, delivery.turn, clock=clock)

        assert attempt(store, desk_of(mailer), demo, clock).state is MailState.DROPPED
        assert deliveries_now(store, demo)[0].state is DeliveryState.CANCELLED
        assert mailer.mails == []
        assert not settings.destination_file.exists()

    def test_nothing_moves_an_erased_lead_and_no_list_of_all_shows_it(
        self, store: Store, asked: Lead, demo: Lead, clock: DrivenClock
    ) -> None:
        disown_decision(store, token_of(store, asked), now=clock())

        assert not [act for state, act in MOVES if state is LeadState.ERASED]
        with store.reading() as tx:
            shown = list_leads(tx, Wanted(states=tuple(state for state in LeadState if state is not LeadState.ERASED)))
        assert [lead.id for lead in shown] == [demo.id]


class TestC12NobodyConfirmed:
    def test_after_a_week_a_lead_that_was_nothing_else_is_erased(
        self, store: Store, asked: Lead, clock: DrivenClock
    ) -> None:
        assert expire_unconfirmed(store, now=clock.advance(days=7, seconds=-1)) == 0
        assert lead_now(store, asked).state is LeadState.NEW

        assert expire_unconfirmed(store, now=clock.advance(seconds=1)) == 1

        assert lead_now(store, asked).state is LeadState.ERASED
        assert state_of(store, asked) is DecisionState.REFUSED
        assert {one["kind"] for one in entries(store, asked)[-2:]} == {"consent.unconfirmed", "lead.erased"}
        assert b"anna.sweep" not in everything_kept(store)
        assert expire_unconfirmed(store, now=clock()) == 0

    def test_a_lead_that_asked_for_something_else_stays(self, store: Store, demo: Lead, clock: DrivenClock) -> None:
        assert expire_unconfirmed(store, now=clock.advance(days=8)) == 1

        whole = read_lead(store, demo.reference, actor="operator", why="test", now=clock())
        assert whole.values["email"] == FIELDS["email"]
        assert lead_now(store, demo) == demo
        assert state_of(store, demo) is DecisionState.REFUSED
        assert state_of(store, demo, "respond_to_request") is DecisionState.ACTED

    def test_a_second_yes_stays_a_yes(self, store: Store, asked: Lead, clock: DrivenClock) -> None:
        confirm_decision(store, token_of(store, asked), now=clock())

        assert expire_unconfirmed(store, now=clock.advance(days=30)) == 0
        assert state_of(store, asked) is DecisionState.GIVEN

    def test_the_link_is_over_then(self, store: Store, asked: Lead, demo: Lead, clock: DrivenClock) -> None:
        expire_unconfirmed(store, now=clock.advance(days=7))

        for lead in (asked, demo):
            with pytest.raises(ConfirmationOver):
                confirm_decision(store, token_of(store, lead), now=clock())
        with pytest.raises(ConfirmationOver):
            disown_decision(store, token_of(store, demo), now=clock())

    def test_two_workers_end_each_once(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_first_yes(store, queue, catalogue, now=clock()) for _ in range(12)]
        clock.advance(days=7)

        with ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(lambda _: expire_unconfirmed(store, now=clock()), range(3)))

        assert sum(ended) == 12
        assert all(len(entries(store, lead, "lead.erased")) == 1 for lead in leads)


def everything_of(store: Store, lead: Lead) -> tuple[object, ...]:
    with store.reading() as tx:
        return (lead_now(store, lead), list_decisions(tx, lead.id), confirmation_of(store, lead), entries(store, lead))
