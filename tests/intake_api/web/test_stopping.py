"""One press on the link in a mail (RFC 8058), by mail programs, scanners and people (W-04, W-05, W-10)."""

from email.policy import default
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.mail.folder import MailFolder
from intake_api.mail.message import SMTP, write_message
from intake_api.mail.port import Mail, Sender
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.mailed_links import stop_url
from intake_api.store.mails import MailState
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.confirmations import SENDER, attempt, desk_of, mails_in, state_of, token_of
from tests.intake_api.kept_leads import TOKEN_KEY, confirmation_of, entries, keep_first_yes, keep_lead, receipt_of
from tests.intake_api.web.html import read_page

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
UNKNOWN = f"/u/{'0' * 32}-{'a' * 32}"
LOCALES = ("en", "lv", "ru", "pl", "cs")


@pytest.fixture
def lead(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead whose newsletter was agreed to twice."""
    lead = keep_first_yes(store, queue, catalogue, now=clock())
    confirm_decision(store, token_of(store, lead), now=clock())
    return lead


@pytest.fixture
def link(lead: Lead, settings: Settings) -> str:
    return stop_url("", settings.secrets.token_key, lead.id, "newsletter")


class TestOnePress:
    def test_w04_needs_nothing_but_the_address(self, public: FlaskClient, store: Store, lead: Lead, link: str) -> None:
        answer = public.post(link, data=ONE_CLICK)
        assert (answer.status_code, answer.headers.get("Location"), answer.headers.get("Set-Cookie")) == (
            200,
            None,
            None,
        )
        assert state_of(store, lead) is DecisionState.WITHDRAWN
        (entry,) = entries(store, lead, "consent.withdrawn")
        assert (entry["actor"], entry["control"]) == ("subject", "stop_link")

    @pytest.mark.parametrize(
        "sent",
        [
            {"data": ONE_CLICK, "content_type": "multipart/form-data"},
            {"data": b"List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
            {"data": b"\xff{", "content_type": "application/json"},
            {"data": b"x" * 100_000, "content_type": "text/plain"},
            {"data": ONE_CLICK, "headers": {"Origin": "https://mail.example"}},
            {"data": ONE_CLICK, "headers": {"Origin": "null", "Referer": "https://mail.example/inbox"}},
            {"data": ONE_CLICK, "query_string": "utm_source=mail"},
            {},
        ],
    )
    def test_w04_works_however_it_is_sent(
        self, public: FlaskClient, store: Store, lead: Lead, link: str, sent: dict[str, object]
    ) -> None:
        assert public.post(link, **sent).status_code == 200  # type: ignore[arg-type]
        assert state_of(store, lead) is DecisionState.WITHDRAWN

    def test_w04_again_and_for_what_is_none_of_ours_the_answer_is_200(
        self, public: FlaskClient, store: Store, lead: Lead, link: str
    ) -> None:
        altered = link[:-1] + ("A" if link[-1] != "A" else "B")
        strangers = [UNKNOWN, "/u/x", "/u/a/b", f"/u/{'%00' * 3}", f"{link}x", "/u/" + "ž" * 9, altered]
        assert {public.post(path, data=ONE_CLICK).status_code for path in strangers} == {200}
        assert state_of(store, lead) is DecisionState.GIVEN
        assert [public.post(link, data=ONE_CLICK).status_code for _ in range(3)] == [200, 200, 200]
        assert len(entries(store, lead, "consent.withdrawn")) == 1

    def test_w05_looking_changes_nothing(self, public: FlaskClient, store: Store, lead: Lead, link: str) -> None:
        for _ in range(5):
            assert public.get(link).status_code == 200
            assert public.head(link).status_code == 200
        assert public.get(UNKNOWN).status_code == 200
        assert state_of(store, lead) is DecisionState.GIVEN

    def test_w10_is_never_too_often(self, public: FlaskClient, lead: Lead, link: str) -> None:
        assert {public.post(link, data=ONE_CLICK).status_code for _ in range(300)} == {200}

    def test_w03_stops_it_for_the_address_and_nothing_else(
        self,
        public: FlaskClient,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
        lead: Lead,
        link: str,
    ) -> None:
        both = keep_lead(store, catalogue, now=clock(), decisions={"newsletter": True, "product_offers": True})
        other = keep_first_yes(store, queue, catalogue, now=clock(), email="zane@guest.example")
        confirm_decision(store, token_of(store, other), now=clock())
        public.post(link, data=ONE_CLICK)
        assert state_of(store, both) is DecisionState.WITHDRAWN
        assert state_of(store, both, "product_offers") is DecisionState.GIVEN
        assert state_of(store, both, "respond_to_request") is DecisionState.ACTED
        assert state_of(store, other) is DecisionState.GIVEN

    def test_w04_is_good_for_years_and_no_harm_after_an_erasure(
        self, public: FlaskClient, store: Store, lead: Lead, link: str, clock: DrivenClock
    ) -> None:
        clock.advance(days=600)
        assert public.post(link, data=ONE_CLICK).status_code == 200
        assert state_of(store, lead) is DecisionState.WITHDRAWN
        erase_by_receipt(store, receipt_of(lead), now=clock())
        assert public.post(link, data=ONE_CLICK).status_code == 200

    @pytest.mark.parametrize("path", ["/receipts/{}", "/v1/receipts/{}", "/confirm/{}", "/my-data/{}", "/thanks/{}"])
    def test_p05_opens_nothing_else(self, public: FlaskClient, link: str, path: str) -> None:
        assert public.get(path.format(link.rpartition("/")[2])).status_code == 404

    def test_sec42_says_so_when_nothing_could_be_stopped(self, public: FlaskClient, store: Store, link: str) -> None:
        with store.writing() as tx:
            tx.exec_driver_sql("ALTER TABLE evidence RENAME TO away")
        assert public.post(link, data=ONE_CLICK).status_code == 503


class TestThePages:
    def test_w05_show_what_is_stopped_and_one_button(self, public: FlaskClient, link: str) -> None:
        answer = public.get(link)
        page = read_page(answer.text)
        assert page.one("p", **{"data-purpose": "newsletter"}).text == "Monthly newsletter by e-mail"
        assert [button.text for button in page.all("button")] == ["Stop"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"

    @pytest.mark.parametrize("locale", LOCALES)
    def test_w04_speak_the_languages(self, public: FlaskClient, locale: str) -> None:
        page = public.get(UNKNOWN, headers={"Accept-Language": locale})
        assert f'<html lang="{locale}">' in page.text
        assert 'data-done="stop"' in public.post(UNKNOWN, headers={"Accept-Language": locale}).text


class TestTheMail:
    def test_w04_about_what_can_be_taken_back_has_both_headers(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        assert attempt(store, desk_of(MailFolder(tmp_path / "mail", SENDER)), lead, clock).state is MailState.SENT
        (mail,) = mails_in(tmp_path / "mail")
        assert mail["List-Unsubscribe"] == f"<{stop_url(PUBLIC_URL, TOKEN_KEY, lead.id, 'newsletter')}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_w04_its_link_stops_the_question_too(
        self,
        public: FlaskClient,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
        settings: Settings,
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        public.post(stop_url("", settings.secrets.token_key, lead.id, "newsletter"), data=ONE_CLICK)
        assert state_of(store, lead) is DecisionState.WITHDRAWN
        assert confirmation_of(store, lead).state is MailState.DROPPED

    @pytest.mark.parametrize("to", ["anna@guest.example", "žanna@guest.example"])
    def test_w04_a_long_address_stays_one(self, to: str, clock: DrivenClock) -> None:
        url = f"https://{'long-' * 30}name.example/u/{'0' * 32}-{'a' * 32}"
        mail = Mail("m1", to, "ķ" * 120, "Text\n", "en", url)
        written = write_message(mail, Sender("Ž" * 50, "privacy@tidewick.example"), now=clock())
        for text in (written.as_bytes(), written.as_bytes(policy=SMTP.clone(utf8=True))):
            assert f"List-Unsubscribe: <{url}>\r\n".encode() in text
        assert default.header_factory("Subject", written["Subject"]) == "ķ" * 120
