"""The signed receipt at its addresses, the keys it is checked with, and the page that checks one (P-01 to P-06)."""

import base64
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.verifier import verify_receipt
from intake_api.web.limits import BODY_BYTES
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.signed_receipts import Office
from tests.intake_api.web.html import Page, read_page

SUBMIT = "/v1/forms/request_demo/submissions"
KEYS = "/.well-known/vestibule-keys.json"
CHECK = "/receipts/verify"
LOCALES = ("en", "lv", "ru", "pl", "cs")


@pytest.fixture
def office(store: Store, settings: Settings, clock: DrivenClock) -> Office:
    return Office(store, settings, clock)


@pytest.fixture
def path(public: FlaskClient, submission: dict[str, Any], office: Office) -> str:
    """The path of a receipt whose entry has its place."""
    answer = public.post(SUBMIT, json={**submission, "decisions": {"product_offers": True}})
    office.place()
    return str(answer.json["receipt"]).removeprefix(PUBLIC_URL)


@pytest.fixture
def receipt(public: FlaskClient, path: str) -> bytes:
    return public.get(f"/v1{path}.jsonld").data


def put_in(public: FlaskClient, data: bytes, **more: str) -> Any:
    """Send a file as the page does."""
    sent = {"lang": "en", **more, "receipt": (io.BytesIO(data), "receipt.jsonld")}
    return public.post(CHECK, data=sent, content_type="multipart/form-data")


class TestTheFile:
    @pytest.mark.parametrize("door", ["public", "internal"])
    def test_p01_both_doors_give_it(
        self, door: str, request: pytest.FixtureRequest, path: str, service: dict[str, str], office: Office
    ) -> None:
        client: FlaskClient = request.getfixturevalue(door)
        answer = client.get(f"/v1{path}.jsonld", headers=service)
        assert answer.content_type == "application/ld+json"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="receipt-VB-')
        assert verify_receipt(answer.data, office.keys).faults == []

    def test_p04_it_is_not_kept_not_indexed_and_told_to_nobody(self, public: FlaskClient, path: str) -> None:
        headers = public.get(f"/v1{path}.jsonld").headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"].startswith("noindex")
        assert headers["Referrer-Policy"] == "no-referrer"

    @pytest.mark.parametrize("page", ["receipts", "thanks"])
    def test_p01_it_is_offered_at_once(self, public: FlaskClient, path: str, page: str) -> None:
        shown = read_page(public.get(path.replace("receipts", page)).text)
        assert f"/v1{path}.jsonld" in [link.get("href") for link in shown.all("a")]

    def test_p01_the_json_of_a_receipt_names_it(self, public: FlaskClient, path: str) -> None:
        assert public.get(f"/v1{path}").json["signed"] == f"{PUBLIC_URL}/v1{path}.jsonld"

    def test_p02_links_lead_where_they_say(self, public: FlaskClient, receipt: bytes) -> None:
        links = json.loads(receipt)["li:links"]
        for name in ("change_or_withdraw", "my_data", "notice", "verify", "keys"):
            assert public.get(links[name].removeprefix(PUBLIC_URL)).status_code == 200, name
        assert links["complain"].startswith("https://")

    def test_p02_nothing_typed_stands_in_it_but_a_masked_contact(self, receipt: bytes) -> None:
        assert json.loads(receipt)["li:contact_masked"] == {"email": "z***@guest.example"}
        assert b"zane@" not in receipt
        assert b"Zane" not in receipt

    def test_p05_the_token_opens_no_data(self, public: FlaskClient, path: str) -> None:
        for answer in (public.get(path), public.get(f"/v1{path}"), public.get(f"/v1{path}.jsonld")):
            assert b"zane@guest.example" not in answer.data
            assert b"Zane Example" not in answer.data


class TestPublishedKeys:
    def test_p03_they_are_those_that_sign(self, public: FlaskClient, office: Office) -> None:
        answer = public.get(KEYS)
        assert answer.content_type == "application/jwk-set+json"
        keys = answer.json["keys"]
        assert {key["signs"]: base64.urlsafe_b64decode(key["x"] + "=") for key in keys} == dict(
            zip(("receipt", "checkpoint"), office.keys, strict=True)
        )
        assert {(key["kty"], key["crv"], key["until"]) for key in keys} == {("OKP", "Ed25519", None)}

    def test_no_private_half_is_among_them(self, public: FlaskClient) -> None:
        assert {name for key in public.get(KEYS).json["keys"] for name in key} == {
            "kty", "crv", "x", "kid", "signs", "since", "until"
        }  # fmt: skip


class TestChecking:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_p03_says_in_the_readers_language_what_was_agreed(
        self, public: FlaskClient, receipt: bytes, locale: str
    ) -> None:
        page = read_page(put_in(public, receipt, lang=locale).text)
        assert page.one("section", data_verdict="stands")
        assert page.one("html").get("lang") == locale
        assert states(page) == {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "given"}
        assert "z***@guest.example" in page.text

    @pytest.mark.parametrize("locale", LOCALES)
    def test_p03_says_plainly_what_does_not_stand(self, public: FlaskClient, receipt: bytes, locale: str) -> None:
        bad = receipt.replace(b'"answer":"refused"', b'"answer":"given"  ')
        answer = put_in(public, bad, lang=locale)
        page = read_page(answer.text)
        assert answer.status_code == 200
        assert {one.get("data-code") for one in page.all("li") if one.get("data-code")} == {
            "rewritten", "signature_wrong", "decision_differs"
        }  # fmt: skip
        assert states(page) == {}
        assert "z***@guest.example" not in page.text

    def test_p03_a_receipt_of_another_house_is_not_ours(
        self, public: FlaskClient, receipt: bytes, store: Store
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE keyring SET public_key = :other WHERE name = 'RECEIPT_KEY'"), {"other": b"o" * 32})
        page = read_page(put_in(public, receipt).text)
        assert [one.get("data-code") for one in page.all("li") if one.get("data-code")] == ["key_unknown"]

    def test_p06_a_kept_receipt_still_stands_after_erasure(
        self, public: FlaskClient, path: str, receipt: bytes
    ) -> None:
        assert public.post(f"{path}/erase").status_code == 303
        assert public.get(f"/v1{path}.jsonld").status_code == 410
        assert read_page(put_in(public, receipt).text).one("section", data_verdict="stands")

    def test_before_it_has_its_place_that_is_said(self, public: FlaskClient, submission: dict[str, Any]) -> None:
        path = public.post(SUBMIT, json=submission).json["receipt"].removeprefix(PUBLIC_URL)
        page = read_page(put_in(public, public.get(f"/v1{path}.jsonld").data).text)
        assert "it promises one" in page.one("section", data_verdict="stands").text

    def test_p03_nothing_of_it_is_kept(
        self, public: FlaskClient, receipt: bytes, store: Store, caplog: pytest.LogCaptureFixture
    ) -> None:
        def everything() -> list[Any]:
            with store.reading() as tx:
                tables = tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
                return [tx.execute(text(f"SELECT * FROM {table}")).all() for table in tables]  # noqa: S608 - our names

        before = everything()
        put_in(public, receipt)
        put_in(public, receipt[:-1])
        assert everything() == before
        assert json.loads(receipt)["li:submission"]["reference"] not in caplog.text

    @pytest.mark.parametrize("data", [b"", b"nothing"])
    def test_a_page_follows_whatever_is_put_in(self, public: FlaskClient, data: bytes) -> None:
        answer = put_in(public, data)
        assert answer.status_code == (200 if data else 422)
        assert read_page(answer.text).one("input", type="file")

    def test_no_file_is_said_beside_the_field(self, public: FlaskClient) -> None:
        answer = public.post(CHECK, data={"lang": "en"}, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert read_page(answer.text).one("p", id="receipt-problem").text == "Please choose a file first."

    def test_sec24_a_large_one_is_refused(self, public: FlaskClient) -> None:
        assert put_in(public, b" " * BODY_BYTES).status_code == 413

    @pytest.mark.parametrize(
        ("sent", "kind", "status"),
        [
            ({"lang": "en"}, "application/x-www-form-urlencoded", 415),
            ({"lang": "en", "other": "x"}, "multipart/form-data", 422),
            ({"lang": ["en", "lv"]}, "multipart/form-data", 422),
            ({"other": (io.BytesIO(b"x"), "x")}, "multipart/form-data", 422),
        ],
    )
    def test_sec26_another_shape_is_refused(
        self, public: FlaskClient, sent: dict[str, Any], kind: str, status: int
    ) -> None:
        assert public.post(CHECK, data=sent, content_type=kind).status_code == status

    def test_p03_what_stands_in_a_file_is_text_and_never_markup(
        self, public: FlaskClient, office: Office, receipt: bytes
    ) -> None:
        def script(document: dict[str, Any]) -> None:
            document["li:submission"]["title"] = "<script>alert(1)</script>"
            document["li:you_said"][0]["title"] = "<img src=x>"

        page = put_in(public, office.signed_anew(receipt, script)).text
        assert "<script" not in page
        assert "<img src=x>" not in page


def states(page: Page) -> dict[str, str]:
    """Return what a page tells as decided."""
    return {row.get("data-purpose"): row.get("data-state") for row in page.all("tr") if row.get("data-purpose")}
