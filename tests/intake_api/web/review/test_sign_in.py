"""Signing in and out: passwords, the brake, sessions, cookies, the printed password."""

import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from intake_api.flows import sign_in as sign_in_flow
from intake_api.flows.issue_password import Invitation, invite_first_staff, reset_staff
from intake_api.flows.open_store import open_store
from intake_api.flows.sign_in import SignInRefused, TooManyTries, sign_in
from intake_api.settings import Settings
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.web.limits import Slots
from intake_api.web.review.sign_in import AT_ONCE, SLOTS
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.review.visitor import OURS, PASSWORD, Browser, Page

ILZE = "ilze@tidewick.example"
OTHER = "another password altogether"


@pytest.fixture
def printed(store: Store, clock: DrivenClock) -> Invitation:
    """What a first start prints."""
    invitation = invite_first_staff(store, ILZE, now=clock())
    assert invitation
    return invitation


@pytest.fixture
def ilze(store: Store, clock: DrivenClock, password_hash: str) -> str:
    """An account with a password of its own; returns its id."""
    with store.writing() as tx:
        return staff.add_staff(tx, ILZE, password_hash, one_time=False, now=clock())


def audit(store: Store) -> list[dict[str, object]]:
    """Return all audit entries about staff."""
    with store.reading() as tx:
        rows = tx.execute(text("SELECT body FROM evidence WHERE kind LIKE 'staff.%' ORDER BY at, id"))
        return [json.loads(row.body) for row in rows]


def choose(browser: Browser, password: str, again: str | None = None) -> TestResponse:
    return browser.send(browser.page("/password"), "/password", password=password, again=again or password)


class TestSigningIn:
    def test_opens_the_queue(self, stranger: Browser, ilze: str) -> None:
        answer = stranger.sign_in(ILZE, PASSWORD)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert stranger.get("/").status_code == 200

    def test_the_case_of_an_email_does_not_matter(self, stranger: Browser, ilze: str) -> None:
        assert stranger.sign_in(" Ilze@Tidewick.EXAMPLE", PASSWORD).status_code == 303

    @pytest.mark.parametrize("path", ["/", "/leads/VB-0000-0000", "/password"])
    def test_whoever_is_not_signed_in_gets_the_page_to_sign_in(self, stranger: Browser, path: str) -> None:
        answer = stranger.get(path)
        assert answer.status_code == 401
        assert "/sign-in" in Page(answer.text).forms

    def test_goes_on_to_the_lead_that_was_asked_for(self, stranger: Browser, ilze: str) -> None:
        asked = Page(stranger.get("/leads/vb0a1b2c3d").text)
        answer = stranger.send(asked, "/sign-in", email=ILZE, password=PASSWORD)
        assert answer.headers["Location"] == "/leads/VB-0A1B-2C3D"

    @pytest.mark.parametrize(
        "target",
        ["//evil.example", "/\\evil.example", "https:evil.example", "%0d%0aLocation:", "javascript:alert(1)", "VB-1"],
    )
    def test_sec18_goes_nowhere_else(self, stranger: Browser, ilze: str, target: str) -> None:
        answer = stranger.send(stranger.page("/sign-in"), "/sign-in", email=ILZE, password=PASSWORD, lead=target)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        page = stranger.get("/sign-in", query_string={"lead": target, "next": target, "return_to": target})
        assert target not in page.text

    def test_sec03_the_answer_is_the_same_for_an_unknown_person(self, stranger: Browser, ilze: str) -> None:
        known, unknown = stranger.sign_in(ILZE, OTHER), stranger.sign_in("nobody@tidewick.example", OTHER)
        assert known.status_code == unknown.status_code == 401
        assert known.text.replace(ILZE, "") == unknown.text.replace("nobody@tidewick.example", "")

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    @pytest.mark.parametrize("email", ["\0", f"{ILZE}\0", "\u0085\u202e", ILZE + "x" * 254])
    def test_sec25_an_email_that_nobody_can_have_is_answered_and_counted_like_any_other(
        self, stranger: Browser, store: Store, ilze: str, email: str
    ) -> None:
        said = [stranger.sign_in(email, PASSWORD) for _ in range(6)]
        assert [answer.status_code for answer in said] == [401] * 5 + [429]
        assert "do not fit together" in said[0].text
        assert [entry["staff"] for entry in audit(store)] == [None] * 5

    @pytest.mark.parametrize("normalise", ["email", "password"])
    def test_sec25_what_is_far_too_long_is_never_normalised(
        self, store: Store, clock: DrivenClock, ilze: str, monkeypatch: pytest.MonkeyPatch, normalise: str
    ) -> None:
        # Alternating marks take quadratic time to sort, so the work is bounded by the length that is let through.
        lengths: list[int] = []
        real = unicodedata.normalize

        def noting(form: str, text: str) -> str:
            lengths.append(len(text))
            return real(form, text)

        monkeypatch.setattr(unicodedata, "normalize", noting)
        marks = "a" + "\u0301\u0323" * 15_000
        typed = {"email": ILZE, "password": PASSWORD, normalise: marks}
        with pytest.raises(SignInRefused):
            sign_in(store, **typed, network="192.0.2.1/32", now=clock())
        assert lengths
        assert max(lengths) <= 4 * 128

    def test_sec02_a_long_password_is_its_whole_self(self, stranger: Browser, store: Store, clock: DrivenClock) -> None:
        # Typed in pieces (e, then its accents) it is three times as long as it counts.
        longest = unicodedata.normalize("NFD", "ế" * 128)
        with store.writing() as tx:
            staff.add_staff(tx, ILZE, staff.hash_password(longest), one_time=False, now=clock())
        assert stranger.sign_in(ILZE, longest).status_code == 303
        assert stranger.sign_in(ILZE, longest + "x" * 400).status_code == 401

    def test_sec03_an_unknown_person_costs_the_same_work(self, store: Store, clock: DrivenClock, ilze: str) -> None:
        # The time of a check is the hash's parameters and nothing else, so they are compared, not measured.
        assert not PasswordHasher().check_needs_rehash(staff.NOBODYS)
        with store.reading() as tx:
            account = staff.find_account(tx, ILZE)
        assert account
        assert account.password_hash.split("$")[:4] == staff.NOBODYS.split("$")[:4]
        assert not staff.password_matches(None, PASSWORD)

    def test_sec01_a_fresh_house_has_no_usable_account(self, stranger: Browser, store: Store) -> None:
        with store.reading() as tx:
            assert staff.count_staff(tx) == 0
        assert stranger.sign_in("admin", "admin").status_code == 401

    def test_passwords_are_kept_as_argon2id_only(self, store: Store, ilze: str) -> None:
        with store.reading() as tx:
            kept = tx.scalar(text("SELECT password_hash FROM staff"))
        assert str(kept).startswith("$argon2id$")

    def test_sign_ins_and_failures_are_on_the_record_without_an_email(
        self, stranger: Browser, store: Store, ilze: str
    ) -> None:
        stranger.sign_in(ILZE, OTHER)
        stranger.sign_in("nobody@tidewick.example", OTHER)
        stranger.sign_in(ILZE, PASSWORD)
        stranger.send(stranger.page("/"), "/sign-out")
        entries = audit(store)
        assert [(entry["kind"], entry["staff"]) for entry in entries if entry["kind"] == "staff.sign_in_failed"] in (
            [("staff.sign_in_failed", ilze), ("staff.sign_in_failed", None)],
            [("staff.sign_in_failed", None), ("staff.sign_in_failed", ilze)],
        )
        assert {entry["kind"] for entry in entries} >= {"staff.signed_in", "staff.signed_out"}
        assert "@" not in json.dumps(entries)


class TestBrake:
    """Guessing gets slow for an account and for a network, and never shuts the right person out for good."""

    def guess(self, store: Store, clock: DrivenClock, email: str = ILZE, network: str = "192.0.2.1/32") -> str:
        try:
            sign_in(store, email, OTHER, network=network, now=clock())
        except (SignInRefused, TooManyTries) as error:
            return str(error.code)
        return "in"

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_sec03_after_five_failures_a_wait_begins(self, store: Store, clock: DrivenClock, ilze: str) -> None:
        said = [self.guess(store, clock) for _ in range(7)]
        assert said == ["sign_in_refused"] * 5 + ["too_many_tries"] * 2

    def test_sec03_the_right_password_waits_too_and_then_gets_in(
        self, store: Store, clock: DrivenClock, stranger: Browser, ilze: str
    ) -> None:
        for _ in range(5):
            assert stranger.sign_in(ILZE, OTHER).status_code == 401
        braked = stranger.sign_in(ILZE, PASSWORD)
        assert braked.status_code == 429
        clock.advance(seconds=int(braked.headers["Retry-After"]))
        assert stranger.sign_in(ILZE, PASSWORD).status_code == 303

    def test_sec03_a_thousand_tries_of_one_night_check_few_passwords(
        self, store: Store, clock: DrivenClock, ilze: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The real check is slow on purpose; here only the number of checks counts.
        monkeypatch.setattr(sign_in_flow.staff, "password_matches", lambda _account, _password: False)
        looked_at = 0
        for number in range(1000):
            clock.advance(seconds=28)
            looked_at += self.guess(store, clock, network=f"198.51.100.{number % 250}/32") == "sign_in_refused"
        assert 20 <= looked_at <= 130

    def test_sec03_a_network_that_tries_many_accounts_waits(
        self, store: Store, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sign_in_flow.staff, "password_matches", lambda _account, _password: False)
        said = [self.guess(store, clock, email=f"person{number}@tidewick.example") for number in range(32)]
        assert said == ["sign_in_refused"] * 30 + ["too_many_tries"] * 2
        assert self.guess(store, clock, network="192.0.2.77/32") == "sign_in_refused"

    def test_sec03_strangers_cannot_keep_a_person_out_of_their_usual_network(
        self, store: Store, clock: DrivenClock, ilze: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_in(store, ILZE, PASSWORD, network="203.0.113.5/32", now=clock())
        with monkeypatch.context() as quick:
            quick.setattr(sign_in_flow.staff, "password_matches", lambda _account, _password: False)
            for number in range(40):
                self.guess(store, clock, network=f"198.51.100.{number}/32")
        assert self.guess(store, clock, network="192.0.2.200/32") == "too_many_tries"
        assert sign_in(store, ILZE, PASSWORD, network="203.0.113.5/32", now=clock()).token

    def test_sec03_the_brake_is_the_same_for_an_account_that_is_not_there(
        self, store: Store, clock: DrivenClock
    ) -> None:
        said = [self.guess(store, clock, email="nobody@tidewick.example") for _ in range(6)]
        assert said == ["sign_in_refused"] * 5 + ["too_many_tries"]

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_sec03_guesses_in_parallel_and_in_two_processes_gain_nothing(
        self, settings: Settings, store: Store, clock: DrivenClock, ilze: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sign_in_flow.staff, "password_matches", lambda _account, _password: False)
        other = open_store(settings)
        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(lambda number: self.guess((store, other)[number % 2], clock), range(40)))
        other.close()
        assert said.count("sign_in_refused") == 5

    def test_neither_email_nor_network_is_kept_in_clear(self, store: Store, clock: DrivenClock) -> None:
        self.guess(store, clock)
        with store.reading() as tx:
            rows = tx.execute(text("SELECT * FROM sign_in_tries")).all()
        assert len(rows) == 3
        assert all(len(row.key) == 8 for row in rows)


class TestManyAtOnce:
    def test_a_door_that_checks_enough_passwords_already_says_try_again(
        self, stranger: Browser, review_app: Flask, ilze: str
    ) -> None:
        slots: Slots = review_app.extensions[SLOTS]
        with ExitStack() as stack:
            taken = [stack.enter_context(slots.one()) for _ in range(AT_ONCE)]
            assert all(taken)
            assert stranger.sign_in(ILZE, PASSWORD).status_code == 429
        assert stranger.sign_in(ILZE, PASSWORD).status_code == 303


class TestPrintedPassword:
    """The password of the first start opens nothing but the page on which one's own is chosen."""

    def test_sec01_leads_to_choosing_before_anything_else(self, stranger: Browser, printed: Invitation) -> None:
        answer = stranger.sign_in(printed.email, printed.password)
        assert answer.headers["Location"] == "/password"
        for path in ("/", "/leads/VB-0000-0000", "/?state=all"):
            assert stranger.get(path).headers["Location"] == "/password", path
        proof = stranger.page("/password").forms["/password"].fields["proof"]
        forced = stranger.client.post("/leads/VB-0000-0000/approve", data={"proof": proof}, headers=OURS)
        assert (forced.status_code, forced.headers["Location"]) == (303, "/password")

    def test_sec01_is_good_for_one_sign_in(self, stranger: Browser, printed: Invitation) -> None:
        assert stranger.sign_in(printed.email, printed.password).status_code == 303
        assert stranger.sign_in(printed.email, printed.password).status_code == 401

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_sec01_is_good_for_one_of_two_at_the_same_time(
        self, store: Store, printed: Invitation, clock: DrivenClock
    ) -> None:
        def enter(_number: int) -> bool:
            try:
                sign_in(store, printed.email, printed.password, network="192.0.2.1/32", now=clock())
            except SignInRefused:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(enter, range(4))).count(True) == 1

    @pytest.mark.parametrize(
        ("password", "says"),
        [("tooshrt", "too short"), ("p" * 129, "too long"), ("password1234", "first that anybody would guess")],
    )
    def test_sec02_a_poor_choice_is_refused_and_says_why(
        self, stranger: Browser, printed: Invitation, password: str, says: str
    ) -> None:
        stranger.sign_in(printed.email, printed.password)
        answer = choose(stranger, password)
        assert answer.status_code == 422
        assert says in answer.text
        assert password not in answer.text

    def test_sec01_the_printed_one_cannot_be_chosen(self, stranger: Browser, printed: Invitation) -> None:
        stranger.sign_in(printed.email, printed.password)
        assert choose(stranger, printed.password).status_code == 422

    def test_it_must_be_typed_twice(self, stranger: Browser, printed: Invitation) -> None:
        stranger.sign_in(printed.email, printed.password)
        assert choose(stranger, PASSWORD, OTHER).status_code == 422

    def test_sec04_choosing_gives_a_new_token_and_ends_the_old_one(
        self, stranger: Browser, review_app: Flask, printed: Invitation
    ) -> None:
        stranger.sign_in(printed.email, printed.password)
        before = Browser(review_app, stranger.token)
        assert choose(stranger, PASSWORD).headers["Location"] == "/"
        assert stranger.get("/").status_code == 200
        assert before.get("/").status_code == 401
        assert Browser(review_app).sign_in(printed.email, PASSWORD).status_code == 303

    def test_choosing_is_over_once_it_is_done(self, reviewer: Browser) -> None:
        assert reviewer.get("/password").headers["Location"] == "/"
        proof = reviewer.page("/").forms["/sign-out"].fields["proof"]
        answer = reviewer.client.post(
            "/password", data={"proof": proof, "password": OTHER, "again": OTHER}, headers=OURS
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
        assert reviewer.get("/").status_code == 200


class TestSessions:
    def test_sec04_a_sign_in_gives_a_new_token_and_ends_the_old_session(
        self, stranger: Browser, review_app: Flask, ilze: str
    ) -> None:
        stranger.client.set_cookie("vestibule", "fixed-by-somebody-else")
        stranger.sign_in(ILZE, PASSWORD)
        first = stranger.token
        assert first != "fixed-by-somebody-else"
        assert len(first) >= 43
        stranger.sign_in(ILZE, PASSWORD)
        assert stranger.token != first
        assert Browser(review_app, first).get("/").status_code == 401

    def test_sec04_signing_out_ends_it_on_the_server(self, reviewer: Browser, review_app: Flask) -> None:
        thief = Browser(review_app, reviewer.token)
        assert thief.get("/").status_code == 200
        answer = reviewer.send(reviewer.page("/"), "/sign-out")
        assert answer.headers["Location"] == "/sign-in"
        assert reviewer.token == ""
        assert thief.get("/").status_code == 401

    def test_sec04_another_password_ends_all_of_them(self, reviewer: Browser, store: Store, clock: DrivenClock) -> None:
        reset_staff(store, ILZE, now=clock())
        assert reviewer.get("/").status_code == 401

    def test_sec04_idles_out_after_thirty_minutes(self, reviewer: Browser, clock: DrivenClock) -> None:
        for _ in range(3):
            clock.advance(minutes=29)
            assert reviewer.get("/").status_code == 200
        clock.advance(minutes=30, seconds=1)
        assert reviewer.get("/").status_code == 401

    def test_sec04_ends_after_ten_hours_however_busy(self, reviewer: Browser, clock: DrivenClock) -> None:
        for _ in range(23):
            clock.advance(minutes=26)
            assert reviewer.get("/").status_code == 200
        clock.advance(minutes=26)
        assert reviewer.get("/").status_code == 401

    def test_sec04_the_token_is_nowhere_in_the_database(self, reviewer: Browser, store: Store) -> None:
        with store.reading() as tx:
            rows = tx.execute(text("SELECT * FROM staff_sessions")).all()
        assert rows
        assert reviewer.token not in str(rows)

    @pytest.mark.parametrize("token", ["", "x", "💥", "a" * 5000, "'; DROP TABLE staff; --"])
    def test_a_cookie_of_nobody_opens_nothing(self, review_app: Flask, token: str) -> None:
        answer = review_app.test_client().get("/", headers={"Cookie": f"vestibule={token}".encode().decode("latin-1")})
        assert answer.status_code == 401

    def test_sec05_over_https_the_cookie_is_bound_to_host_and_browser(self, secure_app: Flask, ilze: str) -> None:
        base = "https://review.tidewick.example"
        answer = secure_app.test_client().post(
            "/sign-in", base_url=base, data={"email": ILZE, "password": PASSWORD}, headers={"Origin": base}
        )
        name, _, rest = answer.headers["Set-Cookie"].partition("=")
        rules = {rule.strip().lower() for rule in rest.split(";")[1:]}
        assert name == "__Host-vestibule"
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= rules
        assert not [rule for rule in rules if rule.startswith("domain")]

    def test_sec05_over_plain_http_other_clients_can_keep_it(self, stranger: Browser, ilze: str) -> None:
        cookie = stranger.sign_in(ILZE, PASSWORD).headers["Set-Cookie"].lower()
        assert cookie.startswith("vestibule=")
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie
