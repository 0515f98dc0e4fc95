"""Passkeys in a real browser with a device of its own (the virtual authenticator of Chromium): made, shown, refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import text

from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.passkeys import give_challenge, take_challenge
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.browsing import Trap, follow
from tests.intake_api.web.review.visitor import OURS, PASSWORD, Browser

pytestmark = pytest.mark.browser
ILZE = "ilze@tidewick.example"
FACTOR = "/account/second-factor"


class Laptop:
    """A browser with a device that holds keys."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        about = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": about})
        self.device = made["authenticatorId"]

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, label: str) -> None:
        follow(self.page.get_by_role("button", name=label, exact=True))

    def sign_in(self) -> None:
        self.open("/sign-in")
        self.page.fill("#email", ILZE)
        self.page.fill("#password", PASSWORD)
        self.press("Sign in")

    def keys(self) -> list[dict[str, Any]]:
        return list(self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.device})["credentials"])


@pytest.fixture
def laptop(chromium: Chromium, address: str, reviewer: Browser) -> Iterator[Laptop]:
    """Ilze's, signed in. Passkeys are good for a host name, and an address of numbers is none."""
    where = address.replace("127.0.0.1", "localhost")
    context = chromium.new_context()
    context.add_cookies([{"name": "vestibule", "value": reviewer.token, "url": where}])
    page = context.new_page()
    trap = Trap(page, where)
    yield Laptop(page, where)
    assert trap.caught == []
    context.close()


@pytest.fixture
def with_passkey(laptop: Laptop) -> Laptop:
    """Ilze's laptop, in which her passkey is."""
    laptop.open(FACTOR)
    laptop.press("Add a passkey")
    expect(laptop.page.locator(".codes li")).to_have_count(10)
    return laptop


class TestPasskeys:
    def test_sec01_one_is_made_and_wanted_from_then_on(self, with_passkey: Laptop, reviewer: Browser) -> None:
        assert len(with_passkey.keys()) == 1
        assert reviewer.get("/").status_code == 401  # SEC-04: all sessions of before have ended
        with_passkey.open("/account")
        with_passkey.press("Sign out")
        with_passkey.sign_in()
        expect(with_passkey.page).to_have_url(with_passkey.address + "/sign-in/code")
        with_passkey.press("Use a passkey")
        expect(with_passkey.page).to_have_url(with_passkey.address + "/")

    def test_sec01_another_device_does_not_get_in(self, chromium: Chromium, with_passkey: Laptop, store: Store) -> None:
        context = chromium.new_context()
        thief = Laptop(context.new_page(), with_passkey.address)
        thief.sign_in()
        thief.page.get_by_role("button", name="Use a passkey").click()
        expect(thief.page.get_by_role("alert")).to_be_visible()
        thief.open("/")
        expect(thief.page.locator("#password")).to_be_visible()
        context.close()

    def test_sec10_it_counts_as_fresh_for_ten_minutes(self, with_passkey: Laptop, clock: DrivenClock) -> None:
        clock.advance(minutes=11)
        with_passkey.open(FACTOR)
        with_passkey.press("New recovery codes")
        expect(with_passkey.page.locator("h1")).to_have_text("Your code, please")
        with_passkey.press("Use a passkey")
        expect(with_passkey.page).to_have_url(with_passkey.address + FACTOR)
        with_passkey.press("New recovery codes")
        expect(with_passkey.page.locator(".codes li")).to_have_count(10)

    def test_a_recovery_code_does_without_it(self, with_passkey: Laptop, stranger: Browser) -> None:
        code = with_passkey.page.locator(".codes code").first.inner_text()
        stranger.sign_in(ILZE, PASSWORD)
        answer = stranger.send(stranger.page("/sign-in/code"), "/sign-in/code", code=code)
        assert answer.status_code == 303

    def test_sec01_what_was_signed_once_is_worth_nothing_again(
        self, with_passkey: Laptop, review_app: Flask, store: Store
    ) -> None:
        sent: list[str] = []
        with_passkey.page.on(
            "request", lambda asked: sent.append(asked.post_data or "") if asked.method == "POST" else 0
        )
        with_passkey.open("/account")
        with_passkey.press("Sign out")
        with_passkey.sign_in()
        with_passkey.press("Use a passkey")
        (signed,) = [one for one in sent if "credential=%7B" in one]
        thief = Browser(review_app)
        thief.sign_in(ILZE, PASSWORD)
        form = thief.page("/sign-in/code").forms["/sign-in/passkey"]
        thief.client.post("/sign-in/passkey/options", data={"proof": form.fields["proof"]}, headers=OURS)
        body = "&".join([f"proof={form.fields['proof']}", *(one for one in signed.split("&") if one[:5] == "crede")])
        kind = "application/x-www-form-urlencoded"
        answer = thief.client.post("/sign-in/passkey", data=body, content_type=kind, headers=OURS)
        assert (answer.status_code, thief.get("/").status_code) == (401, 401)


class TestWithoutABrowser:
    """What a program may send instead of a device."""

    @pytest.mark.parametrize(
        "credential",
        ["", "{}", "[]", "null", '{"rawId": 7}', "\0", "x" * 9000, json.dumps({"rawId": "AAAA", "id": "AAAA"})],
    )
    def test_what_is_no_credential_is_refused(self, reviewer: Browser, store: Store, credential: str) -> None:
        reviewer.client.post("/account/passkeys/options", data={"proof": proof_of(reviewer)}, headers=OURS)
        data = {"proof": proof_of(reviewer), "credential": credential}
        for path in ("/account/passkeys", "/step-up/passkey"):
            assert reviewer.client.post(path, data=data, headers=OURS).status_code == 422, path
        with store.reading() as tx:
            assert not tx.execute(text("SELECT * FROM passkeys")).all()

    def test_sec11_options_want_the_proof_of_the_session(self, reviewer: Browser, stranger: Browser) -> None:
        for path in ("/account/passkeys/options", "/sign-in/passkey/options"):
            assert reviewer.client.post(path, data={"proof": "x"}, headers=OURS).status_code == 403
        assert stranger.client.post("/sign-in/passkey/options", headers=OURS).status_code in (401, 403)

    def test_a_challenge_is_of_one_session_and_short_lived(
        self, reviewer: Browser, store: Store, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            given = give_challenge(tx, reviewer.token, now=clock())
            assert take_challenge(tx, "another token", now=clock()) is None
            assert take_challenge(tx, reviewer.token, now=clock()) == given
            assert take_challenge(tx, reviewer.token, now=clock()) is None
            give_challenge(tx, reviewer.token, now=clock())
            assert take_challenge(tx, reviewer.token, now=clock.advance(minutes=5)) is None
            assert staff.find_session(tx, reviewer.token, now=clock())


def proof_of(browser: Browser) -> str:
    return browser.page("/").forms["/sign-out"].fields["proof"]
