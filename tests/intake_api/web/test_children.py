"""The question about the age through the form API: asked, needed with a yes, believed, and next to nothing kept."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.conftest import READING, Count

CONTEST = "/v1/forms/contest"
FIELDS = {"message": "Keys on a board", "email": "zane@guest.example"}
YES, NO = {"newsletter": True}, {"newsletter": False}


@pytest.fixture
def send(public: FlaskClient, clock: DrivenClock) -> Any:
    """Show the contest and send it, with more beside what is always sent."""

    def send(locale: str = "en", **more: Any) -> Any:
        shown = public.get(f"{CONTEST}?locale={locale}").json
        assert shown
        clock.advance(seconds=READING)
        body = {"presentation": shown["presentation"]["id"], "locale": locale, "fields": FIELDS, **more}
        return public.post(f"{CONTEST}/submissions", json=body)

    return send


def whole(store: Store, reference: str, clock: DrivenClock) -> WholeLead:
    """Read what was kept."""
    return read_lead(store, reference, actor="operator", why="test", now=clock())


def entries(store: Store) -> str:
    """Return all bodies of the evidence."""
    with store.reading() as tx:
        return "".join(bytes(body).decode() for body in tx.scalars(text("SELECT body FROM evidence")))


class TestAsking:
    @pytest.mark.parametrize(("locale", "years"), [("en", 16), ("lv", 13), ("ru", 16), ("pl", 16), ("cs", 15)])
    def test_k01_the_form_asks_for_the_threshold_of_the_language(
        self, public: FlaskClient, locale: str, years: int
    ) -> None:
        shown = public.get(f"{CONTEST}?locale={locale}").json
        assert shown
        assert shown["age"]["threshold"] == years
        assert shown["age"].keys() == {"threshold", "question", "why", "yes", "no", "too_young"}

    def test_k05_a_form_for_businesses_asks_nobody(self, public: FlaskClient, submission: dict[str, Any]) -> None:
        shown = public.get("/v1/forms/request_demo").json
        assert shown
        assert "age" not in shown
        answer = public.post("/v1/forms/request_demo/submissions", json={**submission, "decisions": YES})
        assert answer.status_code == 201


class TestAnswering:
    @pytest.mark.parametrize("locale", ["en", "cs"])
    def test_k01_a_yes_without_the_answer_is_asked_for_it(
        self, send: Any, kept: Count, catalogue: Catalogue, locale: str
    ) -> None:
        answer = send(locale, decisions=YES)
        assert (answer.status_code, answer.json["code"]) == (422, "fields_invalid")
        sentence = catalogue.notice("contest", locale).texts["age.missing"]
        assert answer.json["fields"] == {"age": {"code": "age_missing", "text": sentence}}
        assert kept() == 0

    def test_k01_it_is_told_together_with_what_else_is_wrong(self, send: Any) -> None:
        answer = send(decisions=YES, fields={**FIELDS, "email": "zane"})
        assert {name: one["code"] for name, one in answer.json["fields"].items()} == {
            "email": "email_invalid",
            "age": "age_missing",
        }

    @pytest.mark.parametrize("decisions", [NO, {}])
    def test_k01_a_no_needs_none_and_keeps_none(
        self, send: Any, store: Store, clock: DrivenClock, decisions: dict[str, bool]
    ) -> None:
        assert send(decisions=decisions).status_code == 201
        assert send(decisions=decisions, age="at_or_over").status_code == 201
        assert '"age"' not in entries(store)

    @pytest.mark.parametrize("age", ["17", 17, "2010-01-01", True, None, ["under"], "AT_OR_OVER", ""])
    def test_k01_nothing_but_the_two_answers_is_taken(self, send: Any, kept: Count, age: object) -> None:
        answer = send(decisions=YES, age=age)
        assert (answer.status_code, answer.json["code"]) == (422, "body_invalid")
        assert answer.json["fields"].keys() == {"age"}
        assert kept() == 0

    @pytest.mark.parametrize("decisions", [YES, NO, {}, {"newsletter": "perhaps"}, {"unknown": True}])
    def test_k02_under_is_believed_and_nothing_is_kept(
        self, send: Any, kept: Count, catalogue: Catalogue, decisions: dict[str, Any]
    ) -> None:
        answer = send("pl", decisions=decisions, age="under")
        assert (answer.status_code, answer.json["code"]) == (422, "fields_invalid")
        sentence = catalogue.notice("contest", "pl").texts["age.too_young"]
        assert answer.json["fields"] == {"age": {"code": "too_young", "text": sentence}}
        assert kept() == 0

    def test_k02_under_ends_it_also_where_nobody_asked(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count
    ) -> None:
        answer = public.post("/v1/forms/request_demo/submissions", json={**submission, "age": "under"})
        assert answer.json["fields"]["age"]["code"] == "too_young"
        assert kept() == 0

    def test_k04_an_answer_nobody_asked_for_is_not_kept(
        self, public: FlaskClient, submission: dict[str, Any], store: Store
    ) -> None:
        sent = {**submission, "decisions": YES, "age": "at_or_over"}
        assert public.post("/v1/forms/request_demo/submissions", json=sent).status_code == 201
        assert '"age"' not in entries(store)

    def test_sec39_another_answer_is_another_submission(self, send: Any, public: FlaskClient) -> None:
        shown = public.get(CONTEST).json
        assert shown
        body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": FIELDS, "decisions": NO}
        first = public.post(f"{CONTEST}/submissions", json=body)
        assert public.post(f"{CONTEST}/submissions", json=body).json["reference"] == first.json["reference"]
        other = public.post(f"{CONTEST}/submissions", json={**body, "age": "at_or_over"})
        assert (other.status_code, other.json["code"]) == (409, "presentation_used")


class TestKeeping:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_k04_the_entry_keeps_threshold_and_answer_with_its_time_and_no_more(
        self, send: Any, store: Store, clock: DrivenClock
    ) -> None:
        answer = send("lv", decisions=YES, age="at_or_over")
        assert answer.status_code == 201
        lead = whole(store, answer.json["reference"], clock)
        first = json.loads(next(entry.body for entry in lead.entries if entry.kind == "submission.received"))
        assert first["age"] == {"threshold": 13, "answer": "at_or_over"}
        assert first["workflow"] == "2"
        assert "age" not in {*lead.values, *lead.lead.attribution}

    def test_k04_r02_the_record_and_the_receipt_carry_it_beside_the_yes(
        self, send: Any, public: FlaskClient, store: Store, clock: DrivenClock
    ) -> None:
        answer = send("cs", decisions=YES, age="at_or_over")
        received = whole(store, answer.json["reference"], clock).lead.received_at
        token = answer.json["receipt"].rpartition("/")[2]
        receipt = json.loads(public.get(f"/v1/receipts/{token}.jsonld").data)
        records = {
            one["dpv:hasProcess"][0]["@id"].rpartition("#")[2]: one for one in receipt["dpv:hasRecordOfActivity"]
        }
        age = records["newsletter"]["li:evidence"]["age"]
        assert age == {"threshold": 15, "answer": "at_or_over", "at": f"{received:%Y-%m-%dT%H:%M:%S}.000Z"}
        assert "age" not in records["run_contest"]["li:evidence"]


class TestATextThatTellsAnAge:
    """K-03: under the age the form asks for; where it asks for none, under the highest there is."""

    @pytest.mark.parametrize(
        ("locale", "told", "status"),
        [
            ("lv", "Man ir 14 gadi. Padoms: plaukts atslēgām", 201),
            ("lv", "Man ir 12 gadi. Padoms: plaukts atslēgām", 422),
            ("lv", "Esmu 7. klasē", 201),
            ("lv", "Esmu 5. klasē", 422),
            ("cs", "Je mi 15 let a mám tip", 201),
            ("cs", "Je mi 14 let a mám tip", 422),
            ("en", "I'm 15 and here is a tip", 422),
            ("en", "I'm 16 and here is a tip", 201),
        ],
    )
    def test_k03_counts_by_the_threshold_of_the_form(self, send: Any, locale: str, told: str, status: int) -> None:
        answer = send(locale, fields={**FIELDS, "message": told})
        assert answer.status_code == status, answer.text
        if status == 422:
            problem = answer.json["fields"]["message"]
            assert problem["code"] == "too_young"
            assert {"lv": "13", "cs": "15", "en": "16"}[locale] in problem["text"]

    @pytest.mark.parametrize(("form", "is_young"), [("contest", False), ("request_contact", True), (None, True)])
    def test_k03_in_a_chat_it_is_the_form_that_is_open(
        self, internal: FlaskClient, service: dict[str, str], form: str | None, *, is_young: bool
    ) -> None:
        body = {"locale": "lv", "text": "man ir 14 gadi", **({"form": form} if form else {})}
        answer = internal.post("/v1/texts/checks", json=body, headers=service)
        assert (answer.status_code, answer.json["too_young"]) == (200, is_young)

    def test_k03_a_form_that_there_is_not_is_told(self, internal: FlaskClient, service: dict[str, str]) -> None:
        body = {"locale": "lv", "text": "man ir 14 gadi", "form": "nothing"}
        assert internal.post("/v1/texts/checks", json=body, headers=service).status_code == 404
