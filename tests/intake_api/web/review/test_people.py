"""People: invited by mail, given roles, switched off; their sessions end at once (SEC-01, SEC-04, SEC-09)."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.join_staff import InvitationOver, join_staff
from intake_api.flows.send_invitation import send_invitation
from intake_api.flows.write_to_staff import StaffDesk
from intake_api.mail.registry import open_mailer
from intake_api.mail.words import read_mail_words
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store import staff
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.review.visitor import OURS, PASSWORD, Browser, MakeReviewer, Page, words_of

NEW, ILZE, ANNA = "maris@tidewick.example", "ilze@tidewick.example", "anna@tidewick.example"


@pytest.fixture
def admin(reviewing: MakeReviewer) -> Browser:
    """Anna, who lets people in."""
    return reviewing(ANNA, roles=[Role.ADMINISTRATOR])


class Post:
    """The worker's part: takes what is queued and puts it into the folder of mails."""

    def __init__(self, store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock) -> None:
        key, words = settings.secrets.token_key, read_mail_words()
        mailer = open_mailer(settings, catalogue.organisation)
        self.desk = StaffDesk(mailer, key, settings.public_url, "http://localhost", catalogue.organisation, words, "en")
        self.store, self.clock, self.folder = store, clock, Path(settings.mail_folder)

    def deliver(self) -> list[str]:
        """Send what waits; return the text of each mail that is in the folder."""
        with self.store.reading() as tx:
            waiting = tx.execute(text("SELECT id, turn FROM invitations WHERE state = 'queued'")).all()
        for row in waiting:
            send_invitation(self.store, self.desk, row.id, row.turn, clock=self.clock)
        return [self._text(file) for file in sorted(self.folder.glob("*.eml"), key=lambda one: one.stat().st_mtime)]

    def link(self) -> str:
        """Return the path of the link in the only mail."""
        (mail,) = self.deliver()
        found = re.search(r"^http://localhost(/join/[\w-]+)\r?$", mail, re.MULTILINE)
        assert found
        return found[1]

    @staticmethod
    def _text(file: Path) -> str:
        message = message_from_bytes(file.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        assert body
        return f"To: {message['To']}\nSubject: {message['Subject']}\n\n{body.get_content()}"


@pytest.fixture
def post(store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock) -> Post:
    return Post(store, settings, catalogue, clock)


def invite(admin: Browser, email: str = NEW, **fields: str) -> str:
    answer = admin.send(admin.page("/people"), "/people", email=email, **{"role": "reviewer", **fields})
    assert answer.status_code == 303, answer.text
    return admin.get(answer.headers["Location"]).text


def act(admin: Browser, store: Store, email: str, what: str, **fields: str) -> int:
    return admin.send(admin.page("/people"), f"/people/{id_of(store, email)}/{what}", **fields).status_code


def id_of(store: Store, email: str) -> str:
    with store.reading() as tx:
        account = staff.find_account(tx, email)
    assert account
    return account.reviewer.id


def said(store: Store, kind: str) -> list[dict[str, object]]:
    with store.reading() as tx:
        bodies = tx.scalars(text("SELECT body FROM evidence WHERE kind = :kind"), {"kind": kind})
        return [json.loads(body) for body in bodies]


class TestInviting:
    def test_sends_a_link_by_which_a_password_is_chosen(
        self, admin: Browser, stranger: Browser, store: Store, post: Post
    ) -> None:
        invite(admin)
        page = stranger.page(link := post.link())
        assert "What is recorded about you" in page.text
        assert stranger.send(page, link, password=PASSWORD, again=PASSWORD).headers["Location"] == "/"
        assert stranger.get("/").status_code == 200
        assert stranger.send(stranger.page("/account"), "/sign-out").status_code == 303
        assert stranger.sign_in(NEW, PASSWORD).status_code == 303
        (entry,) = said(store, "staff.invited")
        assert (entry["roles"], entry["actor"]) == (["reviewer"], f"staff:{id_of(store, ANNA)}")

    def test_sec19_the_link_of_a_mail_is_of_the_settings(self, admin: Browser, post: Post) -> None:
        forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Host": "evil.example"}
        sent = admin.send(admin.page("/people"), "/people", OURS | forged, email=NEW, role="reviewer")
        assert sent.status_code == 303
        (mail,) = post.deliver()
        assert "http://localhost/join/" in mail
        assert "evil.example" not in mail

    def test_sec20_the_mail_has_nothing_of_anybody_but_its_address(self, admin: Browser, post: Post) -> None:
        invite(admin)
        (mail,) = post.deliver()
        assert mail.count(NEW) == 1
        assert mail.startswith(f"To: {NEW}\n")
        assert ANNA not in mail
        assert "72 hours" in mail

    def test_the_answer_is_the_same_for_an_address_that_has_an_account(
        self, admin: Browser, reviewing: MakeReviewer, store: Store, post: Post
    ) -> None:
        reviewing(ILZE)
        known, unknown = invite(admin, ILZE, role="administrator"), invite(admin)
        assert re.findall(r'role="status">([^<]+)', known) == re.findall(r'role="status">([^<]+)', unknown)
        assert len(post.deliver()) == 1
        with store.reading() as tx:
            account = staff.find_account(tx, ILZE)
        assert account
        assert account.reviewer.roles == {Role.REVIEWER}

    def test_sec01_nobody_signs_in_before_a_password_is_chosen(self, admin: Browser, stranger: Browser) -> None:
        invite(admin)
        answers = [stranger.sign_in(email, "none") for email in (NEW, "nobody@tidewick.example")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].text.replace(NEW, "") == answers[1].text.replace("nobody@tidewick.example", "")

    @pytest.mark.parametrize("fields", [{"email": "no address"}, {"email": "a@b.example\nBcc: c@d.example"}])
    def test_sec20_what_is_no_address_is_refused(self, admin: Browser, post: Post, fields: dict[str, str]) -> None:
        answer = admin.send(admin.page("/people"), "/people", role="reviewer", **fields)
        assert answer.status_code == 422
        assert post.deliver() == []

    @pytest.mark.parametrize("role", ["", "integration", "root"])
    def test_nobody_is_invited_without_a_role_of_people(self, admin: Browser, store: Store, role: str) -> None:
        assert admin.send(admin.page("/people"), "/people", email=NEW, role=role).status_code == 422
        with store.reading() as tx:
            assert staff.find_account(tx, NEW) is None


class TestLink:
    @pytest.fixture
    def link(self, admin: Browser, post: Post) -> str:
        """The path of an open invitation."""
        invite(admin)
        return post.link()

    def test_looking_does_not_use_it_up(self, stranger: Browser, link: str) -> None:
        for _ in range(3):
            assert stranger.get(link).status_code == 200
            assert stranger.client.head(link).status_code == 200

    def test_a_poor_password_does_not_use_it_up(self, stranger: Browser, link: str) -> None:
        for password, again in (("short", "short"), (PASSWORD, "another"), ("password1234", "password1234")):
            assert stranger.send(stranger.page(link), link, password=password, again=again).status_code == 422
        assert stranger.get(link).status_code == 200

    def test_sec01_works_once(self, stranger: Browser, review_app: Flask, link: str) -> None:
        page = stranger.page(link)
        stranger.send(page, link, password=PASSWORD, again=PASSWORD)
        thief = Browser(review_app)
        assert thief.get(link).status_code == 410
        answer = thief.send(page, link, password="some other words", again="some other words")
        assert (answer.status_code, thief.token) == (410, "")

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_sec01_works_for_one_of_many_at_the_same_time(
        self, store: Store, settings: Settings, link: str, clock: DrivenClock
    ) -> None:
        token = link.removeprefix("/join/")

        def join(number: int) -> bool:
            try:
                join_staff(store, settings.secrets.token_key, token, f"{PASSWORD} {number}", now=clock())
            except InvitationOver:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(join, range(4))).count(True) == 1

    def test_is_over_after_72_hours(self, stranger: Browser, link: str, clock: DrivenClock) -> None:
        clock.advance(hours=71, minutes=59)
        assert stranger.get(link).status_code == 200
        clock.advance(minutes=1)
        assert stranger.get(link).status_code == 410

    def test_is_over_when_a_newer_one_was_sent(
        self, admin: Browser, stranger: Browser, store: Store, link: str
    ) -> None:
        assert act(admin, store, NEW, "link") == 303
        assert stranger.get(link).status_code == 410

    def test_is_over_when_the_account_is_switched_off(
        self, admin: Browser, stranger: Browser, store: Store, link: str
    ) -> None:
        assert act(admin, store, NEW, "off") == 303
        assert act(admin, store, NEW, "on") == 303
        assert stranger.get(link).status_code == 410

    @pytest.mark.parametrize("token", ["x", "-", "0" * 32 + "-" + "A" * 32, "é", "a" * 4000, "\0"])
    def test_sec45_a_token_of_nobody_is_answered_like_one_that_is_over(self, stranger: Browser, token: str) -> None:
        answer = stranger.get(f"/join/{token}")
        assert answer.status_code == 410
        assert "This link is over" in answer.text

    def test_sec45_the_token_is_nowhere_in_the_database(self, store: Store, link: str) -> None:
        secret = link.partition("-")[2]
        with store.reading() as tx:
            assert secret not in str(tx.execute(text("SELECT * FROM invitations")).all())
            assert not [body for body in tx.scalars(text("SELECT body FROM evidence")) if secret.encode() in body]

    def test_sec11_another_site_chooses_no_password(self, stranger: Browser, link: str) -> None:
        answer = stranger.client.post(
            link, data={"password": PASSWORD, "again": PASSWORD}, headers={"Origin": "https://evil.example"}
        )
        assert answer.status_code == 403
        assert stranger.get(link).status_code == 200

    def test_another_password_by_a_link_ends_all_sessions(
        self, admin: Browser, reviewing: MakeReviewer, review_app: Flask, store: Store, post: Post
    ) -> None:
        before = reviewing(ILZE)
        act(admin, store, ILZE, "link")
        assert before.get("/").status_code == 200  # until it is used, everything is as it was
        other, link = Browser(review_app), post.link()
        other.send(other.page(link), link, password="some other words", again="some other words")
        assert before.get("/").status_code == 401
        assert other.get("/").status_code == 200


class TestChanging:
    def test_sec09_other_roles_hold_from_the_next_request_on(
        self, admin: Browser, reviewer: Browser, store: Store
    ) -> None:
        assert reviewer.get("/").status_code == 200
        assert act(admin, store, ILZE, "roles", role="officer") == 303
        assert reviewer.get("/").headers["Location"] == "/audit"
        (entry,) = said(store, "staff.roles_changed")
        assert (entry["before"], entry["roles"]) == (["reviewer"], ["officer"])

    def test_sec04_switching_off_ends_the_sessions_and_lets_nobody_in(
        self, admin: Browser, reviewer: Browser, stranger: Browser, store: Store
    ) -> None:
        assert act(admin, store, ILZE, "off") == 303
        assert reviewer.get("/").status_code == 401
        assert stranger.sign_in(ILZE, PASSWORD).status_code == 401
        assert act(admin, store, ILZE, "on") == 303
        assert reviewer.get("/").status_code == 401
        assert stranger.sign_in(ILZE, PASSWORD).status_code == 303

    def test_sec03_an_account_that_is_off_is_answered_like_none(
        self, admin: Browser, reviewer: Browser, stranger: Browser, store: Store
    ) -> None:
        act(admin, store, ILZE, "off")
        answers = [stranger.sign_in(email, PASSWORD) for email in (ILZE, "nobody@tidewick.example")]
        assert answers[0].text.replace(ILZE, "") == answers[1].text.replace("nobody@tidewick.example", "")

    def test_sec04_all_sessions_of_a_person_can_be_ended(
        self, admin: Browser, reviewer: Browser, stranger: Browser, store: Store
    ) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        assert act(admin, store, ILZE, "sessions") == 303
        assert [browser.get("/").status_code for browser in (reviewer, stranger)] == [401, 401]
        assert admin.get("/people").status_code == 200

    def test_somebody_is_left_who_lets_people_in(self, admin: Browser, store: Store) -> None:
        assert act(admin, store, ANNA, "roles", role="reviewer") == 409
        proof = admin.page("/people").forms["/people"].fields["proof"]
        off = admin.client.post(f"/people/{id_of(store, ANNA)}/off", data={"proof": proof}, headers=OURS)
        assert off.status_code == 409
        assert admin.get("/people").status_code == 200

    def test_shows_when_somebody_was_here_last(self, admin: Browser, reviewer: Browser) -> None:
        words = words_of(admin.page("/people"))
        assert f"{ILZE} Last sign-in 21 Nov 2026, 09:00 UTC · 1 open session" in words

    def test_nobody_is_changed_who_is_not_there(self, admin: Browser, reviewer: Browser) -> None:
        proof = admin.page("/people").forms["/people"].fields["proof"]
        for what in ("link", "off", "on", "sessions", "roles"):
            data = {"proof": proof, "role": "reviewer"}
            assert admin.client.post(f"/people/{'0' * 32}/{what}", data=data, headers=OURS).status_code == 404


class TestOwnSessions:
    def test_sec04_one_can_be_ended_alone(self, reviewer: Browser, stranger: Browser) -> None:
        stranger.sign_in(ILZE, PASSWORD)
        page = reviewer.page("/account")
        (other,) = re.findall(r'name="session" value="([0-9a-f]{64})"', reviewer.get("/account").text)
        reviewer.send(page, "/account/sessions", session=other)
        assert (stranger.get("/").status_code, reviewer.get("/").status_code) == (401, 200)

    def test_sec04_all_others_can_be_ended(self, reviewer: Browser, review_app: Flask, store: Store) -> None:
        others = [Browser(review_app) for _ in range(2)]
        for other in others:
            other.sign_in(ILZE, PASSWORD)
        reviewer.send(reviewer.page("/account"), "/account/sessions", session="others")
        assert [one.get("/").status_code for one in (*others, reviewer)] == [401, 401, 200]
        (entry,) = said(store, "staff.sessions_ended")
        assert entry["sessions"] == 2

    def test_sec07_nobody_ends_a_session_of_somebody_else(self, reviewer: Browser, reviewing: MakeReviewer) -> None:
        piotr = reviewing("piotr@tidewick.example")
        proof = reviewer.page("/").forms["/sign-out"].fields["proof"]
        data = {"proof": proof, "session": staff.session_id(piotr.token)}
        assert reviewer.client.post("/account/sessions", data=data, headers=OURS).status_code == 303
        assert piotr.get("/").status_code == 200

    def test_the_pages_do_not_tell_a_token(self, reviewer: Browser) -> None:
        assert reviewer.token not in reviewer.get("/account").text

    def test_a06_staff_are_told_what_is_recorded(self, reviewer: Browser) -> None:
        assert "What is recorded about you" in words_of(Page(reviewer.get("/account").text))
