"""Putting right what is held, field by field; a new address is proven and the old one told (S-07)."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.flows.read_lead import read_lead
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.lead_index import find_by_email
from intake_api.store.leads import get_lead
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import everything_kept, mails_in
from tests.intake_api.flows.rights import Office
from tests.intake_api.web.html import Page, read_page
from tests.intake_api.web.my_data.asker import EMAIL, STRANGER, Send, press

NEW = "zane.new@guest.example"
FIELDS = {"f-name": "Zane Example", "f-email": EMAIL}


class Sheet:
    """The page with what was sent, as somebody changes it."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        self._client, self._path = client, path
        page = press(client, path)
        assert page.status_code == 200
        self.page: Page = read_page(page.text)
        self.key = str(self.page.all("input", name="key")[0].get("value"))

    def save(self, reference: str, **fields: str) -> Any:
        typed = {**FIELDS, **{f"f-{name}": value for name, value in fields.items()}}
        sent = urlencode({"key": self.key, "reference": reference, **typed})
        return press(self._client, f"{self._path}/correct", sent)


@pytest.fixture
def values(store: Store, clock: DrivenClock) -> Any:
    def now(reference: str) -> dict[str, Any]:
        return dict(read_lead(store, reference, actor="operator", why="test", now=clock()).values)

    return now


class TestCorrecting:
    def test_s07_shows_what_is_there_and_takes_what_is_right(
        self, public: FlaskClient, send: Send, link: Any, values: Any, store: Store
    ) -> None:
        reference = send(message="zq7f3 old", headcount=12)
        sheet = Sheet(public, link("correction"))
        shown = {one.get("name"): one.get("value") for one in sheet.page.all("input")}
        assert (shown["f-name"], shown["f-email"], shown["f-headcount"]) == ("Zane Example", EMAIL, "12")
        done = sheet.save(reference, name="Zane Correct", message="new words", headcount="", phone="20 000 000")
        assert done.status_code == 200
        assert read_page(done.text).one("div", role="status").get("data-changed") == "headcount message name phone"
        assert values(reference) == {
            "name": "Zane Correct", "email": EMAIL, "message": "new words", "phone": "+37120000000",
        }  # fmt: skip
        assert b"zq7f3" not in everything_kept(store)

    def test_s07_the_evidence_says_which_fields_and_stands(
        self, public: FlaskClient, send: Send, link: Any, store: Store, settings: Settings, clock: DrivenClock
    ) -> None:
        reference = send()
        Sheet(public, link("correction")).save(reference, name="Zane Correct")
        with store.reading() as tx:
            (body,) = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'lead.corrected'"))
        entry = json.loads(bytes(body))
        assert (entry["actor"], entry["fields"], entry["passed_on"]) == ("subject", ["name"], [])
        assert "Zane" not in bytes(body).decode()
        signer = Signer(settings.secrets.evidence_key)
        while sequence_evidence(store, signer, settings.checkpoint_file, now=clock()):
            pass
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []

    def test_e11_it_is_found_by_what_is_true_now(
        self, public: FlaskClient, send: Send, link: Any, store: Store
    ) -> None:
        reference = send(phone="+37120000000")
        with store.reading() as tx:
            before = set(tx.scalars(text("SELECT token FROM lead_index WHERE kind <> 'email'")))
        Sheet(public, link("correction")).save(reference, name="Another Person", phone="+37120000001")
        with store.reading() as tx:
            after = set(tx.scalars(text("SELECT token FROM lead_index WHERE kind <> 'email'")))
        assert len(after) == 3
        assert not before & after

    def test_s07_what_is_wrong_is_told_and_nothing_is_changed(
        self, public: FlaskClient, send: Send, link: Any, values: Any
    ) -> None:
        reference = send()
        sheet = Sheet(public, link("correction"))
        for fields, problem in (
            ({"phone": "12"}, "f-phone"),
            ({"email": ""}, "f-email"),
            ({"email": "nobody"}, "f-email"),
            ({"message": "I'm 12"}, "f-message"),
        ):
            answer = sheet.save(reference, name="Zane Correct", **fields)
            page = read_page(answer.text)
            assert answer.status_code == 422
            assert problem in [one.get("name") for one in page.all() if one.get("aria-invalid")]
        assert values(reference)["name"] == "Zane Example"

    def test_m05_free_text_is_read_as_always(self, public: FlaskClient, send: Send, link: Any, values: Any) -> None:
        reference = send()
        Sheet(public, link("correction")).save(reference, message="My card is 4111 1111 1111 1111")
        assert values(reference)["message"] == "My card is [card number left out]"

    def test_art19_who_had_it_before_is_named(self, public: FlaskClient, send: Send, link: Any, delivered: Any) -> None:
        reference = send()
        delivered(reference)
        done = Sheet(public, link("correction")).save(reference, name="Zane Correct")
        told = read_page(done.text).one("div", role="status").text
        assert "it had already gone to Brightledger Example GmbH" in told

    def test_s18_only_what_is_of_this_address(self, public: FlaskClient, send: Send, link: Any, values: Any) -> None:
        send()
        other = send(email=STRANGER)
        assert Sheet(public, link("correction")).save(other, name="Mallory").status_code == 404
        assert values(other)["name"] == "Zane Example"

    def test_s02_only_with_the_key_and_for_a_quarter_of_an_hour(
        self, public: FlaskClient, send: Send, link: Any, clock: DrivenClock, values: Any
    ) -> None:
        reference = send()
        sheet = Sheet(public, link("correction"))
        right, sheet.key = sheet.key, "a" * 32
        assert sheet.save(reference, name="Mallory").status_code == 410
        sheet.key = right
        clock.advance(minutes=15)
        assert sheet.save(reference, name="Late").status_code == 410
        assert values(reference)["name"] == "Zane Example"

    def test_s02_the_key_of_another_kind_corrects_nothing(
        self, public: FlaskClient, send: Send, link: Any, values: Any
    ) -> None:
        reference = send()
        path = link("access")
        key = read_page(press(public, path).text).one("input", name="key").get("value")
        sent = urlencode({"key": key, "reference": reference, **FIELDS, "f-name": "Mallory"})
        assert press(public, f"{path}/correct", sent).status_code == 410
        assert values(reference)["name"] == "Zane Example"

    def test_looking_and_pressing_alone_change_nothing(
        self, public: FlaskClient, send: Send, link: Any, values: Any, store: Store
    ) -> None:
        reference = send(message="as it was")
        before = values(reference)
        sheet = Sheet(public, link("correction"))
        done = sheet.save(reference, message="as it was")
        assert read_page(done.text).one("div", role="status").get("data-changed") == ""
        assert values(reference) == before


class TestANewAddress:
    def test_s07_counts_when_it_is_proven_and_the_old_one_is_told(
        self, public: FlaskClient, send: Send, link: Any, values: Any, office: Office, store: Store
    ) -> None:
        first, second = send(), send(message="another")
        sheet = Sheet(public, link("correction"))
        before, mailed = office.case_ids(), set(office.links())
        done = sheet.save(first, name="Zane Correct", email=NEW)
        assert "We have sent a link to the new address" in done.text
        assert (values(first)["name"], values(first)["email"]) == ("Zane Correct", EMAIL)
        (asked,) = office.case_ids() - before
        office.attempt(office.case(asked))
        (path,) = set(office.links()) - mailed
        assert public.get(path).status_code == 200
        assert values(first)["email"] == EMAIL

        before = office.case_ids()
        assert read_page(press(public, path).text).one("div", data_done="address")
        assert [values(one)["email"] for one in (first, second)] == [NEW, NEW]
        with store.reading() as tx:
            assert len(find_by_email(tx, store.vault, NEW)) == 2
            assert find_by_email(tx, store.vault, EMAIL) == []
        (told,) = office.case_ids() - before
        office.attempt(office.case(told))
        news = [mail for mail in mails_in(office.folder) if mail["To"] == EMAIL and "changed" in mail["Subject"]]
        assert len(news) == 1
        assert NEW not in str(news[0])
        assert "/my-data/" not in str(news[0])
        with store.reading() as tx:
            sealed = "SELECT COUNT(*) FROM rights_cases WHERE kind LIKE 'address%' AND sealed IS NOT NULL"
            assert tx.scalar(text(sealed)) == 0

    def test_s02_the_link_works_once_and_nobody_asks_for_it_from_outside(
        self, public: FlaskClient, send: Send, link: Any, office: Office
    ) -> None:
        reference = send()
        sheet = Sheet(public, link("correction"))
        before, mailed = office.case_ids(), set(office.links())
        sheet.save(reference, email=NEW)
        (asked,) = office.case_ids() - before
        office.attempt(office.case(asked))
        (path,) = set(office.links()) - mailed
        assert press(public, path).status_code == 200
        assert press(public, path).status_code == 410
        for kind in ("address", "address_changed"):
            body = {"kind": kind, "email": EMAIL, "locale": "en"}
            assert public.post("/v1/rights", json=body).status_code == 422

    def test_s07_of_somebody_who_was_erased_meanwhile_changes_nothing(
        self, public: FlaskClient, send: Send, link: Any, office: Office, store: Store
    ) -> None:
        reference = send()
        sheet = Sheet(public, link("correction"))
        before = office.case_ids()
        sheet.save(reference, email=NEW)
        (asked,) = office.case_ids() - before
        press(public, link("erasure"))
        case = office.attempt(office.case(asked))
        assert (case.mail.value, case.ended_at is not None) == ("dropped", True)
        with store.reading() as tx:
            assert get_lead(tx, reference).state.value == "erased"
