"""Thanks and receipt after the day of sending: what a visitor reads when a decision has changed, or all is gone."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.disown_decision import disown_decision
from intake_api.flows.erase_expired import erase_expired
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.confirmations import confirmation_token, list_confirmations
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.demo_page import PAGE, TYPED, yes
from tests.intake_api.web.html import Page, read_page

WAITS = "Yes; it waits for your confirmation by e-mail"


@pytest.fixture
def thanks(public: FlaskClient, shown: Page) -> str:
    """The path of the thanks, after a yes to the newsletter."""
    sent = {**shown.form(), **TYPED, "d-newsletter": yes(shown, "newsletter")}
    return public.post(PAGE, data=sent).headers["Location"]


@pytest.fixture
def receipt(thanks: str) -> str:
    return thanks.replace("/thanks/", "/receipts/")


@pytest.fixture
def token(thanks: str, store: Store, settings: Settings) -> str:
    """The token of the link in the mail."""
    with store.reading() as tx:
        (lead_id,) = tx.scalars(text("SELECT id FROM leads"))
        (confirmation,) = list_confirmations(tx, lead_id)
    return confirmation_token(settings.secrets.token_key, confirmation.id)


class TestThanks:
    def test_c12_a_yes_that_waits_for_its_mail_is_said(
        self, public: FlaskClient, thanks: str, catalogue: Catalogue
    ) -> None:
        page = read_page(public.get(thanks).text)
        title = catalogue.notice("request_demo", "en").texts["title.newsletter"]
        assert page.one("p", data_purpose="newsletter").text == f"{title}: {WAITS}"

    def test_without_such_a_yes_there_is_no_word_of_a_mail(self, public: FlaskClient, shown: Page) -> None:
        thanks = public.post(PAGE, data={**shown.form(), **TYPED}).headers["Location"]
        assert WAITS not in public.get(thanks).text

    def test_nor_after_it_was_confirmed(
        self, public: FlaskClient, thanks: str, token: str, store: Store, clock: DrivenClock
    ) -> None:
        confirm_decision(store, token, now=clock.advance(minutes=5))
        assert WAITS not in public.get(thanks).text


class TestReceipt:
    def test_p01_each_purpose_stands_once_with_its_present_state(
        self, public: FlaskClient, receipt: str, token: str, store: Store, clock: DrivenClock
    ) -> None:
        confirm_decision(store, token, now=clock.advance(minutes=5))
        page = read_page(public.get(receipt).text)
        states = [(row.get("data-purpose"), row.get("data-state")) for row in page.all("tr") if row.get("data-purpose")]
        assert states == [("respond_to_request", "acted"), ("newsletter", "given"), ("product_offers", "refused")]

    def test_p01_what_it_was_before_stands_below_with_its_time(
        self, public: FlaskClient, receipt: str, token: str, store: Store, clock: DrivenClock
    ) -> None:
        confirm_decision(store, token, now=clock.advance(minutes=5))
        page = read_page(public.get(receipt).text)
        assert [" ".join(one.text.split()) for one in page.all("li", class_="earlier")] == [
            f"2026-11-21 09:00 UTC: {WAITS}"
        ]
        assert " ".join(page.one("tr", data_purpose="newsletter").text.split()).startswith(
            "Monthly newsletter by e-mail Yes 2026-11-21 09:05 UTC"
        )

    def test_p06_after_not_me_it_says_when_it_was_erased_and_nothing_else(
        self, public: FlaskClient, receipt: str, token: str, store: Store, clock: DrivenClock
    ) -> None:
        disown_decision(store, token, now=clock.advance(minutes=5))
        gone = public.get(receipt)
        page = read_page(gone.text)
        assert gone.status_code == 410
        assert "was erased on 2026-11-21 09:05 UTC" in page.one("div", data_state="erased").text
        assert page.all("tr") == page.all("code") == []

    def test_q01_nor_is_it_silent_when_its_time_was_over(
        self, public: FlaskClient, receipt: str, store: Store, clock: DrivenClock
    ) -> None:
        erase_expired(store, now=clock.advance(days=800))
        assert read_page(public.get(receipt).text).one("div", data_state="erased")
