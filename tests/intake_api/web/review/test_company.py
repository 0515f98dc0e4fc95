"""Signing in with the company's account: a real provider, real signatures, and every lie it could tell (SEC-01)."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.flows.sign_in_by_company import unlink_identity
from intake_api.log import LOGGER
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.settings import CompanySignIn, Settings
from intake_api.store import second_factors, staff
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.browsing import served
from tests.intake_api.web.review.company_provider import CLIENT, SECRET, CompanyProvider, Twist
from tests.intake_api.web.review.visitor import PASSWORD, Browser, MakeReviewer, Page, words_of

ILZE, MARIS = "ilze@tidewick.example", "maris@tidewick.example"
OWN_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MakeDoor = Callable[..., Flask]


@pytest.fixture
def provider(clock: DrivenClock) -> Iterator[CompanyProvider]:
    """The company's provider on a real port, where Ilze is signed in."""
    made = CompanyProvider(clock)
    with served(made.app) as where:
        made.issuer = where
        yield made


@pytest.fixture
def make_door(
    settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock, provider: CompanyProvider
) -> MakeDoor:
    """Make the review door of a company that has this provider."""

    def make(*, acr: tuple[str, ...] = (), **changed: Any) -> Flask:
        company = CompanySignIn(provider.issuer, CLIENT, SECRET, "Tidewick", frozenset(acr), plain=True)
        return create_review_app(replace(settings, company=company, **changed), catalogue, store, clock)

    return make


@pytest.fixture
def company_app(make_door: MakeDoor) -> Flask:
    return make_door(second_factor="required")


@pytest.fixture
def ilze(reviewing: MakeReviewer) -> str:
    """Ilze has an account; return its id."""
    reviewing(ILZE)
    return ILZE


@dataclass
class Journey:
    """A browser on its way to the provider and back."""

    browser: Browser

    def back_with(self, begin: str = "/sign-in/company") -> Page:
        """Go there, and return the page that stands where one comes back."""
        return Page(self.browser.get(self.way_back(begin)).text)

    def way_back(self, begin: str = "/sign-in/company") -> str:
        """Go there, and return the address one comes back to."""
        there = self.browser.get(begin)
        assert there.status_code == 303
        answer = urllib3.request("GET", there.headers["Location"], redirect=False, retries=False)
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def sign_in(self, begin: str = "/sign-in/company") -> TestResponse:
        """Go all the way."""
        return self.browser.send(self.back_with(begin), "/sign-in/company/finish")


def entries(store: Store, kind: str) -> int:
    with store.reading() as tx:
        return int(tx.scalar(text("SELECT count(*) FROM evidence WHERE kind = :kind"), {"kind": kind}) or 0)


class TestTheWay:
    def test_sec01_whoever_was_invited_comes_in_with_two_factors_shown_there(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, store: Store
    ) -> None:
        browser = Browser(company_app)
        assert "Sign in with Tidewick" in words_of(browser.page("/sign-in"))
        answer = Journey(browser).sign_in()
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert browser.get("/").status_code == 200
        assert entries(store, "staff.identity_linked") == 1
        assert provider.asked[0]["redirect_uri"].endswith("/sign-in/company/back")
        assert not {"prompt", "max_age"} & set(provider.asked[0])

    def test_the_second_time_it_is_known_by_what_never_changes(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, store: Store
    ) -> None:
        Journey(Browser(company_app)).sign_in()
        provider.email, provider.verified = "married@tidewick.example", False
        assert Journey(Browser(company_app)).sign_in().headers["Location"] == "/"
        assert entries(store, "staff.identity_linked") == 1

    def test_goes_on_to_the_lead_that_was_asked_for(self, company_app: Flask, ilze: str) -> None:
        answer = Journey(Browser(company_app)).sign_in("/sign-in/company?lead=VB-1234-5678")
        assert answer.headers["Location"] == "/leads/VB-1234-5678"

    def test_sec18_goes_nowhere_else(self, company_app: Flask, ilze: str) -> None:
        answer = Journey(Browser(company_app)).sign_in("/sign-in/company?lead=https://evil.example")
        assert answer.headers["Location"] == "/"

    def test_sec11_coming_back_changes_nothing_by_itself(self, company_app: Flask, ilze: str, store: Store) -> None:
        journey = Journey(Browser(company_app))
        way_back = journey.way_back()
        for _ in range(3):
            assert journey.browser.get(way_back).status_code == 200
        assert entries(store, "staff.signed_in") == 0
        page = Page(journey.browser.get(way_back).text)
        foreign = journey.browser.send(page, "/sign-in/company/finish", {"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert journey.browser.get("/").status_code == 401

    def test_sec05_over_https_the_cookie_is_bound_to_host_and_browser(self, make_door: MakeDoor, ilze: str) -> None:
        app = make_door(review_url="https://review.tidewick.example")
        answer = app.test_client().get("/sign-in/company", base_url="https://review.tidewick.example")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-vestibule-company=")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
        assert "Domain" not in cookie

    def test_sec04_the_session_from_before_is_over(self, company_app: Flask, reviewing: MakeReviewer) -> None:
        before = reviewing(ILZE)
        browser = Browser(company_app, before.token)
        Journey(browser).sign_in()
        assert browser.token != before.token
        assert before.get("/").status_code == 401


class TestNobodyRegisters:
    @pytest.mark.parametrize(
        ("email", "verified"),
        [("stranger@tidewick.example", True), (ILZE, False), (ILZE, "true"), (ILZE, None), (ILZE, 1)],
    )
    def test_sec01_without_an_account_and_a_verified_address_nobody_comes_in(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, email: str, verified: object, store: Store
    ) -> None:
        provider.email, provider.verified = email, verified
        browser = Browser(company_app)
        answer = Journey(browser).sign_in()
        assert answer.status_code == 401
        assert browser.get("/").status_code == 401
        with store.reading() as tx:
            assert tx.scalar(text("SELECT count(*) FROM staff")) == 1
            assert tx.scalar(text("SELECT count(*) FROM staff_identities")) == 0
        assert entries(store, "staff.sign_in_failed") == 1

    def test_sec03_the_answer_is_the_same_whatever_the_reason(
        self,
        company_app: Flask,
        ilze: str,
        reviewing: MakeReviewer,
        provider: CompanyProvider,
        store: Store,
        clock: DrivenClock,
    ) -> None:
        reviewing(MARIS)
        with store.writing() as tx:
            account = staff.find_account(tx, MARIS)
            assert account
            staff.set_disabled(tx, account.reviewer.id, clock())
        said = set()
        for email in ("stranger@tidewick.example", MARIS):
            provider.email = email
            said.add(Journey(Browser(company_app)).sign_in().text)
        assert len(said) == 1
        assert "stranger" not in said.pop()

    def test_sec01_an_address_that_somebody_else_has_now_opens_nothing(
        self, company_app: Flask, ilze: str, provider: CompanyProvider
    ) -> None:
        Journey(Browser(company_app)).sign_in()
        provider.subject = "somebody who was given the address of Ilze"
        assert Journey(Browser(company_app)).sign_in().status_code == 401

    def test_sec04_a_switched_off_account_stays_out(
        self, company_app: Flask, ilze: str, store: Store, clock: DrivenClock
    ) -> None:
        Journey(Browser(company_app)).sign_in()
        with store.writing() as tx:
            account = staff.find_account(tx, ILZE)
            assert account
            staff.set_disabled(tx, account.reviewer.id, clock())
        assert Journey(Browser(company_app)).sign_in().status_code == 401

    def test_forgotten_at_the_provider_the_address_counts_again(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, store: Store, clock: DrivenClock
    ) -> None:
        browser = Browser(company_app)
        Journey(browser).sign_in()
        with store.reading() as tx:
            account = staff.find_account(tx, ILZE)
        assert account
        unlink_identity(store, account.reviewer.id, actor="operator", now=clock())
        assert browser.get("/").status_code == 401
        provider.subject = "another account of hers"
        assert Journey(Browser(company_app)).sign_in().headers["Location"] == "/"

    def test_sec01_a_printed_password_is_worth_nothing_after_it(
        self, make_door: MakeDoor, store: Store, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            staff.add_staff(tx, ILZE, staff.hash_password("printed-once-for-ilze"), one_time=True, now=clock())
        app = make_door()
        assert Journey(Browser(app)).sign_in().headers["Location"] == "/"
        assert Browser(app).sign_in(ILZE, "printed-once-for-ilze").status_code == 401


class TestFactors:
    def test_sec01_one_factor_there_is_followed_by_one_here(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, store: Store, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            account = staff.find_account(tx, ILZE)
            assert account
            second_factors.put_factor(tx, store.vault, account.reviewer.id, OWN_SECRET, now=clock())
            second_factors.confirm_factor(tx, account.reviewer.id, now=clock())
        provider.amr = ["pwd"]
        browser = Browser(company_app)
        assert Journey(browser).sign_in().headers["Location"] == "/sign-in/code"
        assert browser.get("/").status_code == 401

    @pytest.mark.parametrize("amr", [None, [], ["pwd"], "mfa", {"mfa": 1}, ["pwd", "mfa "]])
    def test_sec01_one_factor_there_and_none_here_leads_to_setting_it_up_and_nowhere_else(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, amr: object
    ) -> None:
        provider.amr = amr
        browser = Browser(company_app)
        answer = Journey(browser).sign_in()
        if answer.status_code == 303:  # else its word is not even taken
            assert browser.get("/").headers["Location"] == "/account/second-factor"
        else:
            assert (answer.status_code, amr) in [(401, "mfa"), (401, {"mfa": 1})]

    @pytest.mark.parametrize(("acr", "home"), [("phr", "/"), ("pwd", None), (None, None)])
    def test_sec01_the_class_of_the_sign_in_counts_where_it_is_set(
        self, make_door: MakeDoor, ilze: str, provider: CompanyProvider, acr: str | None, home: str | None
    ) -> None:
        provider.acr = acr
        browser = Browser(make_door(acr=("phr", "phrh"), second_factor="required"))
        Journey(browser).sign_in()
        assert provider.asked[0]["acr_values"] == "phr phrh"
        assert (browser.get("/").status_code == 200) == (home == "/")


class TestStepUp:
    @pytest.fixture
    def anna(
        self, company_app: Flask, reviewing: MakeReviewer, provider: CompanyProvider, clock: DrivenClock
    ) -> Browser:
        """Anna, who lets people in, and signed in with her company's account a while ago."""
        reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR])
        provider.email = "anna@tidewick.example"
        browser = Browser(company_app)
        Journey(browser).sign_in()
        clock.advance(minutes=11)
        return browser

    def test_sec10_what_reaches_far_is_asked_for_there_anew(
        self, anna: Browser, provider: CompanyProvider, clock: DrivenClock
    ) -> None:
        refused = anna.send(anna.page("/people"), "/people", email="x@tidewick.example", role="officer")
        assert refused.status_code == 403
        (link,) = [one for one in Page(refused.text).links if one.startswith("/step-up/company")]
        before = anna.token
        answer = Journey(anna).sign_in(link)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/people")
        assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
        assert anna.token != before
        done = anna.send(anna.page("/people"), "/people", email="x@tidewick.example", role="officer")
        assert done.status_code == 303

    def test_sec10_an_old_sign_in_there_is_not_fresh(
        self, anna: Browser, provider: CompanyProvider, clock: DrivenClock
    ) -> None:
        long_ago = int(clock().timestamp()) - 300
        provider.twist = lambda claims: claims.update(auth_time=long_ago)
        assert Journey(anna).sign_in("/step-up/company?back=people.show").status_code == 401
        assert anna.send(anna.page("/people"), "/people").status_code == 403

    @pytest.mark.parametrize("lie", [{"auth_time": None}, {"amr": ["pwd"]}, {"sub": "somebody else"}])
    def test_sec10_without_two_factors_of_this_person_just_now_it_is_refused(
        self, anna: Browser, provider: CompanyProvider, lie: dict[str, Any]
    ) -> None:
        provider.twist = lambda claims: claims.update(lie)
        assert Journey(anna).sign_in("/step-up/company?back=people.show").status_code == 401
        assert anna.send(anna.page("/people"), "/people").status_code == 403

    def test_sec10_a_sign_in_from_an_old_session_there_is_not_fresh(self, anna: Browser, company_app: Flask) -> None:
        again = Browser(company_app)
        assert Journey(again).sign_in().headers["Location"] == "/"
        assert again.send(again.page("/people"), "/people").status_code == 403

    @pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "assets.asset"])
    def test_sec18_it_leads_back_to_a_page_of_ours_only(self, anna: Browser, back: str) -> None:
        assert Journey(anna).sign_in(f"/step-up/company?back={back}").headers["Location"] == "/account"


def lie(**changed: Any) -> Twist:
    return lambda claims: claims.update(changed)


class TestLies:
    @pytest.mark.parametrize(
        "twist",
        [
            lie(nonce="another"),
            lie(nonce=None),
            lie(aud="another"),
            lie(aud=[CLIENT, "another"]),
            lie(aud=[CLIENT, "another"], azp="another"),
            lie(aud=None),
            lie(iss="https://evil.example"),
            lie(iss=None),
            lie(sub=None),
            lie(sub=""),
            lie(sub=7),
            lie(sub="x" * 256),
            lie(exp=1_700_000_000),
            lie(exp=None),
            lie(exp="tomorrow"),
            lie(iat=4_000_000_000),
            lie(iat=1_700_000_000),
            lie(iat=None),
            lie(nbf=4_000_000_000),
            lie(auth_time="now"),
        ],
    )
    def test_sec01_a_token_that_is_not_for_us_here_and_now_lets_nobody_in(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, twist: Twist
    ) -> None:
        provider.twist = twist
        browser = Browser(company_app)
        assert Journey(browser).sign_in().status_code == 401
        assert browser.get("/").status_code == 401

    @pytest.mark.parametrize("how", ["unsigned", "by_secret", "by_stranger"])
    def test_sec01_a_token_that_the_provider_did_not_sign_lets_nobody_in(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, how: str
    ) -> None:
        setattr(provider, how, True)
        assert Journey(Browser(company_app)).sign_in().status_code == 401

    def test_sec01_a_new_key_is_looked_up_and_a_gone_one_is_worth_nothing(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, clock: DrivenClock
    ) -> None:
        Journey(Browser(company_app)).sign_in()
        provider.rotate()
        clock.advance(minutes=1)
        assert Journey(Browser(company_app)).sign_in().headers["Location"] == "/"
        assert provider.looks == 2

    def test_nobody_makes_us_look_for_keys_as_often_as_they_like(
        self, company_app: Flask, ilze: str, provider: CompanyProvider
    ) -> None:
        Journey(Browser(company_app)).sign_in()
        provider.rotate()
        assert [Journey(Browser(company_app)).sign_in().status_code for _ in range(3)] == [401] * 3
        assert provider.looks == 1

    @pytest.mark.parametrize("named", ["https://evil.example", "same"])
    def test_sec01_an_answer_of_another_provider_is_mixed_up(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, named: str
    ) -> None:
        provider.names_itself = provider.issuer if named == "same" else named
        assert (Journey(Browser(company_app)).sign_in().status_code == 303) == (named == "same")

    def test_sec01_a_provider_that_names_itself_does_so_always(
        self, company_app: Flask, ilze: str, provider: CompanyProvider
    ) -> None:
        provider.names_itself = provider.issuer
        journey = Journey(Browser(company_app))
        page = journey.back_with()
        assert journey.browser.send(page, "/sign-in/company/finish", iss="").status_code == 401

    def test_a_provider_that_says_it_is_another_is_not_asked(
        self, company_app: Flask, ilze: str, provider: CompanyProvider
    ) -> None:
        provider.says_issuer = "https://evil.example"
        assert Browser(company_app).get("/sign-in/company").status_code == 503

    def test_sec34_a_redirect_is_not_followed(self, company_app: Flask, ilze: str, provider: CompanyProvider) -> None:
        provider.redirects_tokens_to = f"{provider.issuer}/keys"
        assert Journey(Browser(company_app)).sign_in().status_code == 503
        assert provider.looks == 1


class TestReplays:
    def test_sec01_an_answer_is_good_once_even_if_the_provider_takes_it_again(
        self, company_app: Flask, ilze: str, provider: CompanyProvider
    ) -> None:
        provider.codes_last = True
        journey = Journey(Browser(company_app))
        cookie = None
        page = journey.back_with()
        cookie = journey.browser.client.get_cookie("vestibule-company")
        assert cookie
        assert journey.browser.send(page, "/sign-in/company/finish").status_code == 303
        thief = Browser(company_app)
        thief.client.set_cookie("vestibule-company", cookie.value)
        assert thief.send(page, "/sign-in/company/finish").status_code == 401
        assert thief.get("/").status_code == 401

    def test_sec01_an_answer_in_another_browser_is_worth_nothing(self, company_app: Flask, ilze: str) -> None:
        page = Journey(Browser(company_app)).back_with()
        victim = Browser(company_app)
        Journey(victim).way_back()  # has begun one of its own
        assert victim.send(page, "/sign-in/company/finish").status_code == 401
        assert Browser(company_app).send(page, "/sign-in/company/finish").status_code == 401

    def test_an_answer_that_comes_too_late_is_not_taken(
        self, company_app: Flask, ilze: str, clock: DrivenClock
    ) -> None:
        journey = Journey(Browser(company_app))
        page = journey.back_with()
        clock.advance(minutes=11)
        assert journey.browser.send(page, "/sign-in/company/finish").status_code == 401

    @pytest.mark.parametrize("query", ["", "?error=access_denied&state=x", "?code=&state=x", f"?code={'x' * 5000}"])
    def test_a_way_back_without_a_code_leads_to_signing_in(self, company_app: Flask, query: str) -> None:
        answer = Browser(company_app).get(f"/sign-in/company/back{query}")
        assert answer.status_code == 401
        assert "/sign-in" in Page(answer.text).forms

    @pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "..", "a.1.e30=", "é.1.x"])
    def test_a_made_up_cookie_is_no_question_of_ours(self, company_app: Flask, cookie: str) -> None:
        browser = Browser(company_app)
        page = Journey(browser).back_with()
        browser.client.set_cookie("vestibule-company", cookie)
        assert browser.send(page, "/sign-in/company/finish").status_code == 401


class TestWithoutPasswords:
    def test_the_way_by_password_is_closed(self, make_door: MakeDoor, ilze: str, stranger: Browser) -> None:
        page = stranger.page("/sign-in")
        closed = Browser(make_door(passwords=False))
        assert "/sign-in" not in closed.page("/sign-in").forms
        assert closed.send(page, "/sign-in", email=ILZE, password=PASSWORD).status_code == 404
        assert closed.get("/join/whatever").headers["Location"] == "/sign-in"
        assert Journey(closed).sign_in().headers["Location"] == "/"

    def test_without_a_provider_there_is_no_such_way(self, stranger: Browser) -> None:
        assert [stranger.get(path).status_code for path in ("/sign-in/company", "/sign-in/company/back")] == [404, 404]
        assert "company" not in stranger.get("/sign-in").text


class TestTheLog:
    def test_sec36_neither_secret_nor_code_nor_person_is_in_it(
        self, company_app: Flask, ilze: str, provider: CompanyProvider, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        Journey(Browser(company_app)).sign_in()
        provider.twist = lie(aud="another")
        Journey(Browser(company_app)).sign_in()
        said = [one.getMessage() for one in caplog.records if one.name == LOGGER]
        assert "security.company_refused reason=invalid_claim" in said
        spoken = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("werkzeug"))
        assert not [one for one in (SECRET, ILZE, provider.subject) if one in spoken]
        assert not [asked["state"] for asked in provider.asked if asked["state"] in "".join(said)]

    def test_sec47_the_secret_is_not_in_what_is_printed_of_the_settings(self, settings: Settings) -> None:
        company = CompanySignIn("https://login.example", CLIENT, SECRET, "Tidewick", frozenset(), plain=False)
        assert SECRET not in repr(replace(settings, company=company))
