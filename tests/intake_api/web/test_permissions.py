"""What mailers and the CRM are told about a contact (C-21), from the commit on that changed something (W-02)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.tidy_store import tidy_store
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.confirmations import token_of
from tests.intake_api.kept_leads import FIELDS, keep_first_yes, keep_lead, receipt_of

PATH = "/v1/permissions/checks"
EMAIL = str(FIELDS["email"])
PHONE = "+37120000000"
SHAPE = {"allowed", "reason", "until", "state", "status", "unsubscribe"}


class Asker:
    """A mailer, which asks before it writes."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    def answer(self, **body: Any) -> Any:
        return self._client.post(PATH, json=body, headers=self._headers)

    def told(self, purpose: str = "newsletter", *, channel: str = "email", email: str = EMAIL, **more: Any) -> Any:
        answer = self.answer(email=email, purpose=purpose, channel=channel, **more)
        assert (answer.status_code, set(answer.json)) == (200, SHAPE)
        return answer.json


@pytest.fixture
def mailer(internal: FlaskClient, service: dict[str, str]) -> Asker:
    return Asker(internal, service)


@pytest.fixture
def confirmed(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead whose newsletter was agreed to twice."""
    lead = keep_first_yes(store, queue, catalogue, now=clock())
    confirm_decision(store, token_of(store, lead), now=clock())
    return lead


class TestAYes:
    def test_c12_c21_counts_from_the_second_one_on(
        self, mailer: Asker, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        waiting = mailer.told()
        assert (waiting["allowed"], waiting["reason"], waiting["status"]) == (False, "requested", "ConsentRequested")
        confirm_decision(store, token_of(store, lead), now=clock())
        told = mailer.told()
        assert told.pop("unsubscribe").startswith(f"{PUBLIC_URL}/u/{lead.id}-")
        assert told == {
            "allowed": True,
            "reason": "given",
            "until": "2028-11-21T09:00:00.000Z",
            "state": "given",
            "status": "ConsentGiven",
        }

    def test_w02_is_over_in_the_same_moment_it_is_taken_back(
        self, mailer: Asker, store: Store, confirmed: Lead, clock: DrivenClock
    ) -> None:
        assert mailer.told()["allowed"]
        withdraw_by_receipt(store, receipt_of(confirmed), None, now=clock())
        told = mailer.told()
        assert (told["allowed"], told["state"], told["status"]) == (False, "withdrawn", "ConsentWithdrawn")

    def test_c16_is_over_when_its_time_is_whether_or_not_anybody_wrote_it_down(
        self, mailer: Asker, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        assert mailer.told("product_offers")["until"] == "2027-11-21T09:00:00.000Z"
        clock.advance(days=365)
        told = mailer.told("product_offers")
        assert (told["allowed"], told["reason"], told["status"]) == (False, "expired", "ConsentExpired")

    def test_c05_s08_nothing_is_left_of_it_after_an_erasure(
        self, mailer: Asker, store: Store, confirmed: Lead, clock: DrivenClock
    ) -> None:
        mailer.told(use=True)
        erase_by_receipt(store, receipt_of(confirmed), now=clock())
        assert mailer.told() == mailer.told(email="nobody@guest.example")
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM contact_uses")) == 0

    def test_sec38_of_what_may_be_a_machine_permits_nothing(
        self, mailer: Asker, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock())
        assert mailer.told("respond_to_request")["allowed"]
        with store.writing() as tx:
            tx.exec_driver_sql("""UPDATE leads SET state = 'held', held_for = '["too_quick"]'""")
        assert mailer.told("respond_to_request")["reason"] == "unknown"

    def test_c03_to_mails_is_none_to_calls(self, mailer: Asker, confirmed: Lead) -> None:
        assert mailer.told(channel="phone")["reason"] == "other_channel"

    def test_r07_what_is_no_consent_has_no_consent_status(
        self, mailer: Asker, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock())
        told = mailer.told("respond_to_request")
        assert (told["allowed"], told["state"], told["status"], told["unsubscribe"]) == (True, "acted", None, None)
        assert mailer.told("loyalty_programme")["reason"] == "not_informed"


class TestSeveralLeadsOfOneAddress:
    def test_w03_a_receipt_takes_back_the_same_yes_of_the_address_elsewhere(
        self, mailer: Asker, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        """Else the other one would count again as soon as the first lead is erased."""
        first = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        withdraw_by_receipt(store, receipt_of(first), ["product_offers"], now=clock())
        erase_by_receipt(store, receipt_of(first), now=clock())
        assert mailer.told("product_offers")["reason"] == "withdrawn"

    def test_c18_who_only_typed_the_address_takes_back_no_confirmed_yes(
        self, mailer: Asker, store: Store, queue: Queue, catalogue: Catalogue, confirmed: Lead, clock: DrivenClock
    ) -> None:
        typed = keep_first_yes(store, queue, catalogue, now=clock.advance(hours=1))
        withdraw_by_receipt(store, receipt_of(typed), ["newsletter"], now=clock())
        erase_by_receipt(store, receipt_of(typed), now=clock())
        assert mailer.told()["allowed"]

    def test_w03_c18_who_confirmed_the_address_takes_back_every_yes_of_it(
        self, mailer: Asker, store: Store, queue: Queue, catalogue: Catalogue, confirmed: Lead, clock: DrivenClock
    ) -> None:
        again = keep_first_yes(store, queue, catalogue, now=clock.advance(hours=1))
        withdraw_by_receipt(store, receipt_of(confirmed), None, now=clock())
        erase_by_receipt(store, receipt_of(confirmed), now=clock())
        assert mailer.told()["reason"] == "withdrawn"
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM confirmations WHERE ended_at IS NULL")) == 0
        assert again.id != confirmed.id

    def test_c18_an_attacker_revives_nothing(
        self, mailer: Asker, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        withdraw_by_receipt(store, receipt_of(lead), ["product_offers"], now=clock.advance(hours=1))
        keep_lead(store, catalogue, now=clock.advance(hours=1), decisions={"product_offers": True})
        assert mailer.told("product_offers")["reason"] == "withdrawn"


class TestTheBudget:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_c21_counts_what_is_about_to_be_done_and_nothing_else(
        self, mailer: Asker, store: Store, confirmed: Lead, clock: DrivenClock
    ) -> None:
        assert mailer.told()["allowed"]
        assert mailer.told(use=True)["allowed"]
        spent = mailer.told(use=True)
        assert (spent["allowed"], spent["reason"]) == (False, "budget_spent")
        assert spent["until"] == "2026-12-21T09:00:00.000Z"
        clock.advance(days=30)
        assert mailer.told(use=True)["allowed"]
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM contact_uses")) == 2

    def test_c21_is_one_for_all_leads_of_an_address(
        self, mailer: Asker, store: Store, queue: Queue, catalogue: Catalogue, confirmed: Lead, clock: DrivenClock
    ) -> None:
        mailer.told(use=True)
        again = keep_first_yes(store, queue, catalogue, now=clock.advance(hours=1))
        confirm_decision(store, token_of(store, again), now=clock())
        told = mailer.told(use=True)
        assert (told["allowed"], told["reason"], told["status"]) == (False, "budget_spent", "ConsentGiven")
        clock.advance(days=40)
        assert mailer.told()["status"] == "RenewedConsentGiven"

    def test_c21_keeps_quiet_hours(self, mailer: Asker, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True}, phone=PHONE)
        clock.advance(hours=9)  # eight in the evening in Riga
        told = mailer.told("product_offers", channel="phone")
        assert (told["allowed"], told["reason"], told["until"]) == (False, "quiet_hours", "2026-11-22T06:00:00.000Z")

    def test_t01_uses_are_forgotten_when_no_budget_asks_about_them(
        self, mailer: Asker, store: Store, queue: Queue, confirmed: Lead, clock: DrivenClock
    ) -> None:
        mailer.told(use=True)
        tidy_store(store, queue, now=clock() + timedelta(days=366))
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM contact_uses")) == 1
        tidy_store(store, queue, now=clock() + timedelta(days=366, seconds=1))
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM contact_uses")) == 0


class TestTheQuestion:
    def test_c21_may_be_by_phone_and_however_it_is_written(
        self, mailer: Asker, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock(), phone=PHONE)
        question = {"purpose": "respond_to_request", "channel": "phone"}
        assert mailer.answer(phone="20 000 000", **question).json["allowed"]
        assert not mailer.answer(phone="20 000 001", **question).json["allowed"]
        assert mailer.told("respond_to_request", email=EMAIL.replace("example.lv", "EXAMPLE.lv"))["allowed"]

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"purpose": "newsletter", "channel": "email"}, "body_invalid"),
            ({"email": EMAIL, "phone": PHONE, "purpose": "newsletter", "channel": "email"}, "body_invalid"),
            ({"email": EMAIL, "purpose": "newsletter", "channel": "pigeon"}, "body_invalid"),
            ({"email": EMAIL, "purpose": "newsletter", "channel": "email", "use": "true"}, "body_invalid"),
            ({"email": EMAIL, "purpose": "newsletter", "channel": "email", "use": 1}, "body_invalid"),
            ({"email": "nobody", "purpose": "newsletter", "channel": "email"}, "fields_invalid"),
            ({"phone": "12", "purpose": "newsletter", "channel": "phone"}, "fields_invalid"),
            ({"email": EMAIL, "purpose": "other", "channel": "email"}, "fields_invalid"),
        ],
    )
    def test_sec26_has_one_shape_only(self, mailer: Asker, body: dict[str, Any], code: str) -> None:
        answer = mailer.answer(**body)
        assert (answer.status_code, answer.json["code"]) == (422, code)
        assert EMAIL not in answer.text

    def test_c21_is_for_our_own_only_and_never_an_address_in_an_address(
        self, internal: FlaskClient, public: FlaskClient, service: dict[str, str]
    ) -> None:
        body = {"email": EMAIL, "purpose": "newsletter", "channel": "email"}
        assert internal.post(PATH, json=body).status_code == 401
        assert public.post(PATH, json=body).status_code == 404
        assert internal.post(f"{PATH}?email=a@guest.example", json=body, headers=service).status_code == 422
        assert internal.get(PATH, headers=service).status_code == 405

    def test_sec42_nobody_knows_is_not_allowed(self, internal_app: Flask, mailer: Asker, store: Store) -> None:
        with store.writing() as tx:
            tx.exec_driver_sql("ALTER TABLE lead_index RENAME TO away")
        answer = mailer.answer(email=EMAIL, purpose="newsletter", channel="email")
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
