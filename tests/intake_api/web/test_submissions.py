"""Sending a form through the door: what is kept, what is refused, and that a thank-you is true."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from intake_api.flows.read_lead import read_lead
from intake_api.rules.consent import DecisionState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.presentations import read_presentation, sign_presentation
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.conftest import FIELDS, Count

SUBMIT = "/v1/forms/request_demo/submissions"


class TestSubmitting:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_answers_with_reference_state_and_receipt(
        self, public: FlaskClient, store: Store, submission: dict[str, Any], clock: DrivenClock
    ) -> None:
        answer = public.post(SUBMIT, json=submission)
        assert answer.status_code == 201
        assert answer.json.keys() == {"reference", "state", "receipt", "what_next"}
        lead = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock())
        assert lead.values == FIELDS
        receipt = public.get(answer.json["receipt"].replace("/receipts/", "/v1/receipts/"))
        assert receipt.json["reference"] == answer.json["reference"]
        assert FIELDS["email"] not in receipt.text

    def test_the_bot_sends_the_same_on_its_own_door(
        self, internal: FlaskClient, service: dict[str, str], store: Store, clock: DrivenClock
    ) -> None:
        shown = internal.get("/v1/forms/request_demo?channel=chat", headers=service).json
        body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": FIELDS}
        answer = internal.post(SUBMIT, json=body, headers=service)
        assert answer.status_code == 201
        lead = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock()).lead
        assert lead.channel == "chat"

    def test_m09_a_campaign_is_kept_and_a_click_id_is_refused(
        self, public: FlaskClient, submission: dict[str, Any], store: Store, clock: DrivenClock, kept: Count
    ) -> None:
        refused = public.post(SUBMIT, json={**submission, "attribution": {"gclid": "zq7f3"}})
        assert refused.json["fields"] == {
            "attribution.gclid": {"code": "unknown", "text": "There is no such key here."}
        }
        assert kept() == 0
        answer = public.post(SUBMIT, json={**submission, "attribution": {"utm_source": "letter"}})
        lead = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock()).lead
        assert lead.attribution == {"utm_source": "letter"}

    def test_field_problems_are_told_one_by_one_in_words(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count
    ) -> None:
        fields = {"email": "zane@@guest.example", "headcount": 2.5, "role": "king"}
        answer = public.post(SUBMIT, json={**submission, "fields": fields})
        assert (answer.status_code, answer.json["code"]) == (422, "fields_invalid")
        codes = {name: problem["code"] for name, problem in answer.json["fields"].items()}
        assert codes == {
            "name": "required",
            "email": "email_invalid",
            "headcount": "type_wrong",
            "role": "choice_unknown",
        }
        assert "zane@@" not in answer.text
        assert kept() == 0


class TestConsent:
    """C-01, C-02: only the exact yes counts."""

    @pytest.mark.parametrize("decisions", [{}, {"newsletter": False}])
    def test_c01_what_was_not_answered_is_not_given(
        self,
        public: FlaskClient,
        store: Store,
        clock: DrivenClock,
        submission: dict[str, Any],
        decisions: dict[str, bool],
    ) -> None:
        answer = public.post(SUBMIT, json={**submission, "decisions": decisions})
        lead = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock())
        states = {decision.purpose: decision.state for decision in lead.decisions}
        assert states["newsletter"] is DecisionState.REFUSED
        assert states["product_offers"] is DecisionState.REFUSED

    @pytest.mark.parametrize(
        "value", ["true", "yes", "on", "", 1, 0, 1.0, None, [True], ["yes"], {}, {"value": True}, "\u0001"]
    )
    def test_c02_anything_but_true_and_false_is_refused_and_nothing_is_stored(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, value: object
    ) -> None:
        answer = public.post(SUBMIT, json={**submission, "decisions": {"newsletter": value}})
        assert (answer.status_code, answer.json["code"]) == (422, "decision_invalid")
        assert kept() == 0

    def test_c02_a_key_that_stands_twice_is_refused(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count
    ) -> None:
        body = public.application.json.dumps(submission).replace(
            '"decisions": {}', '"decisions": {"newsletter": false, "newsletter": true}'
        )
        answer = public.post(SUBMIT, data=body, content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (422, "json_duplicate_key")
        assert kept() == 0

    @pytest.mark.parametrize(
        ("purpose", "value", "code"),
        [
            ("loyalty_programme", True, "purpose_unknown"),
            ("profiling", True, "purpose_unknown"),
            ("respond_to_request", False, "purpose_is_an_act"),
        ],
    )
    def test_c02_a_purpose_this_notice_does_not_ask_is_refused(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, purpose: str, value: bool, code: str
    ) -> None:
        answer = public.post(SUBMIT, json={**submission, "decisions": {purpose: value}})
        assert answer.json["fields"][purpose]["code"] == code
        assert kept() == 0


class TestPresentations:
    """C-06: a decision is made on one showing of one notice."""

    def test_c06_an_unknown_one_is_refused_with_a_fresh_form(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count
    ) -> None:
        answer = public.post(SUBMIT, json={**submission, "presentation": "A" * 24})
        assert kept() == 0
        self.expect_fresh_form(public, answer, "presentation_unknown", submission)

    def test_c06_after_half_an_hour_the_notice_is_shown_again(
        self, public: FlaskClient, submission: dict[str, Any], clock: DrivenClock
    ) -> None:
        clock.advance(minutes=31)
        self.expect_fresh_form(public, public.post(SUBMIT, json=submission), "presentation_expired", submission)

    def test_c06_a_used_one_takes_nothing_else(self, public: FlaskClient, submission: dict[str, Any]) -> None:
        public.post(SUBMIT, json=submission)
        other = {**submission, "fields": {**FIELDS, "name": "Somebody Else"}}
        self.expect_fresh_form(public, public.post(SUBMIT, json=other), "presentation_used", submission)

    def test_c06_one_of_another_form_is_refused(self, public: FlaskClient, submission: dict[str, Any]) -> None:
        shown = public.get("/v1/forms/newsletter").json["presentation"]["id"]
        answer = public.post(SUBMIT, json={**submission, "presentation": shown})
        self.expect_fresh_form(public, answer, "presentation_unknown", submission)

    def test_c06_one_of_another_notice_is_refused(
        self, public: FlaskClient, submission: dict[str, Any], settings: Settings
    ) -> None:
        key = settings.secrets.token_key
        shown = read_presentation(key, submission["presentation"], form="request_demo")
        earlier = sign_presentation(key, replace(shown, notice_hash="0" * 64))
        answer = public.post(SUBMIT, json={**submission, "presentation": earlier})
        self.expect_fresh_form(public, answer, "presentation_mismatch", submission)

    def test_c06_the_fresh_form_is_of_the_channel_it_was_shown_in(
        self, public: FlaskClient, submission: dict[str, Any], clock: DrivenClock
    ) -> None:
        shown = public.get("/v1/forms/request_demo?channel=popup").json["presentation"]["id"]
        clock.advance(minutes=31)
        answer = public.post(SUBMIT, json={**submission, "presentation": shown})
        assert answer.json["form"]["channel"] == "popup"

    def test_n17_another_language_than_was_shown_is_refused(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count
    ) -> None:
        answer = public.post(SUBMIT, json={**submission, "locale": "de"})
        assert (answer.status_code, answer.json["code"]) == (409, "locale_not_available")
        assert kept() == 0

    @pytest.mark.parametrize("missing", ["presentation", "locale", "fields"])
    def test_n18_nothing_is_taken_without_a_presentation(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, missing: str
    ) -> None:
        del submission[missing]
        answer = public.post(SUBMIT, json=submission)
        assert (answer.status_code, answer.json["fields"][missing]["code"]) == (422, "missing")
        assert kept() == 0

    def test_c10_a_no_keeps_nothing_and_ends_the_presentation(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, store: Store
    ) -> None:
        refusal = {"presentation": submission["presentation"]}
        for _ in range(2):
            assert public.post("/v1/forms/request_demo/refusals", json=refusal).status_code == 204
        assert public.post(SUBMIT, json=submission).json["code"] == "presentation_used"
        assert kept() == 0
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM evidence WHERE kind = 'presentation.refused'")) == 1

    def test_c10_a_no_after_sending_is_told_that_it_came_too_late(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count
    ) -> None:
        assert public.post(SUBMIT, json=submission).status_code == 201
        before = kept()
        refusal = {"presentation": submission["presentation"]}
        answer = public.post("/v1/forms/request_demo/refusals", json=refusal)
        assert (answer.status_code, answer.json["code"]) == (409, "presentation_used")
        assert "already sent" in answer.json["detail"]
        assert kept() == before

    def expect_fresh_form(self, public: FlaskClient, answer: Any, code: str, submission: dict[str, Any]) -> None:
        """Expect a 409 whose form can be sent as it is."""
        assert (answer.status_code, answer.json["code"]) == (409, code)
        fresh = answer.json["form"]["presentation"]["id"]
        assert public.post(SUBMIT, json={**submission, "presentation": fresh}).status_code == 201


class TestOnce:
    """SEC-39: double clicks and retries make one lead."""

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    @pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "one-key"}])
    def test_sec39_fifty_copies_at_once_give_one_lead_and_one_answer(
        self, public_app: Flask, submission: dict[str, Any], store: Store, key: dict[str, str]
    ) -> None:
        def send(_: int) -> tuple[int, str]:
            answer = public_app.test_client().post(SUBMIT, json=submission, headers=key)
            return answer.status_code, answer.text

        with ThreadPoolExecutor(50) as pool:
            answers = set(pool.map(send, range(50)))
        assert len(answers) == 1
        assert answers.pop()[0] == 201
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM leads")) == 1

    def test_sec39_the_same_key_with_other_content_is_refused(
        self, public: FlaskClient, submission: dict[str, Any]
    ) -> None:
        key = {"Idempotency-Key": "a-key"}
        public.post(SUBMIT, json=submission, headers=key)
        answer = public.post(SUBMIT, json={**submission, "fields": {**FIELDS, "name": "Other"}}, headers=key)
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")

    @pytest.mark.parametrize("fields", [FIELDS, {"name": "Other Person", "phone": "+371 20000000"}])
    def test_sec39_a_key_tells_nothing_about_another_visitors_lead(
        self, public: FlaskClient, submission: dict[str, Any], fields: dict[str, str]
    ) -> None:
        key = {"Idempotency-Key": "guessed"}
        first = public.post(SUBMIT, json=submission, headers=key).json
        other = public.get("/v1/forms/request_demo").json["presentation"]["id"]
        answer = public.post(SUBMIT, json={**submission, "presentation": other, "fields": fields}, headers=key)
        assert answer.status_code == 201
        assert answer.json["reference"] != first["reference"]
        assert answer.json["receipt"] != first["receipt"]

    @pytest.mark.parametrize("key", ["", " ", "two words", "k" * 256, "ā", "tab\tkey"])
    def test_the_key_is_visible_ascii(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, key: str
    ) -> None:
        answer = public.post(SUBMIT, json=submission, headers={"Idempotency-Key": key.encode().decode("latin-1")})
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_invalid")
        assert kept() == 0


class TestMinimisation:
    """M-01: what is not declared is refused by name."""

    @pytest.mark.parametrize("name", ["extra", "__proto__", "status", "score", "consents", "sender"])
    def test_m01_an_undeclared_key_is_named_and_nothing_of_the_request_is_stored(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, name: str
    ) -> None:
        for body in ({**submission, name: "zq7f3"}, {**submission, "fields": {**FIELDS, name: "zq7f3"}}):
            answer = public.post(SUBMIT, json=body)
            assert answer.status_code == 422
            assert list(answer.json["fields"]) == [name]
            assert "zq7f3" not in answer.text
        assert kept() == 0

    def test_m01_nor_in_the_query_or_as_a_form(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count
    ) -> None:
        assert public.post(f"{SUBMIT}?score=9", json=submission).json["code"] == "query_invalid"
        assert public.post(SUBMIT, data={"name": "zq7f3"}).status_code == 415
        assert kept() == 0


class TestFailingClosed:
    """SEC-42: when it cannot be kept, nobody is thanked."""

    def test_sec42_a_locked_database_is_503_and_nothing_is_kept(
        self, public: FlaskClient, submission: dict[str, Any], impatient: Store, kept: Count
    ) -> None:
        locker = sqlite3.connect(impatient.url.removeprefix("sqlite:///"), isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        try:
            answer = public.post(SUBMIT, json=submission)
        finally:
            locker.close()
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
        assert kept() == 0
        assert public.post(SUBMIT, json=submission).status_code == 201

    def test_sec42_without_evidence_nothing_is_kept(
        self, public: FlaskClient, submission: dict[str, Any], store: Store, kept: Count
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE evidence RENAME TO evidence_gone"))
        answer = public.post(SUBMIT, json=submission)
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
        assert "evidence" not in answer.text
        assert kept() == 0

    def test_sec42_with_a_broken_vault_nothing_is_kept(
        self, public: FlaskClient, submission: dict[str, Any], store: Store, kept: Count
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE subjects RENAME TO subjects_gone"))
        assert public.post(SUBMIT, json=submission).json["code"] == "unavailable"
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE subjects_gone RENAME TO subjects"))
        assert kept() == 0

    @pytest.fixture
    def impatient(self, store: Store) -> Store:
        """A store that does not wait for a lock: a test has no ten seconds."""
        store.engine.dispose()
        event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))
        return store


class TestWhatBroughtTheVisitor:
    """M-09: a closed list with one free word, a code that was given out, and nothing else."""

    @pytest.mark.parametrize(
        "given", [{"source": "sms", "code": "AUTUMN-SMS"}, {"source": "other", "source_other": "a neighbour"}]
    )
    def test_m09_a_source_of_the_list_is_kept(
        self, public: FlaskClient, submission: dict[str, Any], store: Store, clock: DrivenClock, given: dict[str, str]
    ) -> None:
        answer = public.post(SUBMIT, json={**submission, "attribution": given})
        lead = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock()).lead
        assert lead.attribution == given

    @pytest.mark.parametrize(
        ("given", "key", "code"),
        [
            ({"source": "somewhere"}, "source", "value_wrong"),
            ({"source": "sms", "source_other": "a neighbour"}, "source_other", "value_wrong"),
            ({"source_other": "a neighbour"}, "source_other", "value_wrong"),
            ({"code": "a b"}, "code", "value_wrong"),
            ({"gclid": "zq7f3"}, "gclid", "unknown"),
        ],
    )
    def test_m09_anything_else_is_refused_by_name(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, given: dict[str, str], key: str, code: str
    ) -> None:
        refused = public.post(SUBMIT, json={**submission, "attribution": given})
        assert refused.status_code == 422
        assert {name: problem["code"] for name, problem in refused.json["fields"].items()} == {
            f"attribution.{key}": code
        }
        assert kept() == 0
