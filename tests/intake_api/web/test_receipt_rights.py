"""Taking back and erasing with a receipt: through the API of both doors, and with the buttons of its page."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.clock import rfc3339
from intake_api.store.base import Store
from intake_api.store.decisions import states_of
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.web.html import Page, read_page

SUBMIT = "/v1/forms/request_demo/submissions"
UNKNOWN = f"{'0' * 32}-{'a' * 32}"
TABLES = ("leads", "lead_index", "decisions", "subjects", "confirmations", "evidence")
# What a browser sends along from a page that tells nobody where it is.
PRESSED = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null", "Accept": "text/html"}


@pytest.fixture
def token(public: FlaskClient, submission: dict[str, Any]) -> str:
    """The token of a receipt, after a visitor asked for a demo, with a yes to news and offers."""
    decided = {"newsletter": True, "product_offers": True}
    sent = public.post(SUBMIT, json={**submission, "decisions": decided}).json
    assert sent
    return str(sent["receipt"].rpartition("/")[2])


@pytest.fixture
def page(token: str) -> str:
    return f"/receipts/{token}"


@pytest.fixture
def states(store: Store) -> Any:
    def now() -> dict[str, str]:
        with store.reading() as tx:
            (lead_id,) = tx.scalars(text("SELECT id FROM leads"))
            return {purpose: state.value for purpose, state in states_of(tx, [lead_id])[lead_id].items()}

    return now


@pytest.fixture
def everything(store: Store) -> Any:
    def read() -> str:
        with store.reading() as tx:
            return repr([tx.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES])  # noqa: S608

    return read


def post(client: FlaskClient, path: str, body: object = None, **headers: str) -> Any:
    """Post JSON, or nothing at all."""
    return client.post(path, headers=headers) if body is None else client.post(path, json=body, headers=headers)


def shown(client: FlaskClient, path: str) -> Page:
    return read_page(client.get(path).text)


class TestThroughTheApi:
    @pytest.mark.parametrize("door", ["public", "internal"])
    @pytest.mark.parametrize("body", [None, {}])
    def test_w03_all_is_every_yes_and_the_request_is_still_answered(
        self, door: str, body: object, token: str, states: Any, service: dict[str, str], request: Any
    ) -> None:
        client = request.getfixturevalue(door)
        first = post(client, f"/v1/receipts/{token}/withdrawals", body, **service)
        assert first.status_code == 200
        assert first.json["state"] == "done"
        assert first.json["withdrawn"] == ["newsletter", "product_offers"]
        assert "Monthly newsletter by e-mail, Offers that fit your request" in first.json["text"]
        assert "still be answered" in first.json["text"]
        assert states() == {
            "respond_to_request": "acted",
            "newsletter": "withdrawn",
            "product_offers": "withdrawn",
        }
        assert post(client, f"/v1/receipts/{token}/withdrawals", body, **service).json == first.json

    def test_w03_one_alone(self, public: FlaskClient, token: str, states: Any) -> None:
        answer = post(public, f"/v1/receipts/{token}/withdrawals", {"purposes": ["product_offers"]})
        assert answer.json["withdrawn"] == ["product_offers"]
        assert states()["newsletter"] == "requested"

    def test_the_request_itself_can_be_stopped(self, public: FlaskClient, token: str, states: Any) -> None:
        answer = post(public, f"/v1/receipts/{token}/withdrawals", {"purposes": ["respond_to_request"]})
        assert answer.json["withdrawn"] == ["respond_to_request"]
        assert "still be answered" not in answer.json["text"]
        assert states()["respond_to_request"] == "stopped"

    def test_a_purpose_nobody_asked_about_is_told(self, public: FlaskClient, token: str, everything: Any) -> None:
        before = everything()
        answer = post(public, f"/v1/receipts/{token}/withdrawals", {"purposes": ["newsletter", "loyalty_programme"]})
        assert (answer.status_code, answer.json["code"]) == (422, "decision_invalid")
        assert answer.json["fields"]["loyalty_programme"]["code"] == "purpose_unknown"
        assert everything() == before

    @pytest.mark.parametrize("body", [{"purposes": []}, {"purposes": "newsletter"}, {"purposes": None}, {"all": True}])
    def test_sec26_another_shape_takes_nothing_back(
        self, public: FlaskClient, token: str, body: object, everything: Any
    ) -> None:
        before = everything()
        assert post(public, f"/v1/receipts/{token}/withdrawals", body).json["code"] == "body_invalid"
        assert everything() == before

    @pytest.mark.parametrize("door", ["public", "internal"])
    def test_erasing_is_done_once_and_said_twice(
        self, door: str, token: str, store: Store, service: dict[str, str], clock: DrivenClock, request: Any
    ) -> None:
        client = request.getfixturevalue(door)
        receipt = f"/v1/receipts/{token}"
        assert client.get(receipt, headers=service).status_code == 200
        first = post(client, f"{receipt}/erasures", **service)
        for path in (receipt, f"{receipt}.jsonld"):
            gone = client.get(path, headers=service)
            assert (gone.status_code, gone.json["code"]) == (410, "receipt_erased")
            assert gone.json["erased_at"] == rfc3339(clock())
        assert (first.status_code, first.json["state"]) == (200, "done")
        with store.reading() as tx:
            assert tx.scalar(text("SELECT state FROM leads")) == "erased"
            assert tx.scalar(text("SELECT COUNT(*) FROM lead_index")) == 0
        assert post(client, f"/v1/receipts/{token}/erasures", {}, **service).json == first.json
        withdrawn = post(client, f"/v1/receipts/{token}/withdrawals", **service)
        assert (withdrawn.status_code, withdrawn.json["withdrawn"]) == (200, [])

    @pytest.mark.parametrize("act", ["withdrawals", "erasures"])
    @pytest.mark.parametrize("wrong", ["x", "%00", UNKNOWN, f"{'0' * 31}%00-{'a' * 32}"])
    def test_an_unknown_receipt_is_told_by_code(self, public: FlaskClient, act: str, wrong: str) -> None:
        answer = post(public, f"/v1/receipts/{wrong}/{act}", {})
        assert (answer.status_code, answer.json["code"]) == (404, "receipt_unknown")

    def test_inside_only_the_bot_may(self, internal: FlaskClient, token: str, everything: Any) -> None:
        before = everything()
        for act in ("withdrawals", "erasures"):
            assert post(internal, f"/v1/receipts/{token}/{act}", {}).status_code == 401
        assert everything() == before

    def test_sec11_looking_changes_nothing(self, public: FlaskClient, token: str, everything: Any) -> None:
        before = everything()
        for act in ("withdrawals", "erasures"):
            for method in ("GET", "HEAD", "PUT", "DELETE"):
                assert public.open(f"/v1/receipts/{token}/{act}", method=method).status_code == 405
        assert everything() == before

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_it_answers_in_the_language_of_the_lead(
        self, public: FlaskClient, catalogue: Catalogue, submission: dict[str, Any], locale: str
    ) -> None:
        form = public.get(f"/v1/forms/request_demo?locale={locale}").json
        assert form
        body = {**submission, "locale": locale, "presentation": form["presentation"]["id"]}
        token = public.post(SUBMIT, json={**body, "decisions": {"product_offers": True}}).json["receipt"][-65:]
        title = catalogue.notice("request_demo", locale).texts["title.product_offers"]
        said = [post(public, f"/v1/receipts/{token}/{act}").json["text"] for act in ("withdrawals", "erasures")]
        assert title in said[0]
        assert not any("{" in one for one in said)


class TestOnItsPage:
    def test_w01_a_yes_is_taken_back_by_one_press(self, public: FlaskClient, page: str, states: Any) -> None:
        buttons = [one.get("value") for one in shown(public, page).all("input", name="purpose")]
        assert buttons == ["respond_to_request", "newsletter", "product_offers"]
        pressed = public.post(f"{page}/withdraw", data=b"purpose=product_offers", headers=PRESSED)
        assert (pressed.status_code, pressed.headers["Location"]) == (303, page)
        assert states()["product_offers"] == "withdrawn"
        after = shown(public, page)
        assert after.one("tr", data_purpose="product_offers").get("data-state") == "withdrawn"
        assert [one.get("value") for one in after.all("input", name="purpose")] == ["respond_to_request", "newsletter"]

    def test_w03_all_at_once_is_one_press_too(self, public: FlaskClient, page: str, states: Any) -> None:
        assert public.post(f"{page}/withdraw", data=b"", headers=PRESSED).status_code == 303
        assert states() == {
            "respond_to_request": "acted",
            "newsletter": "withdrawn",
            "product_offers": "withdrawn",
        }
        assert "Take back every yes" not in public.get(page).text

    def test_erasing_is_asked_once_more_and_then_shown(self, public: FlaskClient, page: str, everything: Any) -> None:
        before = everything()
        asked = shown(public, f"{page}/erase")
        assert asked.one("form").get("action") == f"{page}/erase"
        assert everything() == before
        assert public.post(f"{page}/erase", headers=PRESSED).headers["Location"] == page
        for path in (page, f"{page}/erase", page.replace("/receipts/", "/thanks/")):
            gone = public.get(path)
            told = " ".join(read_page(gone.text).one("div", data_state="erased").text.split())
            erased = "It is erased What you sent with this form was erased on 2026-11-21 09:00 UTC."
            assert (gone.status_code, told) == (410, erased)
            assert (gone.headers["Cache-Control"], gone.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert public.post(f"{page}/erase", headers=PRESSED).status_code == 303

    def test_c13_w05_looking_changes_nothing(self, public: FlaskClient, page: str, everything: Any) -> None:
        before = everything()
        for path in (page, f"{page}/erase"):
            for _ in range(3):
                assert public.get(path).status_code == 200
                assert public.head(path).status_code == 200
        assert public.get(f"{page}/withdraw").status_code == 405
        assert everything() == before

    def test_p04_its_address_is_told_to_nobody(self, public: FlaskClient, page: str) -> None:
        answers = [public.get(page), public.get(f"{page}/erase"), public.post(f"{page}/withdraw", headers=PRESSED)]
        for one in answers:
            assert one.headers["Referrer-Policy"] == "no-referrer"
            assert one.headers["Cache-Control"] == "no-store"
            assert one.headers["X-Robots-Tag"].startswith("noindex")

    def test_sec11_another_site_cannot_press_them(self, public: FlaskClient, page: str, everything: Any) -> None:
        before = everything()
        for act in ("withdraw", "erase"):
            for origin in ("https://evil.example", "null.example", "http://127.0.0.1:1"):
                answer = public.post(f"{page}/{act}", data=b"", headers={**PRESSED, "Origin": origin})
                assert answer.status_code == 403
        assert everything() == before
        assert public.post(f"{page}/withdraw", headers={**PRESSED, "Origin": PUBLIC_URL}).status_code == 303

    def test_sec11_elsewhere_null_is_no_origin_of_ours(self, public: FlaskClient, submission: dict[str, Any]) -> None:
        assert public.post(SUBMIT, json=submission, headers={"Origin": "null"}).status_code == 403

    def test_only_what_the_page_holds_counts(self, public: FlaskClient, page: str, everything: Any) -> None:
        before = everything()
        for sent, status in ((b"purpose=x", 422), (b"purpose=newsletter&purpose=x", 422), (b"all=1", 422)):
            assert public.post(f"{page}/withdraw", data=sent, headers=PRESSED).status_code == status
        assert public.post(f"{page}/erase", data=b"x=1", headers=PRESSED).status_code == 422
        assert public.post(f"{page}/erase?x=1", headers=PRESSED).status_code == 422
        assert everything() == before

    def test_what_is_taken_back_later_stands_with_its_time(
        self, public: FlaskClient, page: str, clock: DrivenClock
    ) -> None:
        clock.advance(minutes=5)
        public.post(f"{page}/withdraw", data=b"purpose=product_offers", headers=PRESSED)
        row = shown(public, page).one("tr", data_purpose="product_offers")
        assert "Taken back" in row.text
        assert "2026-11-21 09:05 UTC" in row.text
