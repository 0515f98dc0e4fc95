"""One delivery from approval to its end, attempt by attempt, with real destinations and a driven clock."""

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.crm.json_lines import JsonLinesFile
from intake_api.crm.port import Done, Operation, Outcome, Parcel, Retry
from intake_api.flows.deliver import deliver
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.mend_deliveries import mend_deliveries
from intake_api.flows.resume_deliveries import NotPaused, resume_deliveries
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import DELIVER_LEAD
from intake_api.rules.consent import DecisionState
from intake_api.rules.field_map import AS_HERE, FieldMap
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.destinations import list_pauses
from intake_api.store.leads import Lead, get_lead, move_lead
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.engine import engine_holds
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, approve, deliveries_now, keep_lead, kinds, lead_now


def keep_submission(house: House, form: str, fields: dict[str, str | int]) -> Lead:
    """Submit a form on a page in English."""
    shown = show_form(house.store, house.catalogue, TOKEN_KEY, form, "en", "page", now=house.clock())
    submission = Submission(form, shown.signed_id, "en", fields, {}, {})
    receipt = submit_lead(house.store, house.queue, house.catalogue, TOKEN_KEY, submission, now=house.clock())
    with house.store.reading() as tx:
        return get_lead(tx, receipt.reference)


class TestDelivering:
    """The good way."""

    def test_x04_a_delivered_lead_says_so_and_the_transfer_is_evidence(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()

        delivery = house.attempt(lead)

        assert (delivery.state, delivery.attempts, delivery.last_outcome) == (DeliveryState.DELIVERED, 1, "done")
        assert (delivery.last_status, delivery.last_at) == (204, house.clock())
        assert lead_now(house.store, lead).state is LeadState.DELIVERED
        assert receiver.ids() == [delivery.id]
        (entry,) = house.entries(lead)
        assert entry["kind"] == "delivery.delivered"
        assert (entry["recipient"], entry["outcome"], entry["delivery"]) == ("crm", "done", delivery.id)
        assert entry["fields"] == ["company", "email", "message", "name"]
        assert not any(str(value) in json.dumps(entry, ensure_ascii=False) for value in FIELDS.values())

    def test_x02_only_fields_of_agreed_purposes_travel_and_every_decision_is_told(
        self, house: House, receiver: Receiver
    ) -> None:
        lead = house.approved(decisions={"product_offers": True, "newsletter": False})

        house.attempt(lead)

        data = json.loads(receiver.requests[0].body)["data"]
        assert set(data["fields"]) == {"name", "email", "company", "message"}
        assert {one["id"]: one["state"] for one in data["purposes"]} == {
            "respond_to_request": "acted",
            "newsletter": "refused",
            "product_offers": "given",
        }
        assert data["notice"] == lead.notice_hash
        assert data["reference"] == lead.reference
        assert data["purposes"][0]["basis"] == "A6-1-b-enter-into-contract"
        assert all(one["evidence"] and one["decided_at"] for one in data["purposes"])

    def test_x02_x04_what_the_map_does_not_name_stays_here(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        named = FieldMap({"name": "contact_name", "email": "email_from"}, {"request_demo": {"email": "x_email"}})
        house.destination = webhook(receiver.url, named=named)
        house.attempt(lead)
        fields = json.loads(receiver.requests[0].body)["data"]["fields"]
        assert set(fields) == {"contact_name", "x_email"}
        assert house.entries(lead)[-1]["fields"] == ["contact_name", "x_email"]

    def test_feedback_without_a_name_or_a_contact_goes_its_whole_way(self, house: House, receiver: Receiver) -> None:
        lead = keep_submission(house, "feedback", {"rating": 4, "comment": "Too many clicks."})
        approve(house.store, house.queue, lead, now=house.clock())

        delivery = house.attempt(lead)

        assert delivery.state is DeliveryState.DELIVERED
        data = json.loads(receiver.requests[0].body)["data"]
        assert data["fields"] == {"rating": 4, "comment": "Too many clicks."}
        assert [(one["id"], one["basis"], one["state"]) for one in data["purposes"]] == [
            ("learn_from_feedback", "A6-1-f-controller", "acted")
        ]

    def test_no_transaction_is_open_while_the_other_side_is_called(self, house: House, store: Store) -> None:
        lead = house.approved()
        others = keep_lead(store, house.catalogue, now=house.clock())

        class Writer:
            """A destination that, while it is called, finds the database free for a writer."""

            name, recipient, map = "webhook", "crm", AS_HERE

            def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
                with store.writing() as tx:
                    tx.execute(text("UPDATE leads SET score = score WHERE id = :id"), {"id": others.id})
                    tx.execute(
                        text("UPDATE deliveries SET attempts = attempts WHERE id = :id"), {"id": parcel.delivery}
                    )
                return Done()

        (delivery,) = deliveries_now(store, lead)
        deliver(store, Writer(), delivery.id, 1, clock=house.clock)

        assert house.delivery(lead).state is DeliveryState.DELIVERED

    def test_an_attempt_of_an_older_turn_does_nothing(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        delivery = house.delivery(lead)
        house.attempt(lead)

        deliver(house.store, house.destination, delivery.id, 1, clock=house.clock)
        deliver(house.store, house.destination, delivery.id, 7, clock=house.clock)

        assert len(receiver.requests) == 1

    def test_an_attempt_that_was_interrupted_is_made_again_with_the_same_id(
        self, house: House, receiver: Receiver
    ) -> None:
        lead = house.approved()
        with house.store.writing() as tx:
            tx.execute(text("UPDATE deliveries SET state = 'sending', attempts = 1, claim = 'of a dead worker'"))

        delivery = house.attempt(lead)

        assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)
        assert receiver.ids() == [delivery.id]

    def test_what_an_outrun_worker_reports_is_not_written(self, house: House) -> None:
        lead = house.approved()
        (delivery,) = deliveries_now(house.store, lead)

        class Slow:
            """A destination so slow that another worker takes the delivery over and has it delivered meanwhile."""

            name, recipient, map = "webhook", "crm", AS_HERE

            def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
                deliver(house.store, house.destination, delivery.id, 1, clock=house.clock)
                return Retry("too_slow")

        deliver(house.store, Slow(), delivery.id, 1, clock=house.clock)

        assert house.delivery(lead).state is DeliveryState.DELIVERED
        assert kinds(house.store, lead, "delivery.") == ["delivery.delivered"]


class TestFailing:
    """The other ways."""

    def test_g01_a_destination_that_is_down_is_tried_for_75_hours_then_given_up(
        self, house: House, receiver: Receiver
    ) -> None:
        receiver.behaviour = answer(503)
        lead = house.approved()
        began = house.clock()
        while (delivery := house.attempt(lead)).state is DeliveryState.RETRYING:
            assert delivery.next_attempt_at
            house.clock.now = delivery.next_attempt_at
            assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock()) == 1

        assert (delivery.state, delivery.attempts, delivery.last_outcome) == (DeliveryState.GIVEN_UP, 10, "retry")
        assert delivery.last_status == 503
        assert timedelta(hours=75, minutes=35) <= house.clock() - began <= timedelta(hours=75, minutes=35) * 1.1
        assert lead_now(house.store, lead).state is LeadState.DELIVERY_FAILED
        assert receiver.ids() == [delivery.id] * 10

    def test_g01_down_for_three_days_then_delivered(self, house: House, receiver: Receiver) -> None:
        receiver.behaviour = receiver.hang
        lead = house.approved()
        began = house.clock()
        while (delivery := house.attempt(lead)).state is DeliveryState.RETRYING:
            assert delivery.next_attempt_at
            house.clock.now = delivery.next_attempt_at
            enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock())
            if house.clock() - began > timedelta(days=2):
                receiver.behaviour = answer(200)

        assert delivery.state is DeliveryState.DELIVERED
        assert set(receiver.ids()) == {delivery.id}

    def test_nothing_is_tried_before_its_time(self, house: House, receiver: Receiver) -> None:
        receiver.behaviour = answer(429, Retry_After="3600")
        lead = house.approved()
        delivery = house.attempt(lead)

        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock.advance(minutes=59)) == 0
        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock.advance(minutes=8)) == 1
        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock()) == 0
        assert delivery.last_reason == "asked_to_wait"
        assert [name for name, _ in engine_holds(house.store)] == [
            f"{DELIVER_LEAD}:{delivery.id}.1",
            f"{DELIVER_LEAD}:{delivery.id}.2",
        ]

    @pytest.mark.parametrize(
        ("status", "state", "outcome", "lead_state"),
        [
            (422, DeliveryState.REFUSED, "refused", LeadState.DELIVERY_FAILED),
            (400, DeliveryState.REFUSED, "refused", LeadState.DELIVERY_FAILED),
            (500, DeliveryState.RETRYING, "retry", LeadState.QUALIFIED),
            (429, DeliveryState.RETRYING, "retry", LeadState.QUALIFIED),
            (302, DeliveryState.RETRYING, "unknown", LeadState.QUALIFIED),
            (410, DeliveryState.RETRYING, "gone", LeadState.QUALIFIED),
            (401, DeliveryState.RETRYING, "not_allowed_in", LeadState.QUALIFIED),
        ],
    )
    def test_each_class_of_answer_leaves_its_state(
        self, house: House, receiver: Receiver, status: int, state: DeliveryState, outcome: str, lead_state: LeadState
    ) -> None:
        receiver.behaviour = answer(status, Location=receiver.url)
        lead = house.approved()

        delivery = house.attempt(lead)

        assert (delivery.state, delivery.last_outcome, delivery.last_status) == (state, outcome, status)
        assert lead_now(house.store, lead).state is lead_state
        assert len(receiver.requests) == 1

    def test_what_one_was_asked_to_wait_for_the_others_wait_for_too_and_are_not_counted_as_tried(
        self, house: House, receiver: Receiver
    ) -> None:
        receiver.behaviour = answer(429, Retry_After="60")
        first, second = house.approved(), house.approved()
        house.attempt(first)
        waiting = house.attempt(second)

        assert (waiting.state, waiting.last_reason, waiting.attempts) == (DeliveryState.RETRYING, "asked_to_wait", 0)
        assert waiting.next_attempt_at == house.clock() + timedelta(seconds=60)
        assert len(receiver.requests) == 1

        receiver.behaviour = answer(200)
        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock.advance(seconds=59)) == 0
        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock.advance(seconds=8)) == 2
        assert {house.attempt(lead).state for lead in (first, second)} == {DeliveryState.DELIVERED}

    def test_a_fault_of_one_delivery_holds_up_no_other(self, house: House, receiver: Receiver) -> None:
        receiver.behaviour = answer(503, Retry_After="60")
        first, second = house.approved(), house.approved()
        house.attempt(first)
        receiver.behaviour = answer(200)
        assert house.attempt(second).state is DeliveryState.DELIVERED

    @pytest.mark.parametrize(("status", "reason"), [(410, "address_gone"), (403, "credential_refused")])
    def test_a_destination_that_takes_nothing_is_stopped_and_resumes_without_loss(
        self, house: House, receiver: Receiver, status: int, reason: str
    ) -> None:
        receiver.behaviour = answer(status)
        first, second = house.approved(), house.approved()
        house.attempt(first)
        waiting = house.attempt(second)

        with house.store.reading() as tx:
            (pause,) = list_pauses(tx)
        assert (pause.name, pause.reason, pause.delivery_id) == ("webhook", reason, house.delivery(first).id)
        assert (waiting.state, waiting.last_reason, waiting.attempts) == (
            DeliveryState.RETRYING,
            "destination_paused",
            0,
        )
        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock.advance(days=30)) == 0
        assert len(receiver.requests) == 1

        receiver.behaviour = answer(200)
        resume_deliveries(house.store, "webhook", actor="operator", now=house.clock())
        assert enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock()) == 2
        assert {house.attempt(lead).state for lead in (first, second)} == {DeliveryState.DELIVERED}
        with pytest.raises(NotPaused):
            resume_deliveries(house.store, "webhook", actor="operator", now=house.clock())

    @pytest.mark.parametrize("broke_down", ["state = 'sending', attempts = attempts + 1", "state = 'queued'"])
    def test_an_attempt_that_broke_down_in_our_house_is_mended_and_capped(
        self, house: House, caplog: pytest.LogCaptureFixture, broke_down: str
    ) -> None:
        """Whether it broke after its claim or before."""
        lead = house.approved()
        table = "workflow_status" if house.store.url.startswith("sqlite") else "dbos.workflow_status"
        mended, waits = 0, []
        with caplog.at_level(logging.INFO):
            while (delivery := house.delivery(lead)).state is not DeliveryState.GIVEN_UP:
                with house.store.writing() as tx:
                    tx.execute(text(f"UPDATE deliveries SET {broke_down}"))  # noqa: S608
                    tx.execute(text(f"UPDATE {table} SET status = 'ERROR'"))  # noqa: S608
                mended += mend_deliveries(house.store, house.queue, now=house.clock())
                if due := house.delivery(lead).next_attempt_at:
                    waits.append(due - house.clock.now)
                    house.clock.now = due
                    enqueue_due(house.store, house.queue, DELIVER_LEAD, now=house.clock())

        assert (mended, delivery.last_outcome, delivery.last_reason) == (6, "unknown", "internal_error")
        assert timedelta(0) < waits[0] < timedelta(minutes=1)  # the schedule begins at its beginning
        assert engine_holds(house.store) == []
        assert lead_now(house.store, lead).state is LeadState.DELIVERY_FAILED


class TestG02TheStateIsReadAgainRightBeforeSending:
    """What changed since the approval counts."""

    def test_what_was_withdrawn_meanwhile_does_not_leave(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        with house.store.writing() as tx:
            tx.execute(text("UPDATE decisions SET state = :state"), {"state": DecisionState.WITHDRAWN})

        delivery = house.attempt(lead)

        assert (delivery.state, delivery.last_reason) == (DeliveryState.BLOCKED, "no_living_basis")
        assert receiver.requests == []
        assert lead_now(house.store, lead).state is LeadState.DELIVERY_FAILED
        assert kinds(house.store, lead, "delivery.") == ["delivery.blocked"]

    def test_an_erased_person_does_not_leave(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        with house.store.writing() as tx:
            tx.execute(text("UPDATE subjects SET wrapped_key = NULL"))

        assert house.attempt(lead).last_reason == "erased"
        assert receiver.requests == []

    def test_a_lead_that_is_not_approved_any_more_is_cancelled(self, house: House, receiver: Receiver) -> None:
        lead = house.approved()
        with house.store.writing() as tx:
            move_lead(tx, lead_now(house.store, lead), LeadState.DECLINED, now=house.clock())

        assert house.attempt(lead).state is DeliveryState.CANCELLED
        assert receiver.requests == []
        assert lead_now(house.store, lead).state is LeadState.DECLINED

    def test_another_destination_than_the_approved_one_gets_nothing(
        self, house: House, receiver: Receiver, tmp_path: Path
    ) -> None:
        lead = house.approved()
        (delivery,) = deliveries_now(house.store, lead)

        deliver(house.store, JsonLinesFile(tmp_path / "x.jsonl", "crm"), delivery.id, 1, clock=house.clock)

        assert house.delivery(lead).last_reason == "destination_not_configured"
        assert not (tmp_path / "x.jsonl").exists()


class TestSec53TheOtherSideIsNotTrusted:
    """Its words stay outside."""

    @pytest.mark.parametrize("remote_id", ["<script>", "a" * 201, "id\nwith a line", "Jānis", "ok-17"])
    def test_an_id_is_kept_only_if_it_is_one(self, house: House, remote_id: str) -> None:
        lead = house.approved()
        (delivery,) = deliveries_now(house.store, lead)

        class Talking:
            name, recipient, map = "webhook", "crm", AS_HERE

            def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
                return Done(remote_id)

        deliver(house.store, Talking(), delivery.id, 1, clock=house.clock)

        assert house.delivery(lead).remote_id == (remote_id if remote_id == "ok-17" else None)

    def test_nothing_it_says_reaches_store_or_log(
        self, house: House, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        receiver.behaviour = answer(422, Retry_After="REMOTE-TEXT-NOT-TO-BE-SHOWN")
        lead = house.approved()

        with caplog.at_level(logging.DEBUG):
            house.attempt(lead)

        assert "delivery.refused" in caplog.text
        assert "REMOTE-TEXT" not in caplog.text
        assert not any(str(value) in caplog.text for value in FIELDS.values())
        assert "REMOTE-TEXT" not in repr(house.delivery(lead)) + repr(house.entries(lead))
