"""What a free text must not carry, through the doors: the dry run, a submission, a page, a message of the chat."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.read_lead import read_lead
from intake_api.rules.sensitive_text import LEFT_OUT_CODES
from intake_api.store.base import Store
from intake_api.store.evidence import commit_to
from intake_api.store.subjects import get_data_key
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.html import Page, read_page

CARD = "4111 1111 1111 1111"
PAGE = "/f/request_contact"
SUBMIT = "/v1/forms/request_contact/submissions"
LOCALES = ("en", "lv", "ru", "pl", "cs")
YOUNG = {
    "en": "I'm 12",
    "lv": "man ir 12 gadu",
    "ru": "мне 12 лет",
    "pl": "mam 12 lat",
    "cs": "je mi 12",
}


@pytest.fixture
def sent(public: FlaskClient) -> dict[str, Any]:
    """A submission with a card number and an illness in its message."""
    shown = public.get("/v1/forms/request_contact").json
    assert shown
    fields = {"email": "zane@guest.example", "message": f"Can I pay with {CARD}? I have diabetes."}
    return {"presentation": shown["presentation"]["id"], "locale": "en", "fields": fields, "decisions": {}}


@pytest.fixture
def contact_page(public: FlaskClient) -> Page:
    return read_page(public.get(f"{PAGE}?lang=en").text)


class TestTheDryRun:
    def test_m05_c11_shows_the_text_without_it_and_warns(self, public: FlaskClient, catalogue: Catalogue) -> None:
        fields = {"message": f"I am pregnant. My card: {CARD}", "name": "Zane Example"}
        answer = public.post("/v1/forms/request_contact/checks", json={"locale": "en", "fields": fields}).json
        assert answer
        assert answer["ok"]
        verdict = answer["fields"]["message"]
        assert verdict["value"] == verdict["masked"] == "[private matter left out]. My card: [card number left out]"
        assert verdict["warnings"] == catalogue.free_texts["en"].told(["special_category", "card_number"])
        assert "warnings" not in answer["fields"]["name"]

    @pytest.mark.parametrize("locale", LOCALES)
    def test_k03_tells_a_child_kindly_in_each_language(self, public: FlaskClient, locale: str) -> None:
        body = {"locale": locale, "fields": {"message": YOUNG[locale]}}
        answer = public.post("/v1/forms/request_contact/checks", json=body).json
        assert answer
        verdict = answer["fields"]["message"]
        assert (verdict["ok"], verdict["code"]) == (False, "too_young")
        assert "16" in verdict["text"]
        assert "value" not in verdict

    def test_m05_a_line_of_text_is_read_like_a_message(self, public: FlaskClient) -> None:
        body = {"locale": "lv", "fields": {"name": "Zane 161175-19997"}}
        answer = public.post("/v1/forms/request_contact/checks", json=body).json
        assert answer
        assert answer["fields"]["name"]["value"] == "Zane [personas kods izlaists]"


class TestSubmitting:
    def test_m05_c11_keeps_the_text_without_it_and_tells(
        self, public: FlaskClient, sent: dict[str, Any], store: Store, clock: DrivenClock, catalogue: Catalogue
    ) -> None:
        answer = public.post(SUBMIT, json=sent)
        assert answer.status_code == 201
        assert answer.json["left_out"] == catalogue.free_texts["en"].told(["card_number", "special_category"])
        lead = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock())
        assert lead.values["message"] == "Can I pay with [card number left out]? [private matter left out]."

    def test_e02_the_evidence_commits_to_what_was_kept(
        self, public: FlaskClient, sent: dict[str, Any], store: Store, clock: DrivenClock
    ) -> None:
        reference = public.post(SUBMIT, json=sent).json["reference"]
        lead = read_lead(store, reference, actor="operator", why="test", now=clock())
        entry = next(entry for entry in lead.entries if entry.kind == "submission.received")
        with store.reading() as tx:
            key = get_data_key(tx, store.vault, lead.lead.subject_id)
        committed = json.loads(entry.body)["commitment"]
        assert committed == commit_to(store.vault, key, entry.id, {"fields": dict(lead.values)}).hex()
        assert committed != commit_to(store.vault, key, entry.id, {"fields": sent["fields"]}).hex()

    def test_says_nothing_of_it_when_nothing_was_left_out(self, public: FlaskClient, sent: dict[str, Any]) -> None:
        sent["fields"]["message"] = "Can I pay by invoice?"
        assert "left_out" not in public.post(SUBMIT, json=sent).json

    def test_r06_the_same_again_gets_the_first_answer_and_another_card_does_not(
        self, public: FlaskClient, sent: dict[str, Any], store: Store
    ) -> None:
        first = public.post(SUBMIT, json=sent)
        assert public.post(SUBMIT, json=sent).json == first.json
        sent["fields"]["message"] = sent["fields"]["message"].replace(CARD, "5555 5555 5555 4444")
        other = public.post(SUBMIT, json=sent)
        assert (other.status_code, other.json["code"]) == (409, "presentation_used")
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM leads")) == 1

    @pytest.mark.parametrize("locale", LOCALES)
    def test_k03_nothing_of_a_child_is_kept(self, public: FlaskClient, kept: Count, locale: str) -> None:
        shown = public.get(f"/v1/forms/request_contact?locale={locale}").json
        assert shown
        fields = {"email": "zane@guest.example", "message": YOUNG[locale]}
        body = {"presentation": shown["presentation"]["id"], "locale": locale, "fields": fields, "decisions": {}}
        answer = public.post(SUBMIT, json=body)
        assert (answer.status_code, answer.json["code"]) == (422, "fields_invalid")
        assert answer.json["fields"]["message"]["code"] == "too_young"
        assert kept() == 0


class TestPages:
    def test_m05_c11_the_thanks_tell_what_was_left_out(
        self, public: FlaskClient, contact_page: Page, catalogue: Catalogue
    ) -> None:
        typed = {"f-email": "zane@guest.example", "f-message": f"Mam cukrzycę. {CARD}"}
        answer = public.post(PAGE, data={**contact_page.form(), **typed})
        assert answer.status_code == 303
        assert "1111" not in answer.headers["Location"]
        thanks = read_page(public.get(answer.headers["Location"]).text)
        told = [(item.get("data-code"), item.text) for item in thanks.all("li") if item.get("data-code")]
        wanted = catalogue.free_texts["en"].told(["card_number", "special_category"])
        assert told == [(one["code"], one["text"]) for one in wanted]

    @pytest.mark.parametrize("query", ["?left_out=zq7f3", "?left_out=", "?left_out=<b>.card", ""])
    def test_sec14_the_thanks_echo_nothing_of_their_address(
        self, public: FlaskClient, contact_page: Page, query: str
    ) -> None:
        typed = {"f-email": "zane@guest.example", "f-message": "Hello"}
        place = public.post(PAGE, data={**contact_page.form(), **typed}).headers["Location"]
        page = public.get(place + query)
        assert page.status_code == 200
        assert "left-out" not in page.text
        assert "zq7f3" not in page.text

    @pytest.mark.parametrize("locale", LOCALES)
    def test_k03_k02_a_child_is_told_kindly_and_the_form_is_not_shown_again(
        self, public: FlaskClient, kept: Count, catalogue: Catalogue, locale: str
    ) -> None:
        form = read_page(public.get(f"{PAGE}?lang={locale}").text).form()
        answer = public.post(PAGE, data={**form, "f-email": "zane@guest.example", "f-message": YOUNG[locale]})
        assert answer.status_code == 422
        assert catalogue.view("request_contact", locale).problem_texts["too_young"] in read_page(answer.text).text
        assert "<form" not in answer.text
        assert "zane" not in answer.text
        assert kept() == 0


class TestMessages:
    """`POST /v1/texts/checks`, which the chat asks about every message."""

    @pytest.mark.parametrize("locale", LOCALES)
    def test_m05_c11_tells_a_text_as_it_might_be_kept(
        self, internal: FlaskClient, service: dict[str, str], catalogue: Catalogue, locale: str
    ) -> None:
        body = {"locale": locale, "text": f"{CARD}, jsem muslim"}
        answer = internal.post("/v1/texts/checks", json=body, headers=service)
        assert answer.status_code == 200
        texts = catalogue.free_texts[locale]
        assert answer.json == {
            "too_young": False,
            "value": texts.reader.read(body["text"], 2000).text,
            "warnings": texts.told(["card_number", "special_category"]),
        }
        assert "1111" not in answer.text
        assert "muslim" not in answer.text

    @pytest.mark.parametrize("typed", ["", "hello", "a\u0300\u0301\u0302\u0303\u0304\u0305", "x" * 2000, "\ufdd0"])
    def test_takes_whatever_can_be_typed(self, internal: FlaskClient, service: dict[str, str], typed: str) -> None:
        answer = internal.post("/v1/texts/checks", json={"locale": "en", "text": typed}, headers=service)
        assert answer.status_code == 200
        assert answer.json["warnings"] == []

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"locale": "en"}, 422, "body_invalid"),
            ({"locale": "en", "text": 12}, 422, "body_invalid"),
            ({"locale": "en", "text": "x" * 2001}, 422, "body_invalid"),
            ({"locale": "en", "text": "hello", "more": 1}, 422, "body_invalid"),
            ({"locale": "de", "text": "hello"}, 409, "locale_not_available"),
        ],
    )
    def test_sec26_takes_one_shape_only(
        self, internal: FlaskClient, service: dict[str, str], body: dict[str, Any], status: int, code: str
    ) -> None:
        answer = internal.post("/v1/texts/checks", json=body, headers=service)
        assert (answer.status_code, answer.json["code"]) == (status, code)

    def test_h02_is_for_the_bot_only(self, internal: FlaskClient, public: FlaskClient) -> None:
        body = {"locale": "en", "text": "hello"}
        assert internal.post("/v1/texts/checks", json=body).status_code == 401
        assert public.post("/v1/texts/checks", json=body).status_code == 404

    def test_every_code_has_its_sentence_in_the_description(self, internal: FlaskClient) -> None:
        schema = internal.get("/openapi.json").json["components"]["schemas"]["LeftOut"]
        assert schema["properties"]["code"]["enum"] == list(LEFT_OUT_CODES)
