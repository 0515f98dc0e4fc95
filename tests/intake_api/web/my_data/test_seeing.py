"""What is held, on the page and as a file: all of it, of this person only, and on the record."""

import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.end_rights_cases import end_rights_cases
from intake_api.flows.read_lead import read_lead
from intake_api.flows.write_note import write_note
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.publishing import MATERIAL, Press
from tests.intake_api.web.conftest import READING
from tests.intake_api.web.html import read_page
from tests.intake_api.web.my_data.asker import EMAIL, STRANGER, YESES, Send, press


class TestSeeing:
    def test_s05_all_that_is_held_stands_on_the_page(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock, delivered: Any
    ) -> None:
        reference = send(decisions=YESES, message="<b>zq7f3</b>", headcount=12)
        read_lead(store, reference, actor=f"staff:{'5' * 32}", why="review", now=clock.advance(minutes=1))
        delivered(reference)
        send(email=STRANGER, message="not mine")

        page = press(public, link("access"))

        assert page.status_code == 200
        for said in ("<b>zq7f3</b>", EMAIL, "Zane Example", "Offers that fit your request", "Datu valsts inspekcija"):
            assert said in read_page(page.text).text
        assert "<b>zq7f3" not in page.text
        assert "not mine" not in page.text
        assert "5" * 32 not in page.text
        crm = read_page(page.text).one("li", data_recipient="crm").text
        assert "2026-11-21 09:01 UTC" in crm

    def test_s05_what_staff_noted_is_told_but_not_who_and_is_not_theirs_to_take_along(
        self, public: FlaskClient, send: Send, link: Any, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        reference = send()
        note = {"note_id": "a" * 32, "staff_id": "5" * 32, "now": clock.advance(minutes=1)}
        write_note(store, catalogue, reference, "Asks for <b>zq7f3</b>", **note)  # type: ignore[arg-type]

        path = link("access")
        page = press(public, path)

        read = read_page(page.text)
        assert "Notes by our staff" in read.text
        assert read.one("dd", data_note="a" * 32).text == "Asks for <b>zq7f3</b>"
        assert "5" * 32 not in page.text
        key = read.one("input", name="key").get("value")
        (one,) = json.loads(press(public, f"{path}/download", f"key={key}").data)["submissions"]
        assert one["notes"] == [{"id": "a" * 32, "at": "2026-11-21T09:01:20.000Z", "text": "Asks for <b>zq7f3</b>"}]
        assert "zq7f3" not in press(public, link("portability")).text

    def test_c17_a_yes_to_what_has_changed_is_told_as_one_that_does_not_count(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock, tmp_path: Path
    ) -> None:
        send(decisions=YESES)
        Press(store, clock, tmp_path).publish(MATERIAL)

        told = read_page(press(public, link("access")).text).text

        assert (
            "Offers that fit your request: Yes; it has changed since and does not count until you say it again" in told
        )

    def test_s05_art15_the_file_holds_all_of_it(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock, delivered: Any
    ) -> None:
        reference = send(decisions=YESES, message="zq7f3", headcount=12)
        read_lead(store, reference, actor=f"staff:{'5' * 32}", why="review", now=clock.advance(minutes=1))
        delivered(reference)
        path = link("access")
        key = read_page(press(public, path).text).one("input", name="key").get("value")

        answer = press(public, f"{path}/download", f"key={key}")

        assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
        assert answer.content_type == "application/json"
        data = json.loads(answer.data)
        assert (data["schema"], data["email"]) == ("urn:vestibule:my-data:1", EMAIL)
        (one,) = data["submissions"]
        assert {field["name"]: field["value"] for field in one["fields"]} == {
            "name": "Zane Example",
            "email": EMAIL,
            "message": "zq7f3",
            "headcount": 12,
        }
        purposes = {purpose["id"]: purpose for purpose in one["purposes"]}
        assert {name: purpose["state"] for name, purpose in purposes.items()} == {
            "respond_to_request": "acted",
            "newsletter": "refused",
            "product_offers": "given",
        }
        assert purposes["product_offers"]["basis"].endswith("#A6-1-a")
        assert purposes["product_offers"]["retention"]["duration"] == "P12M"
        assert one["kept_until"] == "2027-11-21T09:00:20.000Z"
        recipients = {recipient["id"]: recipient for recipient in one["recipients"]}
        assert recipients["crm"]["name"] == "Brightledger Example GmbH"
        (left,) = recipients["crm"]["passed_on"]
        assert left["at"] == "2026-11-21T09:01:20.000Z"
        assert "email" in left["fields"]
        assert recipients["mail"]["passed_on"] == []
        assert one["looked_at"] == [{"at": "2026-11-21T09:01:20.000Z", "why": "review"}]
        assert {right["id"] for right in data["rights"]} >= {"A15", "A16", "A17", "A77"}
        assert data["complaint"]["url"] == "https://www.dvi.gov.lv/"
        assert data["controller"]["name"] == "Tidewick Example SIA"
        assert data["automated"]["decisions"] is False
        assert "5" * 32 not in answer.text

    def test_a01_each_reading_is_on_the_record_by_the_person(
        self, public: FlaskClient, send: Send, link: Any, store: Store
    ) -> None:
        send()
        path = link("access")
        key = read_page(press(public, path).text).one("input", name="key").get("value")
        press(public, f"{path}/download", f"key={key}")
        with store.reading() as tx:
            found = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'lead.read'"))
            read = [json.loads(bytes(body)) for body in found]
        assert [(one["actor"], one["why"]) for one in read] == [("subject", "access")] * 2
        assert {tuple(one["fields"]) for one in read} == {("email", "name")}

    def test_s15_only_the_page_itself_gives_the_file_and_not_for_long(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock
    ) -> None:
        send()
        path = link("access")
        assert press(public, f"{path}/download", "key=x").status_code == 410
        assert press(public, f"{path}/download").status_code == 410
        key = read_page(press(public, path).text).one("input", name="key").get("value")
        assert press(public, f"{path}/download", f"key={key[:-1]}").status_code == 410
        assert public.get(f"{path}/download?key={key}").status_code == 405
        assert press(public, f"{path}/download", f"key={key}").status_code == 200
        clock.advance(minutes=15)
        assert press(public, f"{path}/download", f"key={key}").status_code == 410
        assert end_rights_cases(store, now=clock()) == 1
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM rights_cases WHERE sealed IS NOT NULL")) == 0

    def test_s18_nothing_of_somebody_else_with_the_same_name_or_phone(
        self, public: FlaskClient, send: Send, link: Any
    ) -> None:
        send(phone="+371 20 000 000", message="mine")
        send(email=STRANGER, phone="+371 20 000 000", message="theirs")
        page = press(public, link("access")).text
        assert "mine" in page
        assert "theirs" not in page
        assert STRANGER not in page


class TestTheAgeOfConsent:
    def test_k04_s05_the_answer_beside_a_yes_is_shown_as_it_was_asked(
        self, public: FlaskClient, link: Any, clock: DrivenClock
    ) -> None:
        form = public.get("/v1/forms/contest?locale=cs").json
        assert form
        clock.advance(seconds=READING)
        body = {"presentation": form["presentation"]["id"], "locale": "cs", "decisions": {"newsletter": True}}
        sent = {**body, "fields": {"email": EMAIL, "message": "A tip"}, "age": "at_or_over"}
        assert public.post("/v1/forms/contest/submissions", json=sent).status_code == 201
        path = link("access")
        page = read_page(press(public, path).text)
        assert page.one("div", data_age="15").text == form["age"]["question"] + form["age"]["yes"]
        answer = press(public, f"{path}/download", f"key={page.one('input', name='key').get('value')}")
        (one,) = json.loads(answer.data)["submissions"]
        assert (one["age"]["threshold"], one["age"]["answer"]) == (15, "at_or_over")
        assert one["age"]["at"] == one["received_at"]

    def test_k04_where_nothing_is_kept_nothing_is_shown(self, public: FlaskClient, send: Send, link: Any) -> None:
        send(decisions=YESES)
        assert read_page(press(public, link("access")).text).all("div", data_age="16") == []
