"""The second factor: a password alone opens nothing (SEC-01), a code is good once, far-reaching acts want it fresh."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import text

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.flows.prove_factor import CodeRefused, TooManyTries, prove_factor
from intake_api.flows.rotate_key import HeldKeys, rotate_key
from intake_api.flows.set_up_factor import offered_factor
from intake_api.flows.sign_in import sign_in
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.rules.time_code import accepted_step
from intake_api.settings import Settings, read_settings
from intake_api.store import second_factors, staff
from intake_api.store.base import Store
from intake_api.store.vault import Vault
from tests.intake_api.conftest import DrivenClock, random_secrets
from tests.intake_api.web.review.visitor import PASSWORD, Browser, MakeReviewer, Page, words_of

ILZE, ANNA = "ilze@tidewick.example", "anna@tidewick.example"
FACTOR = "/account/second-factor"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
Code = Callable[[], str]


@pytest.fixture
def code(store: Store, clock: DrivenClock) -> Code:
    """Ilze's phone: moves on to the next code and reads it."""

    def read() -> str:
        clock.advance(seconds=30)
        with store.reading() as tx:
            account = staff.find_account(tx, ILZE)
            assert account
            factor = second_factors.find_factor(tx, store.vault, account.reviewer.id)
        assert factor
        return pyotp.TOTP(factor.secret).at(clock())

    return read


@pytest.fixture
def with_factor(reviewer: Browser, code: Code) -> Browser:
    """Ilze, whose second factor is set up."""
    reviewer.send(reviewer.page(FACTOR), FACTOR)
    assert reviewer.send(reviewer.page(FACTOR), f"{FACTOR}/confirm", code=code()).status_code == 200
    return reviewer


@pytest.fixture
def strict_app(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    """The review door where a second factor is required."""
    return create_review_app(replace(settings, second_factor="required"), catalogue, store, clock)


def give_code(browser: Browser, typed: str, path: str = "/sign-in/code") -> int:
    return browser.send(browser.page(path), path, code=typed).status_code


def kinds(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.scalars(text("SELECT kind FROM evidence WHERE kind LIKE 'staff.%' ORDER BY at, id")))


class TestSigningIn:
    def test_sec01_a_password_alone_opens_nothing(
        self, with_factor: Browser, stranger: Browser, store: Store, code: Code
    ) -> None:
        answer = stranger.sign_in(ILZE, PASSWORD)
        assert answer.headers["Location"] == "/sign-in/code"
        for path in ("/", "/account", FACTOR, "/people", "/audit", "/password"):
            assert stranger.get(path).status_code == 401, path
        before = stranger.token
        assert give_code(stranger, code()) == 303
        assert stranger.get("/").status_code == 200
        assert stranger.token != before
        assert {"staff.password_accepted", "staff.signed_in"} <= set(kinds(store))

    def test_sec04_the_token_before_the_code_is_worth_nothing_after_it(
        self, with_factor: Browser, stranger: Browser, review_app: Flask, code: Code
    ) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        thief = Browser(review_app, stranger.token)
        give_code(stranger, code())
        assert [thief.get(path).status_code for path in ("/", "/sign-in/code")] == [401, 401]

    def test_sec01_a_code_is_good_once(
        self, with_factor: Browser, stranger: Browser, review_app: Flask, code: Code
    ) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        used = code()
        assert give_code(stranger, used) == 303
        other = Browser(review_app)
        other.sign_in(ILZE, PASSWORD)
        assert give_code(other, used) == 401
        assert other.get("/").status_code == 401

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_sec01_a_code_is_good_for_one_of_many_at_the_same_time(
        self, with_factor: Browser, store: Store, clock: DrivenClock, code: Code
    ) -> None:
        tokens = [sign_in(store, ILZE, PASSWORD, network="192.0.2.1/32", now=clock()).token for _ in range(4)]
        typed = code()

        def enter(token: str) -> bool:
            try:
                prove_factor(store, token, typed, network="192.0.2.1/32", now=clock())
            except CodeRefused:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(enter, tokens)).count(True) == 1

    @pytest.mark.parametrize("typed", ["", "000000", "12345", "١٢٣٤٥٦", "x" * 5000, "\0", "123456 OR 1=1"])
    def test_another_code_is_refused(self, with_factor: Browser, stranger: Browser, typed: str) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        assert give_code(stranger, typed) == 401
        assert stranger.get("/").status_code == 401

    def test_sec03_tries_are_counted_and_the_right_one_waits_too(
        self, with_factor: Browser, stranger: Browser, clock: DrivenClock, code: Code
    ) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        said = [give_code(stranger, "000000") for _ in range(7)]
        assert said == [401] * 5 + [429] * 2
        page = stranger.page("/sign-in/code")
        answer = stranger.send(page, "/sign-in/code", code="000000")
        clock.advance(seconds=int(answer.headers["Retry-After"]))
        assert give_code(stranger, code()) == 303

    def test_sec03_guesses_from_everywhere_wait_as_well(
        self, with_factor: Browser, store: Store, clock: DrivenClock
    ) -> None:
        said = []
        for number in range(25):
            token = sign_in(store, ILZE, PASSWORD, network="192.0.2.1/32", now=clock()).token
            try:
                prove_factor(store, token, "000000", network=f"198.51.100.{number}/32", now=clock())
            except (CodeRefused, TooManyTries) as error:
                said.append(error.code)
        assert said == ["code_refused"] * 20 + ["too_many_tries"] * 5

    def test_a_sign_in_waits_ten_minutes_for_its_code(
        self, with_factor: Browser, stranger: Browser, clock: DrivenClock
    ) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        clock.advance(minutes=10)
        assert stranger.get("/sign-in/code").status_code == 401

    def test_sec11_a_code_of_another_page_is_not_taken(
        self, with_factor: Browser, stranger: Browser, code: Code
    ) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        page = stranger.page("/sign-in/code")
        for headers, proof in (({"Origin": "https://evil.example"}, None), (None, "x")):
            fields = {"code": code(), **({"proof": proof} if proof else {})}
            assert stranger.send(page, "/sign-in/code", headers, **fields).status_code == 403
        assert stranger.get("/").status_code == 401

    def test_sec03_who_has_a_second_factor_is_told_after_the_right_password_only(
        self, with_factor: Browser, stranger: Browser
    ) -> None:
        answers = [stranger.sign_in(email, "not the password") for email in (ILZE, "nobody@tidewick.example")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].text.replace(ILZE, "") == answers[1].text.replace("nobody@tidewick.example", "")


class TestRecoveryCodes:
    @pytest.fixture
    def codes(self, with_factor: Browser, code: Code) -> list[str]:
        """Ilze's fresh recovery codes."""
        answer = with_factor.send(with_factor.page(FACTOR), f"{FACTOR}/codes")
        found = re.findall(r"<code>([a-z0-9-]{17})</code>", answer.text)
        assert len(set(found)) == 10
        return found

    def test_sec01_each_is_good_once(self, codes: list[str], review_app: Flask) -> None:
        for typed, expected in ((codes[0], 303), (codes[0], 401), (codes[1].upper().replace("-", " "), 303)):
            browser = Browser(review_app)
            browser.sign_in(ILZE, PASSWORD)
            assert give_code(browser, typed) == expected

    def test_new_ones_take_the_place_of_the_old(
        self, codes: list[str], with_factor: Browser, stranger: Browser
    ) -> None:
        with_factor.send(with_factor.page(FACTOR), f"{FACTOR}/codes")
        stranger.sign_in(ILZE, PASSWORD)
        assert give_code(stranger, codes[0]) == 401

    def test_sec01_neither_codes_nor_secret_are_readable_in_the_database(self, codes: list[str], store: Store) -> None:
        with store.reading() as tx:
            account = staff.find_account(tx, ILZE)
            assert account
            factor = second_factors.find_factor(tx, store.vault, account.reviewer.id)
            tables = ("second_factors", "recovery_codes", "evidence", "staff_sessions")
            rows = b"".join(repr(tx.execute(text(f"SELECT * FROM {one}")).all()).encode() for one in tables)  # noqa: S608
        assert factor
        assert not [one for one in (*codes, factor.secret) if one.encode() in rows]
        assert factor.secret not in repr(factor)


class TestSettingUp:
    def test_the_picture_is_ours_and_gone_afterwards(self, reviewer: Browser, code: Code) -> None:
        assert reviewer.get(f"{FACTOR}/picture.svg").status_code == 404
        reviewer.send(reviewer.page(FACTOR), FACTOR)
        drawn = reviewer.get(f"{FACTOR}/picture.svg")
        assert drawn.mimetype == "image/svg+xml"
        assert "<svg" in drawn.text
        assert "script" not in drawn.text
        assert drawn.headers["Cache-Control"] == "no-store"
        reviewer.send(reviewer.page(FACTOR), f"{FACTOR}/confirm", code=code())
        assert reviewer.get(f"{FACTOR}/picture.svg").status_code == 404

    def test_a_wrong_code_sets_nothing_up(self, reviewer: Browser, stranger: Browser) -> None:
        reviewer.send(reviewer.page(FACTOR), FACTOR)
        assert reviewer.send(reviewer.page(FACTOR), f"{FACTOR}/confirm", code="000000").status_code == 422
        assert stranger.sign_in(ILZE, PASSWORD).headers["Location"] == "/"

    def test_sec04_ends_all_other_sessions_and_gives_a_new_token(
        self, reviewer: Browser, stranger: Browser, review_app: Flask, code: Code
    ) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        before = Browser(review_app, reviewer.token)
        reviewer.send(reviewer.page(FACTOR), FACTOR)
        reviewer.send(reviewer.page(FACTOR), f"{FACTOR}/confirm", code=code())
        assert [one.get("/").status_code for one in (before, stranger, reviewer)] == [401, 401, 200]

    def test_sec01_where_it_is_required_it_comes_before_everything_else(
        self, strict_app: Flask, reviewer: Browser, code: Code
    ) -> None:
        ilze = Browser(strict_app, reviewer.token)
        for path in ("/", "/account", "/leads/VB-0000-0000"):
            assert ilze.get(path).headers["Location"] == FACTOR, path
        ilze.send(ilze.page(FACTOR), FACTOR)
        ilze.send(ilze.page(FACTOR), f"{FACTOR}/confirm", code=code())
        assert ilze.get("/").status_code == 200

    def test_sec01_a_session_from_before_shows_it_where_it_is_required(
        self, strict_app: Flask, with_factor: Browser, store: Store, code: Code
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE staff_sessions SET factor_at = NULL"))
        ilze = Browser(strict_app, with_factor.token)
        assert ilze.get("/").headers["Location"] == FACTOR
        assert ilze.send(ilze.page(FACTOR), "/step-up", code=code()).headers["Location"] == "/"
        assert ilze.get("/").status_code == 200

    def test_sec01_production_requires_it(self) -> None:
        modes = [{"VESTIBULE_MODE": mode} for mode in ("production", "development", "test")]
        found = [read_settings({**random_secrets(), **mode}).second_factor for mode in modes]
        assert found == ["required", "offered", "offered"]

    def test_the_key_it_lies_under_can_be_rotated(self, with_factor: Browser, store: Store, settings: Settings) -> None:
        old, new = settings.secrets.master_key, bytes(range(32))
        both = Vault(new, settings.secrets.index_key, older_master_keys=[old])
        store.vault = both
        rotate_key(store, HeldKeys("MASTER_KEY", (both.master_key_id, Vault(old, old).master_key_id), {}), now=NOW)
        with store.reading() as tx:
            account = staff.find_account(tx, ILZE)
            assert account
            only_new = Vault(new, settings.secrets.index_key)
            assert second_factors.find_factor(tx, only_new, account.reviewer.id)


class TestStepUp:
    @pytest.fixture
    def admin(self, reviewing: MakeReviewer, store: Store, clock: DrivenClock) -> Browser:
        """Anna, who lets people in, with a second factor that she showed long ago."""
        anna = reviewing(ANNA, roles=[Role.ADMINISTRATOR])
        with store.writing() as tx:
            account = staff.find_account(tx, ANNA)
            assert account
            second_factors.put_factor(tx, store.vault, account.reviewer.id, SECRET, now=clock())
            second_factors.confirm_factor(tx, account.reviewer.id, now=clock())
        return anna

    def test_sec10_what_reaches_far_wants_a_fresh_factor(
        self, admin: Browser, reviewer: Browser, store: Store, clock: DrivenClock
    ) -> None:
        page = admin.page("/people")
        acts = [action for action in page.forms if action.startswith("/people")]
        assert len(acts) > 5
        for action in acts:
            answer = admin.send(page, action, email="maris@tidewick.example", role="officer")
            assert answer.status_code == 403, action
            assert "/step-up" in Page(answer.text).forms
        assert reviewer.get("/").status_code == 200
        asked = Page(admin.send(page, "/people", email="maris@tidewick.example", role="officer").text)
        code = pyotp.TOTP(SECRET).at(clock())
        assert admin.send(asked, "/step-up", code=code).headers["Location"] == "/people"
        page = admin.page("/people")
        assert admin.send(page, "/people", email="maris@tidewick.example", role="officer").status_code == 303
        clock.advance(minutes=10)
        page = admin.page("/people")
        assert admin.send(page, "/people", email="eva@tidewick.example", role="officer").status_code == 403

    def test_sec04_it_gives_a_new_token_and_lengthens_nothing(
        self, admin: Browser, review_app: Flask, clock: DrivenClock
    ) -> None:
        before = Browser(review_app, admin.token)
        clock.advance(minutes=20)
        asked = Page(admin.send(admin.page("/people"), "/people", email="x@tidewick.example").text)
        admin.send(asked, "/step-up", code=pyotp.TOTP(SECRET).at(clock()))
        assert (before.get("/people").status_code, admin.get("/people").status_code) == (401, 200)
        for _ in range(22):
            clock.advance(minutes=26)
            assert admin.get("/people").status_code == 200
        clock.advance(minutes=8)
        assert admin.get("/people").status_code == 401

    @pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "queue.nothing", "assets.asset"])
    def test_sec18_it_leads_back_to_a_page_of_ours_only(self, admin: Browser, clock: DrivenClock, back: str) -> None:
        asked = Page(admin.send(admin.page("/people"), "/people").text)
        answer = admin.send(asked, "/step-up", code=pyotp.TOTP(SECRET).at(clock()), back=back)
        assert answer.headers["Location"] == "/account"

    def test_sec10_somebody_elses_second_factor_is_taken_away_with_a_fresh_one_of_ones_own(
        self, admin: Browser, with_factor: Browser, stranger: Browser, clock: DrivenClock
    ) -> None:
        page = admin.page("/people")
        (path,) = [action for action in page.forms if action.endswith("/factor")]
        asked = Page(admin.send(page, path).text)
        admin.send(asked, "/step-up", code=pyotp.TOTP(SECRET).at(clock()))
        assert admin.send(admin.page("/people"), path).status_code == 303
        assert with_factor.get("/").status_code == 401
        assert stranger.sign_in(ILZE, PASSWORD).headers["Location"] == "/"

    def test_new_recovery_codes_and_another_phone_want_a_fresh_factor(
        self, with_factor: Browser, clock: DrivenClock
    ) -> None:
        clock.advance(minutes=11)
        for act in ("codes", "remove"):
            assert with_factor.send(with_factor.page(FACTOR), f"{FACTOR}/{act}").status_code == 403
        assert "An app on your phone" in words_of(with_factor.page(FACTOR))


class TestTimeCode:
    """RFC 6238, with its own numbers."""

    @pytest.mark.parametrize(("second", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
    def test_takes_what_the_standard_says(self, second: int, code: str) -> None:
        secret, now = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", datetime.fromtimestamp(second, UTC)
        assert accepted_step(secret, code, after=0, now=now) == second // 30
        assert accepted_step(secret, code, after=second // 30, now=now) is None

    @pytest.mark.parametrize(("late", "good"), [(-31, True), (0, True), (31, True), (-61, False), (61, False)])
    def test_takes_a_step_before_and_after(self, late: int, good: bool) -> None:
        moment = datetime.fromtimestamp(1_700_000_025, UTC)
        code = pyotp.TOTP(SECRET).at(moment)
        assert (accepted_step(SECRET, code, after=0, now=moment + timedelta(seconds=late)) is not None) == good

    def test_nothing_is_offered_twice(self, reviewer: Browser, store: Store) -> None:
        reviewer.send(reviewer.page(FACTOR), FACTOR)
        with store.reading() as tx:
            account = staff.find_account(tx, ILZE)
        assert account
        first = offered_factor(store, account.reviewer, issuer="Vestibule")
        reviewer.page(FACTOR)
        assert offered_factor(store, account.reviewer, issuer="Vestibule") == first
