"""Approving: one commit for the lead, its delivery, the queue and the evidence; one reviewer wins; the gate decides."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.flows.approve_lead import ForwardingBlocked, LeadChanged, MoveRefused, approve_lead
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.queue import DELIVER_LEAD, Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.deliveries import Delivery, DeliveryState
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.engine import engine_holds, queue_that_loads_while_others_may_write
from tests.intake_api.kept_leads import approve, deliveries_now, kinds, lead_now


class TestApproveLead:
    """The way a reviewer's yes is written down."""

    def test_x03_one_commit_holds_state_delivery_queue_and_evidence(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        delivery = approve(store, queue, lead, now=clock.advance(minutes=1))

        assert lead_now(store, lead).state is LeadState.QUALIFIED
        assert deliveries_now(store, lead) == [delivery]
        assert (delivery.state, delivery.destination, delivery.recipient) == (DeliveryState.QUEUED, "webhook", "crm")
        assert engine_holds(store) == [(f"{DELIVER_LEAD}:{delivery.id}.1", "ENQUEUED")]
        assert kinds(store, lead)[-1] == "lead.approved"

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @pytest.mark.usefixtures("queue")
    def test_nobody_waits_while_the_engine_is_loaded(
        self, store: Store, lead: Lead, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes a second, and SQLite has one writer at a time."""
        with queue_that_loads_while_others_may_write(store, monkeypatch) as unloaded:
            approve(store, unloaded, lead, now=clock())

        assert len(engine_holds(store)) == 1

    @pytest.mark.parametrize("breaks", ["deliveries", "engine", "evidence"])
    def test_a_failure_at_any_of_the_four_writes_undoes_them_all(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock, breaks: str
    ) -> None:
        engine = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
        table = {"deliveries": "deliveries", "engine": engine, "evidence": "evidence"}[breaks]
        before = kinds(store, lead)
        with store.writing() as tx:
            tx.execute(text(f"ALTER TABLE {table} RENAME TO put_away"))

        with pytest.raises(Exception, match=r"no such table|does not exist|does not answer"):
            approve(store, queue, lead, now=clock())

        with store.writing() as tx:
            away = "dbos.put_away" if table.startswith("dbos.") else "put_away"
            tx.execute(text(f"ALTER TABLE {away} RENAME TO {table.removeprefix('dbos.')}"))
        assert lead_now(store, lead) == lead
        assert deliveries_now(store, lead) == []
        assert engine_holds(store) == []
        assert kinds(store, lead) == before

    def test_of_two_reviewers_at_once_one_wins_and_the_other_is_told(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        def decide(_: int) -> Delivery | LeadChanged:
            try:
                return approve(store, queue, lead, now=clock())
            except LeadChanged as changed:
                return changed

        with ThreadPoolExecutor(8) as reviewers:
            outcomes = list(reviewers.map(decide, range(8)))

        assert [type(one) for one in outcomes].count(Delivery) == 1
        assert len(deliveries_now(store, lead)) == len(engine_holds(store)) == 1
        assert kinds(store, lead).count("lead.approved") == 1

    def test_a_lead_on_its_way_cannot_be_approved_again(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        approve(store, queue, lead, now=clock())

        with pytest.raises(MoveRefused):
            approve(store, queue, lead_now(store, lead), now=clock())
        assert len(deliveries_now(store, lead)) == 1

    def test_x01_a_recipient_the_notice_does_not_name_gets_nothing(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        with pytest.raises(ForwardingBlocked) as blocked:
            approve(store, queue, lead, now=clock(), recipient="another_crm")

        assert [obstacle.code for obstacle in blocked.value.obstacles] == ["recipient_not_disclosed"]
        assert lead_now(store, lead) == lead
        assert deliveries_now(store, lead) == []

    def test_x01_the_screen_knows_before_the_button(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        with store.reading() as tx:
            known = judge_forwarding(tx, lead, "another_crm", now=clock())
            good = judge_forwarding(tx, lead, "crm", now=clock())

        assert [(one.code, one.says.endswith(".")) for one in known.obstacles] == [("recipient_not_disclosed", True)]
        assert good.open
        assert good.purposes == ("respond_to_request",)
        assert "email" in good.fields

    def test_a_lead_whose_time_is_over_is_not_approved(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        clock.now = lead.delete_after + timedelta(seconds=1)

        with pytest.raises(ForwardingBlocked) as blocked:
            approve(store, queue, lead, now=clock())
        assert [obstacle.code for obstacle in blocked.value.obstacles] == ["past_retention"]

    def test_g02_an_erased_person_is_not_approved(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE subjects SET wrapped_key = NULL"))

        with pytest.raises(ForwardingBlocked) as blocked:
            approve(store, queue, lead, now=clock())
        assert [obstacle.code for obstacle in blocked.value.obstacles] == ["erased"]

    def test_an_old_look_at_the_lead_does_not_decide(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        with pytest.raises(LeadChanged):
            approve_lead(
                store,
                queue,
                lead.reference,
                destination="file",
                recipient="crm",
                seen_version=lead.version - 1,
                staff_id="s" * 32,
                now=clock(),
            )

    def test_h14_the_engine_holds_ids_and_nothing_that_was_typed(
        self, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        delivery = approve(store, queue, lead, now=clock())

        table = "workflow_input" if store.url.startswith("sqlite") else "dbos.workflow_input"
        with store.reading() as tx:
            inputs = tx.execute(text(f"SELECT inputs FROM {table}")).scalar_one()  # noqa: S608
        assert inputs == f'{{"namedArgs":{{}},"positionalArgs":["{delivery.id}.1"]}}'
