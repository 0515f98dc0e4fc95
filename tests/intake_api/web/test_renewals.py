"""The page on which who is asked again says yes or no, as people, scanners and other sites knock at it (C-17)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import text
from werkzeug.test import TestResponse

from intake_api.catalogue.model import Catalogue
from intake_api.flows.ask_again import ask_again
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.confirmations import state_of
from tests.intake_api.flows.publishing import MATERIAL, Press
from tests.intake_api.flows.renewals import token_of
from tests.intake_api.kept_leads import TOKEN_KEY, entries, keep_lead, receipt_of
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow
from tests.intake_api.web.html import read_page

HTML = {"Accept": "text/html"}
UNKNOWN = f"{'0' * 32}-{'a' * 32}"
TABLES = ("leads", "decisions", "renewals", "evidence", "subjects")


@pytest.fixture
def press(store: Store, clock: DrivenClock, tmp_path: Path) -> Press:
    return Press(store, clock, tmp_path)


@pytest.fixture
def agreed(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})


@pytest.fixture
def notice(agreed: Lead, press: Press) -> str:
    """The hash of the notice after a material change."""
    return press.publish(MATERIAL).view("request_demo", "en").notice.hash


@pytest.fixture
def link(store: Store, queue: Queue, agreed: Lead, notice: str, clock: DrivenClock) -> str:
    """The path of the link in the mail."""
    ask_again(store, queue, TOKEN_KEY, now=clock())
    return f"/renew/{token_of(store, agreed)}"


@pytest.fixture
def everything(store: Store) -> Callable[[], str]:
    def read() -> str:
        with store.reading() as tx:
            return repr([tx.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES])  # noqa: S608

    return read


def send(client: FlaskClient, path: str, **values: str) -> TestResponse:
    return client.post(path, headers={**HTML, "Origin": PUBLIC_URL}, data=values)


class TestLooking:
    def test_c13_w05_changes_nothing_whoever_looks(
        self, public: FlaskClient, link: str, everything: Callable[[], str]
    ) -> None:
        before = everything()
        scanner = {"Sec-Purpose": "prefetch;prerender"}
        answers = [public.get(link), public.head(link), public.get(link, headers=scanner), public.options(link)]
        assert {one.status_code for one in answers} == {200}
        assert everything() == before

    def test_c17_n10_it_says_what_has_changed_and_how_a_yes_is_taken_back_before_it_asks(
        self, public: FlaskClient, link: str, notice: str
    ) -> None:
        page = public.get(link).text
        places = [page.index(word) for word in ("Brightledger", "Otherledger", 'class="withdraw"', "<button")]
        assert places == sorted(places)
        assert f"/notices/{notice}" in page

    def test_n19_yes_and_no_look_alike_and_nothing_is_chosen(self, public: FlaskClient, link: str) -> None:
        page = public.get(link).text
        assert '<button type="submit" name="answer" value="yes">Yes</button>' in page
        assert '<button type="submit" name="answer" value="no">No</button>' in page
        assert "checked" not in page

    def test_its_address_is_kept_out_of_search_engines(self, public: FlaskClient, link: str) -> None:
        headers = public.get(link).headers
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("token", [UNKNOWN, "x", "0" * 32, "%00"])
    def test_a_token_of_nobody_is_not_found(self, public: FlaskClient, token: str, link: str) -> None:
        assert public.get(f"/renew/{token}", headers=HTML).status_code == 404
        assert send(public, f"/renew/{token}", purpose="a", notice="b", answer="yes").status_code == 404

    def test_its_words_are_there_in_the_language_of_the_form(
        self, public: FlaskClient, store: Store, link: str
    ) -> None:
        with store.writing() as tx:
            tx.exec_driver_sql("UPDATE leads SET locale = 'cs'")
        page = read_page(public.get(link).text)
        assert "Souhlasíte i nadále?" in page.text


class TestTheReceipt:
    def test_c17_says_that_the_yes_does_not_count_until_it_is_said_again(
        self, public: FlaskClient, agreed: Lead, link: str, notice: str
    ) -> None:
        receipt = f"/receipts/{receipt_of(agreed)}"
        waits = "does not count until you say it again"
        assert waits in public.get(receipt).text
        send(public, link, purpose="product_offers", notice=notice, answer="yes")
        assert waits not in public.get(receipt).text

    def test_w01_such_a_yes_can_be_taken_back_there_all_the_same(
        self, public: FlaskClient, store: Store, agreed: Lead, link: str
    ) -> None:
        answer = send(public, f"/receipts/{receipt_of(agreed)}/withdraw", purpose="product_offers")
        assert answer.status_code == 303
        assert state_of(store, agreed, "product_offers") is DecisionState.WITHDRAWN
        assert public.get(link).status_code == 410


class TestAnswering:
    def test_c17_a_yes_is_written_down(
        self, public: FlaskClient, store: Store, agreed: Lead, link: str, notice: str
    ) -> None:
        answer = send(public, link, purpose="product_offers", notice=notice, answer="yes")
        assert (answer.status_code, answer.location) == (303, link)
        assert "Your answer is written down" in public.get(link).text
        (entry,) = entries(store, agreed, "consent.renewed")
        assert (entry["purpose"], entry["control"]) == ("product_offers", "renewal")

    def test_c17_a_no_too(self, public: FlaskClient, store: Store, agreed: Lead, link: str, notice: str) -> None:
        assert send(public, link, purpose="product_offers", notice=notice, answer="no").status_code == 303
        assert state_of(store, agreed, "product_offers") is DecisionState.WITHDRAWN
        assert "Your answer is written down" in public.get(link).text

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"purpose": "product_offers", "notice": "{notice}"},
            {"purpose": "product_offers", "notice": "{notice}", "answer": "true"},
            {"purpose": "product_offers", "answer": "yes"},
            {"notice": "{notice}", "answer": "yes"},
        ],
    )
    def test_c02_anything_but_a_plain_yes_or_no_is_none(
        self, public: FlaskClient, link: str, notice: str, values: dict[str, str], everything: Callable[[], str]
    ) -> None:
        before = everything()
        sent = {name: value.format(notice=notice) for name, value in values.items()}
        assert send(public, link, **sent).status_code in (415, 422)
        assert everything() == before

    def test_c06_a_yes_to_a_notice_that_was_not_shown_is_asked_anew(
        self, public: FlaskClient, store: Store, agreed: Lead, link: str
    ) -> None:
        answer = send(public, link, purpose="product_offers", notice=agreed.notice_hash, answer="yes")
        assert answer.status_code == 409
        assert "Please read it again" in answer.text
        assert entries(store, agreed, "consent.renewed") == []

    def test_what_was_decided_otherwise_meanwhile_is_not_asked(
        self, public: FlaskClient, store: Store, agreed: Lead, link: str, notice: str, clock: DrivenClock
    ) -> None:
        withdraw_by_receipt(store, receipt_of(agreed), ["product_offers"], now=clock())
        assert public.get(link).status_code == 410
        assert send(public, link, purpose="product_offers", notice=notice, answer="yes").status_code == 410
        assert state_of(store, agreed, "product_offers") is DecisionState.WITHDRAWN

    def test_the_link_is_over_after_thirty_days(
        self, public: FlaskClient, link: str, notice: str, clock: DrivenClock
    ) -> None:
        clock.advance(days=30)
        assert public.get(link).status_code == 410
        assert send(public, link, purpose="product_offers", notice=notice, answer="yes").status_code == 410

    def test_sec12_another_site_cannot_answer(
        self, public: FlaskClient, link: str, notice: str, everything: Callable[[], str]
    ) -> None:
        before = everything()
        values = {"purpose": "product_offers", "notice": notice, "answer": "yes"}
        answer = public.post(link, data=values, headers={**HTML, "Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert everything() == before


@pytest.mark.parametrize("size", SIZES)
class TestInABrowser:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_c17_a_press_answers(
        self,
        chromium: Browser,
        store: Store,
        agreed: Lead,
        link: str,
        address: str,
        size: tuple[int, int],
        scheme: str,
    ) -> None:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=True,
        )
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + link)
        expect(page.get_by_role("heading", level=1)).to_have_text("Do you still agree?")
        assert page.evaluate(FAINT_TEXT) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        yes, no = (page.get_by_role("button", name=name, exact=True).bounding_box() for name in ("Yes", "No"))
        assert yes
        assert no
        assert (yes["width"], yes["height"]) == (no["width"], no["height"])
        follow(page.get_by_role("button", name="Yes", exact=True))
        expect(page.get_by_role("heading", level=1)).to_have_text("Your answer is written down")
        assert page.evaluate(FAINT_TEXT) == []
        assert len(entries(store, agreed, "consent.renewed")) == 1
        assert trap.caught == []
        context.close()
