"""Global Privacy Control: the signal is written down beside the decision and changes none (C-20)."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.evidence import list_entries
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.web.demo_page import PAGE, TYPED, no
from tests.intake_api.web.html import Page

SUBMIT = "/v1/forms/request_demo/submissions"


def received(store: Store, reference: str) -> tuple[Lead, dict[str, Any]]:
    """Return a lead and the entry of its submission."""
    with store.reading() as tx:
        lead = get_lead(tx, reference)
        entries = [json.loads(entry.body) for entry in list_entries(tx, lead.id)]
    return lead, next(entry for entry in entries if entry["kind"] == "submission.received")


class TestTheSignal:
    @pytest.mark.parametrize(("headers", "said"), [({"Sec-GPC": "1"}, True), ({"Sec-GPC": "0"}, None), ({}, None)])
    def test_c20_is_kept_with_what_was_sent(
        self, public: FlaskClient, store: Store, submission: dict[str, Any], headers: dict[str, str], said: bool | None
    ) -> None:
        answer = public.post(SUBMIT, json=submission, headers=headers)
        _, entry = received(store, answer.json["reference"])
        assert entry.get("gpc") is said

    def test_c20_a_later_yes_of_their_own_is_a_yes(
        self, public: FlaskClient, store: Store, submission: dict[str, Any]
    ) -> None:
        body = {**submission, "decisions": {"product_offers": True}}
        answer = public.post(SUBMIT, json=body, headers={"Sec-GPC": "1"})
        lead, entry = received(store, answer.json["reference"])
        with store.reading() as tx:
            assert current_decisions(tx, lead.id)["product_offers"].state is DecisionState.GIVEN
        assert entry["gpc"] is True

    def test_c20_by_the_page_too(self, public: FlaskClient, store: Store, shown: Page) -> None:
        sent = {**shown.form(), **TYPED, "d-product_offers": no(shown, "product_offers")}
        thanks = public.get(public.post(PAGE, data=sent, headers={"Sec-GPC": "1"}).headers["Location"])
        reference = re.search(r"VB-[0-9A-Z]{4}-[0-9A-Z]{4}", thanks.text)
        assert reference
        assert received(store, reference.group())[1]["gpc"] is True


class TestTheResource:
    def test_c20_tells_browsers_that_it_is_honoured(self, public: FlaskClient) -> None:
        answer = public.get("/.well-known/gpc.json")
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        assert answer.json["gpc"] is True
        assert answer.json["lastUpdate"] >= "2026-11-22"
