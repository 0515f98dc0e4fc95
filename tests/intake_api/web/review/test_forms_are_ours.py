"""Only a page of ours, opened in this very session, can change anything (SEC-11)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from intake_api.rules.lead_state import LeadState
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import lead_now
from tests.intake_api.web.review.visitor import OURS, PASSWORD, Browser, MakeReviewer, Page, path_of

SECURE = "https://review.tidewick.example"
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8081"},
    {"Origin": "http://127.0.0.1:8080"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site"},
]


def decline_path(lead: Lead) -> str:
    return path_of(lead, "/decline")


def decline(browser: Browser, lead: Lead, headers: dict[str, str], **fields: str) -> int:
    page = browser.page(path_of(lead))
    return browser.send(page, decline_path(lead), headers, reason="not_a_fit", **fields).status_code


class TestForms:
    @pytest.mark.parametrize("headers", FOREIGN)
    def test_sec11_another_site_changes_nothing(
        self, reviewer: Browser, store: Store, lead: Lead, headers: dict[str, str]
    ) -> None:
        assert decline(reviewer, lead, headers) == 403
        assert lead_now(store, lead).state is LeadState.NEW

    @pytest.mark.parametrize("headers", FOREIGN)
    def test_sec11_another_site_signs_nobody_in(
        self, stranger: Browser, reviewing: MakeReviewer, headers: dict[str, str]
    ) -> None:
        reviewing()
        answer = stranger.sign_in("ilze@tidewick.example", PASSWORD, headers=headers)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers

    @pytest.mark.parametrize("proof", ["", "x", "é", "A" * 44])
    def test_sec11_a_form_without_the_right_proof_changes_nothing(
        self, reviewer: Browser, store: Store, lead: Lead, proof: str
    ) -> None:
        assert decline(reviewer, lead, OURS, proof=proof) == 403
        assert lead_now(store, lead).state is LeadState.NEW

    def test_sec11_the_proof_of_another_session_is_worth_nothing(
        self, reviewing: MakeReviewer, store: Store, lead: Lead
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        proof = piotr.page("/").forms["/sign-out"].fields["proof"]
        assert decline(ilze, lead, OURS, proof=proof) == 403
        assert lead_now(store, lead).state is LeadState.NEW

    @pytest.mark.parametrize("content_type", ["text/plain", "application/json", "multipart/form-data", ""])
    def test_sec11_other_content_types_carry_no_proof(
        self, reviewer: Browser, store: Store, lead: Lead, content_type: str
    ) -> None:
        fields = reviewer.page(path_of(lead)).forms[decline_path(lead)].fields
        body = "&".join(f"{name}={value}" for name, value in {**fields, "reason": "not_a_fit"}.items())
        answer = reviewer.client.post(decline_path(lead), data=body, content_type=content_type, headers=OURS)
        assert answer.status_code == 403
        assert lead_now(store, lead).state is LeadState.NEW

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"])
    def test_sec11_nothing_but_post_changes_anything(
        self, reviewer: Browser, store: Store, lead: Lead, method: str
    ) -> None:
        form = reviewer.page(path_of(lead)).forms[decline_path(lead)]
        reviewer.client.open(
            decline_path(lead),
            method=method,
            query_string={**form.fields, "reason": "not_a_fit"},
            headers={**OURS, "X-HTTP-Method-Override": "POST"},
        )
        assert lead_now(store, lead).state is LeadState.NEW

    def test_a_page_of_ours_can(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        assert decline(reviewer, lead, OURS) == 303
        assert lead_now(store, lead).state is LeadState.DECLINED

    def test_a_program_without_a_browser_can_on_plain_http(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        assert decline(reviewer, lead, {}) == 303


class TestBehindHttps:
    @pytest.fixture
    def secure(self, secure_app: Flask, store: Store, clock: DrivenClock, password_hash: str) -> FlaskClient:
        """A browser signed in at the door that settings say is reached by https, through a proxy that speaks http."""
        with store.writing() as tx:
            staff_id = staff.add_staff(tx, "ilze@tidewick.example", password_hash, one_time=False, now=clock())
            token = staff.open_session(tx, staff_id, now=clock())
        client = secure_app.test_client(use_cookies=False)
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        client.environ_base["HTTP_COOKIE"] = f"__Host-vestibule={token}"
        return client

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 403),
            ({"Origin": SECURE}, 303),
            ({"Sec-Fetch-Site": "same-origin"}, 303),
            ({"Origin": "https://tidewick.example"}, 403),
            ({"Origin": "http://127.0.0.1:8080"}, 403),
        ],
    )
    def test_sec11_says_nothing_of_its_origin_is_refused(
        self, secure: FlaskClient, lead: Lead, headers: dict[str, str], status: int
    ) -> None:
        base = SECURE.replace("https", "http")
        page = Page(secure.get(path_of(lead), base_url=base).text)
        data = {**page.forms[decline_path(lead)].fields, "reason": "not_a_fit"}
        answer = secure.post(decline_path(lead), base_url=base, data=data, headers=headers)
        assert answer.status_code == status
