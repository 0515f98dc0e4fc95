"""The receipt as machines read it (P-01, P-04), and who may not."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store

SUBMIT = "/v1/forms/request_demo/submissions"
ODD_TOKENS = ("x", "A" * 32, "%00", "%00-x", f"{'0' * 31}%00-{'a' * 32}", f"{'0' * 32}-{'a' * 32}%0A", "'; DROP TABLE")


class TestReceipts:
    def test_p04_the_answer_is_not_kept_not_indexed_and_told_to_nobody(
        self, public: FlaskClient, submission: dict[str, Any]
    ) -> None:
        link = public.post(SUBMIT, json=submission).json["receipt"].replace("/receipts/", "/v1/receipts/")
        headers = public.get(link).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"].startswith("noindex")
        assert headers["Referrer-Policy"] == "no-referrer"

    def test_p04_the_database_does_not_hold_the_token(
        self, public: FlaskClient, submission: dict[str, Any], store: Store
    ) -> None:
        token = public.post(SUBMIT, json=submission).json["receipt"].rpartition("/")[2]
        with store.reading() as tx:
            row = tx.execute(text("SELECT * FROM leads")).one()
        assert all(token not in str(value) and token.partition("-")[2] not in str(value) for value in row)

    def test_p01_it_says_what_was_agreed_on_which_text_and_where_it_stands(
        self, public: FlaskClient, submission: dict[str, Any], catalogue: Catalogue
    ) -> None:
        answer = public.post(SUBMIT, json={**submission, "decisions": {"product_offers": True}})
        receipt = public.get(answer.json["receipt"].replace("/receipts/", "/v1/receipts/")).json
        states = {decision["purpose"]: decision["state"] for decision in receipt["decisions"]}
        assert states == {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "given"}
        assert receipt["notice"]["hash"] == catalogue.notice("request_demo", "en").hash
        assert receipt["notice"]["document"]["texts"]["short"]
        assert len(receipt["evidence"]["leaf_hash"]) == 64

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    @pytest.mark.parametrize("token", [*ODD_TOKENS, f"{'0' * 32}-{'a' * 32}"])
    def test_a_wrong_token_is_told_by_code(self, public: FlaskClient, token: str) -> None:
        answer = public.get(f"/v1/receipts/{token}")
        assert (answer.status_code, answer.json["code"]) == (404, "receipt_unknown")
        for page in ("thanks", "receipts"):
            assert public.get(f"/{page}/{token}", headers={"Accept": "text/html"}).status_code == 404
