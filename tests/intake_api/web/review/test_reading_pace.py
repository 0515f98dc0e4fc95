"""Many leads in a short time wait for a second factor, and the officer is told (A-04)."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.read_lead import TooManyReadings, read_lead
from intake_api.flows.send_alert import send_alert
from intake_api.flows.write_to_staff import StaffDesk
from intake_api.log import LOGGER
from intake_api.mail.registry import open_mailer
from intake_api.mail.words import read_mail_words
from intake_api.queue import SEND_ALERT, Queue
from intake_api.rules.reading_pace import A_DAY, A_MINUTE, Limit, Pace, after, reached
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store import second_factors, staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.house.racing_processes import race_in_processes
from tests.intake_api.kept_leads import FIELDS, keep_lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, Page, path_of, words_of

ILZE, DACE = "ilze@tidewick.example", "dace@tidewick.example"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def staff_id(store: Store, email: str = ILZE) -> str:
    with store.reading() as tx:
        account = staff.find_account(tx, email)
    assert account
    return account.reviewer.id


def set_up_factor(store: Store, now: datetime) -> None:
    with store.writing() as tx:
        second_factors.put_factor(tx, store.vault, staff_id(store), SECRET, now=now)
        second_factors.confirm_factor(tx, staff_id(store), now=now)


def count(store: Store, sql: str) -> int:
    with store.reading() as tx:
        return int(tx.scalar(text(sql)) or 0)


def readings(store: Store) -> int:
    return count(store, "SELECT count(*) FROM evidence WHERE kind = 'lead.read'")


def open_often(browser: Browser, path: str, times: int) -> list[int]:
    return [browser.get(path).status_code for _ in range(times)]


@pytest.fixture
def ilze(reviewing: MakeReviewer, store: Store, clock: DrivenClock) -> Browser:
    """Ilze, who has a second factor."""
    browser = reviewing()
    set_up_factor(store, clock())
    return browser


@pytest.fixture
def mails(
    store: Store, queue: Queue, settings: Settings, catalogue: Catalogue, clock: DrivenClock
) -> Callable[[], list[str]]:
    """Do the worker's part; return the mails in the folder."""
    mailer, words = open_mailer(settings, catalogue.organisation), read_mail_words()
    key, here = settings.secrets.token_key, catalogue.organisation
    desk = StaffDesk(mailer, key, settings.public_url, "http://localhost", here, words, "en")

    def send() -> list[str]:
        enqueue_due(store, queue, SEND_ALERT, now=clock())
        with store.reading() as tx:
            waiting = tx.execute(text("SELECT id, turn FROM alert_mails WHERE state = 'queued'")).all()
        for row in waiting:
            send_alert(store, desk, row.id, row.turn, clock=clock)
        return [file.read_text("utf-8") for file in Path(settings.mail_folder).glob("*.eml")]

    return send


class TestReadingFast:
    @BOTH
    def test_a04_the_twenty_first_within_a_minute_waits_for_a_factor_and_then_goes_on(
        self, ilze: Browser, lead: Lead, store: Store, clock: DrivenClock
    ) -> None:
        path = f"{path_of(lead)}?state=all"
        assert open_often(ilze, path, 20) == [200] * 20
        refused = ilze.get(path)
        assert refused.status_code == 403
        assert not [one for one in FIELDS.values() if str(one) in refused.text]
        assert "many leads in a short time" in words_of(Page(refused.text))
        assert readings(store) == 20
        answer = ilze.send(Page(refused.text), "/step-up", code=pyotp.TOTP(SECRET).at(clock()))
        assert answer.headers["Location"] == path
        assert open_often(ilze, path, 21) == [200] * 20 + [403]

    def test_a04_forty_leads_in_two_minutes_are_nobodys_alarm(
        self, ilze: Browser, lead: Lead, store: Store, clock: DrivenClock
    ) -> None:
        for _ in range(40):
            assert ilze.get(path_of(lead)).status_code == 200
            clock.advance(seconds=3.1)
        assert count(store, "SELECT count(*) FROM evidence WHERE kind = 'readings.limited'") == 0

    def test_a04_a_factor_shown_before_does_not_count(
        self, ilze: Browser, lead: Lead, store: Store, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE staff_sessions SET factor_at = opened_at"))
        assert open_often(ilze, path_of(lead), 21)[-1] == 403

    def test_a04_a_wrong_code_opens_nothing(self, ilze: Browser, lead: Lead) -> None:
        open_often(ilze, path_of(lead), 20)
        asked = Page(ilze.get(path_of(lead)).text)
        again = ilze.send(asked, "/step-up", code="000000")
        assert again.status_code == 422
        assert Page(again.text).forms["/step-up"].fields["lead"] == lead.reference
        assert ilze.get(path_of(lead)).status_code == 403

    def test_a04_a_minute_later_there_is_room_again(self, ilze: Browser, lead: Lead, clock: DrivenClock) -> None:
        assert open_often(ilze, path_of(lead), 21)[-1] == 403
        clock.advance(seconds=61)
        assert ilze.get(path_of(lead)).status_code == 200

    def test_a04_two_hundred_a_day_wait_however_slowly(
        self, ilze: Browser, lead: Lead, store: Store, clock: DrivenClock
    ) -> None:
        ilze.get(path_of(lead))
        with store.writing() as tx:
            tx.execute(text("UPDATE reading_counts SET on_day = 199"))
        clock.advance(minutes=2)
        assert open_often(ilze, path_of(lead), 2) == [200, 403]
        clock.advance(minutes=20)
        assert ilze.get(path_of(lead)).status_code == 403
        with store.reading() as tx:
            body = tx.scalar(text("SELECT body FROM evidence WHERE kind = 'readings.limited'"))
        assert b'"limit":"day"' in bytes(body)

    def test_a04_another_ones_readings_are_not_ours(self, ilze: Browser, reviewing: MakeReviewer, lead: Lead) -> None:
        open_often(ilze, path_of(lead), 21)
        assert reviewing("piotr@tidewick.example").get(path_of(lead)).status_code == 200


class TestSearching:
    def test_a04_each_lead_of_a_list_counts_and_the_next_search_waits(
        self, ilze: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        for _ in range(11):
            keep_lead(store, catalogue, now=clock())
        said = [ilze.send(ilze.page("/search"), "/search", term=str(FIELDS["email"])) for _ in range(3)]
        assert [answer.status_code for answer in said] == [200, 200, 403]
        assert Page(said[2].text).forms["/step-up"].fields["back"] == "search.ask"
        answer = ilze.send(Page(said[2].text), "/step-up", code=pyotp.TOTP(SECRET).at(clock()))
        assert answer.headers["Location"] == "/search"


class TestTheAlarm:
    @pytest.fixture(autouse=True)
    def dace(self, reviewing: MakeReviewer) -> Browser:
        """Dace, who looks after data protection."""
        return reviewing(DACE, roles=[Role.OFFICER])

    def test_a04_the_officer_is_told_once_an_hour_and_the_mail_names_nobody(
        self,
        ilze: Browser,
        dace: Browser,
        lead: Lead,
        store: Store,
        clock: DrivenClock,
        mails: Callable[[], list[str]],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, LOGGER)
        open_often(ilze, path_of(lead), 25)
        (mail,) = mails()
        assert f"To: {DACE}" in mail
        assert "/audit?kind=readings.limited" in mail.replace("=3D", "=").replace("=\n", "")
        assert not [one for one in (ILZE, staff_id(store), lead.reference, *FIELDS.values()) if str(one) in mail]
        (said,) = [one.getMessage() for one in caplog.records if "security.readings_limited" in one.getMessage()]
        assert f"about={staff_id(store)}" in said
        assert "Saw more leads than is usual" in words_of(dace.page("/audit?kind=readings.limited"))
        for _ in range(2):
            clock.advance(minutes=29)
            assert open_often(ilze, path_of(lead), 21) == [200] * 20 + [403]
            assert len(mails()) == 1
        clock.advance(minutes=2)
        assert open_often(ilze, path_of(lead), 21)[-1] == 403
        assert len(mails()) == 2

    def test_a04_whoever_has_no_factor_goes_on_and_the_alarm_is_raised_all_the_same(
        self, reviewer: Browser, lead: Lead, mails: Callable[[], list[str]]
    ) -> None:
        assert open_often(reviewer, path_of(lead), 22) == [200] * 22
        assert len(mails()) == 1

    def test_a04_without_an_officer_the_administrator_is_told(
        self, reviewing: MakeReviewer, reviewer: Browser, lead: Lead, store: Store, mails: Callable[[], list[str]]
    ) -> None:
        reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR])
        with store.writing() as tx:
            staff.set_disabled(tx, staff_id(store, DACE), NOON)
        open_often(reviewer, path_of(lead), 21)
        (mail,) = mails()
        assert "To: anna@tidewick.example" in mail


def read_once(store: Store, what: str, now: datetime) -> None:
    """Read a lead as one of staff; `what` is the id of who reads, and the reference."""
    who, reference = what.split()
    read_lead(store, reference, actor=f"staff:{who}", why="review", now=now)


class TestProcesses:
    @BOTH
    def test_a04_the_limit_holds_in_two_processes_together(
        self, ilze: Browser, lead: Lead, store: Store, clock: DrivenClock, environment: dict[str, str]
    ) -> None:
        assert ilze.get(path_of(lead)).status_code == 200  # so that the two stand before the last place together
        what = [f"{staff_id(store)} {lead.reference}"] * 15
        codes = race_in_processes(environment, clock(), (read_once, what), (read_once, what))
        said = [code for one in codes for code in one]
        assert (said.count("done"), said.count(TooManyReadings.code)) == (19, 11)
        assert readings(store) == 20
        assert count(store, "SELECT count(*) FROM evidence WHERE kind = 'readings.limited'") == 1


class TestPace:
    @pytest.mark.parametrize(
        ("lately", "on_day", "expected"),
        [
            ([(0, A_MINUTE - 1)], 0, None),
            ([(0, A_MINUTE)], 0, Limit.MINUTE),
            ([(59, 10), (0, 10)], 0, Limit.MINUTE),
            ([(60, 10), (0, 19)], 0, None),
            ([(0, 50)], 0, Limit.MINUTE),
            ([], A_DAY - 1, None),
            ([], A_DAY, Limit.DAY),
        ],
    )
    def test_a04_says_which_limit_is_reached(
        self, lately: list[tuple[int, int]], on_day: int, expected: Limit | None
    ) -> None:
        seen = [(NOON - timedelta(seconds=ago), leads) for ago, leads in lately]
        assert reached(Pace(seen, "2026-11-21", on_day), now=NOON) is expected

    def test_a_day_begins_at_midnight_and_old_moments_are_left_out(self) -> None:
        pace = after(Pace([(NOON, 5)], "2026-11-21", 200), 1, now=NOON + timedelta(days=1))
        assert pace == Pace(((NOON + timedelta(days=1), 1),), "2026-11-22", 1)
