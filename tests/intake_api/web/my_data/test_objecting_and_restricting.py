"""Objecting, which stops without weighing (S-11, W-08), and restricting, which keeps and does nothing else (S-10)."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import LeadRestricted, approve_lead
from intake_api.flows.check_permission import Question, check_permission
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.read_lead import read_lead
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.deliveries import list_deliveries
from intake_api.store.lead_counts import count_by_state
from intake_api.store.lead_lists import list_leads, list_restricted
from intake_api.store.leads import get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.web.html import read_page
from tests.intake_api.web.my_data.asker import EMAIL, STRANGER, Send, press, states


@pytest.fixture
def rated(public: FlaskClient) -> Any:
    """Give feedback, which rests on an interest of the company."""

    def rate() -> str:
        form = public.get("/v1/forms/feedback").json
        assert form
        body = {"presentation": form["presentation"]["id"], "locale": "en", "fields": {"rating": 3, "email": EMAIL}}
        answer = public.post("/v1/forms/feedback/submissions", json=body)
        assert answer.json
        return str(answer.json["reference"])

    return rate


class TestObjecting:
    def test_s11_w08_stops_advertising_and_what_is_in_our_interest_at_once(
        self, public: FlaskClient, send: Send, rated: Any, link: Any, store: Store
    ) -> None:
        first, second, other = send(decisions={"product_offers": True}), rated(), send(email=STRANGER)
        path = link("objection")
        listed = read_page(public.get(path).text).all("li")
        named = {one.get("data-purpose") for one in listed if one.get("data-purpose")}
        assert named == {"product_offers", "learn_from_feedback"}
        done = press(public, path)
        assert read_page(done.text).one("div", data_done="objection")
        told = states(store, first, second, other)
        assert told[0] == {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "withdrawn"}
        assert told[1]["learn_from_feedback"] == "stopped"
        assert told[2]["respond_to_request"] == "acted"

    def test_w08_asks_for_no_reason_and_looking_changes_nothing(
        self, public: FlaskClient, send: Send, link: Any, store: Store
    ) -> None:
        reference = send(decisions={"product_offers": True})
        path = link("objection")
        page = read_page(public.get(path).text)
        assert page.all("textarea") == []
        assert [one.get("type") for one in page.all("input")] == []
        assert states(store, reference)[0]["product_offers"] == "given"

    def test_says_so_when_there_is_nothing_to_object_to(self, public: FlaskClient, send: Send, link: Any) -> None:
        send()
        assert read_page(public.get(link("objection")).text).all("form") == []


@pytest.fixture
def restricted(public: FlaskClient, send: Send, link: Any) -> str:
    """A lead with a yes to offers whose person had it restricted."""
    reference = send(decisions={"product_offers": True})
    path = link("restriction")
    assert reference in public.get(path).text
    assert read_page(press(public, path, "which=restrict").text).one("div", data_done="restriction")
    return reference


class TestRestricting:
    def test_s10_it_is_out_of_the_queue_and_of_every_count(self, store: Store, send: Send, restricted: str) -> None:
        other = send(email=STRANGER)
        with store.reading() as tx:
            assert [lead.reference for lead in list_leads(tx)] == [other]
            assert sum(count_by_state(tx).values()) == 1
            assert [lead.reference for lead in list_restricted(tx)] == [restricted]

    def test_s10_nobody_opens_approves_or_declines_it(
        self, store: Store, queue: Queue, restricted: str, clock: DrivenClock
    ) -> None:
        with store.reading() as tx:
            seen = get_lead(tx, restricted).version
        staff: Any = {"seen_version": seen, "staff_id": "5" * 32, "now": clock()}
        with pytest.raises(LeadRestricted):
            read_lead(store, restricted, actor=f"staff:{'5' * 32}", why="review", now=clock())
        with pytest.raises(LeadRestricted):
            approve_lead(store, queue, restricted, destination="webhook", recipient="crm", **staff)
        with pytest.raises(LeadRestricted):
            decline_lead(store, restricted, reason="duplicate", **staff)

    def test_s10_what_waits_does_not_leave(
        self,
        public: FlaskClient,
        store: Store,
        queue: Queue,
        send: Send,
        link: Any,
        clock: DrivenClock,
        receiver: Receiver,
    ) -> None:
        reference = send()
        with store.reading() as tx:
            lead = get_lead(tx, reference)
        staff: Any = {"seen_version": lead.version, "staff_id": "5" * 32, "now": clock()}
        made = approve_lead(store, queue, reference, destination="webhook", recipient="crm", **staff)
        press(public, link("restriction"))
        deliver(store, webhook(receiver.url), made.id, made.turn, clock=clock)
        assert receiver.requests == []
        with store.reading() as tx:
            (delivery,) = list_deliveries(tx, lead.id)
        assert (delivery.state.value, delivery.last_reason) == ("blocked", "restricted")

    def test_s10_c21_nobody_may_be_written_to(
        self, store: Store, catalogue: Catalogue, restricted: str, clock: DrivenClock
    ) -> None:
        question = Question("email", EMAIL, "product_offers", "email")
        told = check_permission(store, catalogue, question, now=clock()).permission
        assert (told.allowed, told.reason) == (False, "restricted")

    def test_t07_it_is_not_erased_before_its_day_and_is_after_it(
        self, store: Store, restricted: str, clock: DrivenClock
    ) -> None:
        with store.reading() as tx:
            until = get_lead(tx, restricted).restricted_until
        assert until == clock().replace(year=2027)
        with store.writing() as tx:
            tx.exec_driver_sql("UPDATE leads SET delete_after = '2026-12-01 00:00:00'")
        assert erase_expired(store, now=until - timedelta(seconds=1)) == 0
        assert erase_expired(store, now=until) == 1

    def test_s10_the_person_ends_it_and_everything_is_as_before(
        self, public: FlaskClient, link: Any, store: Store, catalogue: Catalogue, restricted: str, clock: DrivenClock
    ) -> None:
        path = link("restriction")
        assert [one.get("value") for one in read_page(public.get(path).text).all("button")] == ["lift"]
        assert read_page(press(public, path, "which=lift").text).one("div", data_done="lift")
        with store.reading() as tx:
            assert [lead.reference for lead in list_leads(tx)] == [restricted]
        question = Question("email", EMAIL, "product_offers", "email")
        assert check_permission(store, catalogue, question, now=clock()).permission.allowed
        assert read_lead(store, restricted, actor="operator", why="test", now=clock()).values["email"] == EMAIL

    def test_s10_the_person_still_sees_and_erases_it(
        self, public: FlaskClient, link: Any, store: Store, restricted: str
    ) -> None:
        assert "Kept and not used until" in press(public, link("access")).text
        press(public, link("erasure"))
        with store.reading() as tx:
            assert get_lead(tx, restricted).state.value == "erased"
            assert list_restricted(tx) == []

    def test_what_is_neither_is_refused(self, public: FlaskClient, send: Send, link: Any) -> None:
        send()
        assert press(public, link("restriction"), "which=other").status_code == 422
