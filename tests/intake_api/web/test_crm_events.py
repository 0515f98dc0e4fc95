"""What the CRM tells us: believed only if it is signed, heard once, and never a yes (SEC-33, G-04)."""

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from intake_api.app import create_public_app
from intake_api.catalogue.model import Catalogue
from intake_api.crm.port import Done, Refused
from intake_api.flows.deliver import settle
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.tidy_store import tidy_store
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.settings import Settings, SettingsError, read_settings
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.deliveries import Delivery, DeliveryRow, DeliveryState
from intake_api.store.lead_index import bounced_since
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock, random_secrets
from tests.intake_api.kept_leads import approve, deliveries_now, entries, fail, keep_lead, lead_now

PATH = "/v1/destinations/events"
KEYS = [os.urandom(32), os.urandom(32)]
OLD, NEW = ("whsec_" + base64.b64encode(key).decode() for key in KEYS)


class Crm:
    """A CRM that signs with the library of Standard Webhooks."""

    def __init__(self, client: FlaskClient, clock: DrivenClock) -> None:
        self._client, self._clock, self._last = client, clock, 0

    def signed(
        self, body: str, *, message: str = "", at: datetime | None = None, secrets: tuple[str, ...] = (NEW,)
    ) -> dict[str, str]:
        self._last += 1
        message, at = message or f"msg_{self._last}", at or self._clock()
        signatures = [Webhook(secret).sign(message, at, body) for secret in secrets]
        stamp = str(int(at.timestamp()))
        return {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}

    def post(self, body: str | bytes, headers: dict[str, str], content_type: str = "application/json") -> Any:
        return self._client.post(PATH, data=body, headers=headers, content_type=content_type)

    def says(self, kind: str, *, message: str = "", at: datetime | None = None, **data: Any) -> Any:
        body = json.dumps({"type": kind, "timestamp": "2026-11-21T09:00:00Z", "data": data})
        return self.post(body, self.signed(body, message=message, at=at))


@pytest.fixture
def app(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    told = replace(settings, destination="webhook", secrets=replace(settings.secrets, inbound_keys=tuple(KEYS)))
    return create_public_app(told, catalogue, store, clock)


@pytest.fixture
def crm(app: Flask, clock: DrivenClock) -> Crm:
    return Crm(app.test_client(), clock)


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})


def states(store: Store, lead: Lead) -> dict[str, DecisionState]:
    with store.reading() as tx:
        return {one.purpose: one.state for one in current_decisions(tx, lead.id).values()}


def yes(store: Store, lead: Lead) -> bool:
    return states(store, lead)["product_offers"] in (DecisionState.GIVEN, DecisionState.REQUESTED)


def settled(store: Store, delivery: Delivery, outcome: Done | Refused, clock: DrivenClock) -> None:
    with store.writing() as tx:
        settle(tx, delivery, outcome, None, now=clock(), jitter=0)


class TestWhoIsBelieved:
    @pytest.mark.parametrize("secrets", [(NEW,), (OLD,), (NEW, OLD)])
    def test_sec33_each_secret_in_use_signs(self, crm: Crm, store: Store, lead: Lead, secrets: tuple[str, ...]) -> None:
        body = json.dumps({"type": "unsubscribed", "data": {"lead": lead.id}})
        assert crm.post(body, crm.signed(body, secrets=secrets)).status_code == 204
        assert not yes(store, lead)

    def test_sec33_two_signatures_of_which_one_is_right(self, crm: Crm, store: Store, lead: Lead) -> None:
        body = json.dumps({"type": "unsubscribed", "data": {"lead": lead.id}})
        headers = crm.signed(body)
        wrong = f"v1a,abc v1,{'A' * 44} v1, nonsense"
        headers["webhook-signature"] = f"{wrong} {headers['webhook-signature']}"
        assert crm.post(body, headers).status_code == 204
        assert not yes(store, lead)

    @pytest.mark.parametrize(
        "changed",
        [
            {"webhook-signature": "v1," + "A" * 44},
            {"webhook-signature": ""},
            {"webhook-signature": "v1"},
            {"webhook-signature": "v2"},
            {"webhook-id": "msg_other"},
            {"webhook-id": ""},
            {"webhook-timestamp": "1795251601"},
            {"webhook-timestamp": ""},
            {"webhook-timestamp": "-1"},
            {"webhook-timestamp": "\u0661" * 10},
        ],
    )
    def test_sec33_a_bad_signature_changes_nothing(
        self, crm: Crm, store: Store, lead: Lead, changed: dict[str, str]
    ) -> None:
        body = json.dumps({"type": "unsubscribed", "data": {"lead": lead.id}})
        headers = crm.signed(body)
        if changed.get("webhook-signature") == "v2":
            changed = {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}
        answer = crm.post(body, {**headers, **changed})
        assert (answer.status_code, answer.json["code"]) == (401, "signature_invalid")
        assert yes(store, lead)

    def test_sec33_another_s_secret_is_none(self, crm: Crm, store: Store, lead: Lead) -> None:
        body = json.dumps({"type": "unsubscribed", "data": {"lead": lead.id}})
        strange = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        assert crm.post(body, crm.signed(body, secrets=(strange,))).status_code == 401
        assert yes(store, lead)

    @pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 204), (299, 204), (301, 401)])
    def test_sec33_old_and_future_messages_are_refused(
        self, crm: Crm, lead: Lead, clock: DrivenClock, seconds: int, status: int
    ) -> None:
        said = clock()
        clock.advance(seconds=-seconds)
        assert crm.says("unsubscribed", at=said, lead=lead.id).status_code == status

    def test_sec33_the_bytes_are_bound_not_what_they_mean(self, crm: Crm, store: Store, lead: Lead) -> None:
        body = json.dumps({"type": "unsubscribed", "data": {"lead": lead.id}})
        again = json.dumps(json.loads(body), separators=(",", ":"))
        assert crm.post(again, crm.signed(body)).status_code == 401
        assert yes(store, lead)

    def test_sec33_an_id_with_a_full_stop_is_refused(self, crm: Crm, store: Store, lead: Lead) -> None:
        body = json.dumps({"type": "unsubscribed", "data": {"lead": lead.id}})
        assert crm.post(body, crm.signed(body, message="msg.1")).status_code == 401
        assert yes(store, lead)

    def test_sec33_a_replayed_message_counts_once(
        self, crm: Crm, store: Store, catalogue: Catalogue, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        assert crm.says("unsubscribed", message="msg_1", lead=lead.id).status_code == 204
        written = len(entries(store, lead))
        other = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True}, email="zane@guest.example")
        tidy_store(store, queue, now=clock.advance(minutes=4))
        assert crm.says("unsubscribed", message="msg_1", lead=lead.id).status_code == 204
        assert crm.says("unsubscribed", message="msg_1", lead=other.id).status_code == 204
        assert len(entries(store, lead)) == written
        assert yes(store, other)

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_sec33_of_eight_at_once_one_counts(self, app: Flask, store: Store, lead: Lead, clock: DrivenClock) -> None:
        body = json.dumps({"type": "deleted", "data": {"lead": lead.id}})
        headers = Crm(app.test_client(), clock).signed(body)
        with ThreadPoolExecutor(8) as pool:
            said = pool.map(lambda _: Crm(app.test_client(), clock).post(body, headers).status_code, range(8))
        assert list(said) == [204] * 8
        assert len(entries(store, lead, "destination.deleted")) == 1

    def test_sec33_an_id_is_remembered_far_beyond_the_tolerance(
        self, crm: Crm, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        crm.says("unsubscribed", message="msg_1", lead=lead.id)

        def known() -> int:
            with store.reading() as tx:
                return int(tx.scalar(text("SELECT count(*) FROM inbound_messages")) or 0)

        tidy_store(store, queue, now=clock.advance(minutes=20))
        assert known() == 1
        tidy_store(store, queue, now=clock.advance(days=2))
        assert known() == 0

    def test_without_a_secret_nobody_is_listened_to(self, public: FlaskClient, clock: DrivenClock) -> None:
        answer = Crm(public, clock).says("unsubscribed", lead="l1")
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")

    @pytest.mark.parametrize("length", [0, 23, 65])
    def test_sec33_a_secret_of_the_wrong_length_stops_the_start(self, length: int) -> None:
        wrong = "whsec_" + base64.b64encode(os.urandom(length)).decode()
        for said in (wrong, f"{NEW} {wrong}", base64.b64encode(os.urandom(32)).decode()):
            with pytest.raises(SettingsError, match="VESTIBULE_INBOUND_SECRETS is not"):
                read_settings({**random_secrets(), "VESTIBULE_INBOUND_SECRETS": said}, "public")


class TestItOnlyReduces:
    @pytest.mark.parametrize(
        "body",
        [
            {"type": "subscribed", "data": {"lead": "{lead}"}},
            {"type": "consent", "data": {"lead": "{lead}", "consent": True}},
            {"type": "unsubscribed", "data": {"lead": "{lead}", "consent": True}},
            {"type": "unsubscribed", "consent": True, "data": {"lead": "{lead}"}},
        ],
    )
    def test_g04_a_signed_yes_is_refused_written_down_and_told(
        self, crm: Crm, store: Store, catalogue: Catalogue, clock: DrivenClock, body: dict[str, Any]
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": False})
        before = states(store, lead)
        written = json.dumps(body).replace("{lead}", lead.id)
        headers = crm.signed(written)
        for _ in range(2):
            answer = crm.post(written, headers)
            assert (answer.status_code, answer.json["code"]) == (403, "may_only_reduce")
        assert states(store, lead) == before
        with store.reading() as tx:
            assert tx.scalar(text("SELECT count(*) FROM evidence WHERE kind = 'destination.grant_refused'")) == 1
            assert tx.scalar(text("SELECT count(*) FROM parked_alerts WHERE told_at IS NOT NULL")) == 1

    @pytest.mark.parametrize(
        "data",
        [{}, {"lead": "l1", "reference": "VB-7K3M-Q9TD"}, {"lead": 7}, {"lead": "l1", "purposes": "newsletter"}, []],
    )
    def test_what_is_not_whole_is_told_and_may_be_said_again(
        self, crm: Crm, store: Store, lead: Lead, data: object
    ) -> None:
        body = json.dumps({"type": "unsubscribed", "data": data})
        answer = crm.post(body, crm.signed(body, message="msg_1"))
        assert (answer.status_code, answer.json["code"]) == (422, "body_invalid")
        assert crm.says("unsubscribed", message="msg_1", lead=lead.id).status_code == 204
        assert not yes(store, lead)

    @pytest.mark.parametrize("name", ["lead", "reference", "remote_id"])
    def test_nobody_learns_who_is_known(self, crm: Crm, name: str) -> None:
        for kind in ("unsubscribed", "bounced", "deleted"):
            answer = crm.says(kind, **{name: "VB-0000-0000"})
            assert (answer.status_code, answer.data) == (204, b"")


class TestUnsubscribed:
    def test_g04_ends_the_yes_in_all_leads_of_the_address_and_nothing_else(
        self, crm: Crm, store: Store, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        other = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        assert crm.says("unsubscribed", reference=lead.reference).status_code == 204
        for one in (lead, other):
            assert states(store, one)["product_offers"] is DecisionState.WITHDRAWN
            assert states(store, one)["respond_to_request"] is DecisionState.ACTED
        (entry,) = entries(store, lead, "consent.withdrawn")
        assert (entry["actor"], entry["control"]) == ("destination", "destination")

    def test_g04_of_some_purposes_ends_those(self, crm: Crm, store: Store, lead: Lead) -> None:
        assert crm.says("unsubscribed", lead=lead.id, purposes=["newsletter"]).status_code == 204
        assert yes(store, lead)
        assert crm.says("unsubscribed", lead=lead.id, purposes=["product_offers"]).status_code == 204
        assert not yes(store, lead)

    def test_g04_finds_a_lead_by_its_number_over_there(
        self, crm: Crm, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        delivery = approve(store, queue, lead, now=clock())
        with store.writing() as tx:
            tx.execute(DeliveryRow.__table__.update().values(remote_id="4711"))  # type: ignore[attr-defined]
        assert delivery.destination == "webhook"
        assert crm.says("unsubscribed", remote_id="4711").status_code == 204
        assert not yes(store, lead)


class TestBounced:
    def test_g04_marks_the_address(self, crm: Crm, store: Store, lead: Lead, clock: DrivenClock) -> None:
        before = lead_now(store, lead).delete_after
        assert crm.says("bounced", lead=lead.id).status_code == 204
        with store.reading() as tx:
            assert bounced_since(tx, lead.id) == clock()
        assert lead_now(store, lead).delete_after < before
        assert len(entries(store, lead, "destination.bounced")) == 1
        crm.says("bounced", lead=lead.id)
        assert len(entries(store, lead, "destination.bounced")) == 1


class TestDeleted:
    def test_g04_what_waits_is_held_back_and_never_makes_it_again(
        self, crm: Crm, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        approve(store, queue, lead, now=clock())
        assert crm.says("deleted", lead=lead.id).status_code == 204
        (delivery,) = deliveries_now(store, lead)
        assert (delivery.state, delivery.last_reason) == (DeliveryState.BLOCKED, "deleted_there")
        assert len(entries(store, lead, "destination.deleted")) == 1
        crm.says("deleted", lead=lead.id)
        assert len(entries(store, lead, "destination.deleted")) == 1

    def test_g04_a_no_that_finds_it_gone_is_settled(
        self, crm: Crm, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        sent = approve(store, queue, lead, now=clock())
        settled(store, sent, Done("4711"), clock)
        crm.says("deleted", lead=lead.id)
        crm.says("unsubscribed", lead=lead.id)
        (no,) = [one for one in deliveries_now(store, lead) if one.kind == "update_consent"]
        settled(store, no, Refused("record_not_there"), clock)
        (no,) = [one for one in deliveries_now(store, lead) if one.kind == "update_consent"]
        assert no.state is DeliveryState.CANCELLED

    def test_g04_what_failed_is_not_tried_again(
        self, crm: Crm, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        fail(store, queue, lead, clock)
        crm.says("deleted", lead=lead.id)
        with store.reading() as tx:
            judged = judge_forwarding(tx, lead_now(store, lead), "crm", now=clock())
        assert [one.code for one in judged.obstacles] == ["deleted_there"]
