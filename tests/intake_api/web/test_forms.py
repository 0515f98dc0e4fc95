"""Showing forms and notices."""

import hashlib
import json
import unicodedata

import pytest
import rfc8785
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store


class TestListing:
    def test_names_each_form_with_the_languages_it_collects_in(self, public: FlaskClient, catalogue: Catalogue) -> None:
        answer = public.get("/v1/forms?locale=en")
        assert answer.status_code == 200
        listed = {form["form"]: form for form in answer.json["forms"]}
        assert set(listed) == set(catalogue.forms)
        assert listed["request_demo"].keys() == {"form", "kind", "title", "benefit", "page", "locales"}
        assert "en" in listed["request_demo"]["locales"]

    def test_n17_a_language_that_is_not_offered_is_answered_with_those_that_are(self, public: FlaskClient) -> None:
        answer = public.get("/v1/forms?locale=de")
        assert (answer.status_code, answer.json["code"]) == (409, "locale_not_available")
        assert "en" in answer.json["locales"]


class TestShowing:
    def test_shows_all_that_is_asked_and_why(self, public: FlaskClient) -> None:
        form = public.get("/v1/forms/request_demo?locale=en&channel=page").json
        assert form["channel"] == "page"
        necessities = {field["name"]: field["necessity"] for field in form["fields"]}
        assert necessities["name"] == "required"
        assert necessities["email"] == necessities["phone"] == "one_of:contact"
        assert all(field["why"] and field["if_not_given"] and field["purposes"] for field in form["fields"])
        controls = {purpose["id"]: purpose["control"] for purpose in form["notice"]["purposes"]}
        assert controls == {"respond_to_request": "act", "newsletter": "opt_in", "product_offers": "opt_in"}

    def test_c06_each_showing_is_a_presentation_of_its_own(self, public: FlaskClient) -> None:
        shown = [public.get("/v1/forms/request_demo?channel=popup").json["presentation"]["id"] for _ in range(3)]
        ids = {presentation.partition(".")[0] for presentation in shown}
        assert len(ids) == 3

    def test_v08_every_sentence_of_it_stands_in_the_hashed_notice(self, public: FlaskClient) -> None:
        form = public.get("/v1/forms/request_demo").json
        notice = public.get(f"/v1/notices/{form['notice']['hash']}").json
        hashed = set(notice["texts"].values())
        shown = [form["title"], form["benefit"], form["notice"]["short"], form["notice"]["withdraw"]]
        shown += [purpose[name] for purpose in form["notice"]["purposes"] for name in ("label", "question", "text")]
        shown += [field[name] for field in form["fields"] for name in ("label", "question", "why", "if_not_given")]
        assert [sentence for sentence in shown if sentence not in hashed] == []

    def test_head_leaves_nothing_behind(self, public: FlaskClient, store: Store) -> None:
        assert public.head("/v1/forms/request_demo").status_code == 200
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM presentations")) == 0

    def test_n17_a_language_without_a_whole_notice_shows_no_form(self, public: FlaskClient, store: Store) -> None:
        answer = public.get("/v1/forms/request_demo?locale=de")
        assert (answer.status_code, answer.json["code"]) == (409, "locale_not_available")
        assert "fields" not in answer.json
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM presentations")) == 0

    def test_an_unknown_form_is_told_by_code(self, public: FlaskClient) -> None:
        answer = public.get("/v1/forms/no_such_form")
        assert (answer.status_code, answer.json["code"]) == (404, "form_unknown")
        assert answer.content_type == "application/problem+json"

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("locale=en&locale=lv", "repeated"),
            ("channel=page&utm_source=x", "unknown"),
            ("channel=fax", "value_wrong"),
            ("locale=", "value_wrong"),
            ("locale=en%0A", "value_wrong"),
            ("__proto__=1", "unknown"),
        ],
    )
    def test_sec26_the_query_is_taken_as_strictly_as_a_body(self, public: FlaskClient, query: str, code: str) -> None:
        answer = public.get(f"/v1/forms/request_demo?{query}")
        assert (answer.status_code, answer.json["code"]) == (422, "query_invalid")
        assert code in {problem["code"] for problem in answer.json["fields"].values()}


class TestNotices:
    def test_v01_the_bytes_hash_to_the_name_and_are_canonical(self, public: FlaskClient) -> None:
        for form in public.get("/v1/forms").json["forms"]:
            name = public.get(f"/v1/forms/{form['form']}").json["notice"]["hash"]
            body = public.get(f"/v1/notices/{name}").data
            assert hashlib.sha256(body).hexdigest() == name
            assert rfc8785.dumps(json.loads(body)) == body

    def test_v01_it_may_be_kept_for_ever_by_anybody(self, public: FlaskClient) -> None:
        name = public.get("/v1/forms/newsletter").json["notice"]["hash"]
        headers = public.get(f"/v1/notices/{name}", headers={"Origin": "https://reader.example"}).headers
        assert "immutable" in headers["Cache-Control"]
        assert headers["ETag"] == f'"{name}"'
        assert headers["Access-Control-Allow-Origin"] == "*"

    def test_v02_every_text_is_in_normal_form_and_made_of_characters(self, public: FlaskClient) -> None:
        name = public.get("/v1/forms/request_demo").json["notice"]["hash"]
        body = public.get(f"/v1/notices/{name}").data.decode("utf-8")
        assert unicodedata.is_normalized("NFC", body)
        assert {unicodedata.category(character) for character in body} & {"Cn", "Cs", "Co"} == set()

    def test_v04_a_notice_altered_in_the_database_is_not_given_out(self, public: FlaskClient, store: Store) -> None:
        name = public.get("/v1/forms/newsletter").json["notice"]["hash"]
        with store.writing() as tx:
            tx.execute(text("UPDATE notices SET body = :body WHERE hash = :hash"), {"body": b"{}", "hash": name})
        answer = public.get(f"/v1/notices/{name}")
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")

    @pytest.mark.parametrize("name", ["0" * 64, "x", "A" * 64, "..%2f..%2fetc%2fpasswd"])
    def test_an_unknown_notice_is_told_by_code(self, public: FlaskClient, name: str) -> None:
        answer = public.get(f"/v1/notices/{name}")
        assert answer.status_code == 404
