"""A form in several steps, without JavaScript: back and forth, the check before sending, and nothing kept before."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.demo_page import PAGE, TYPED, no, yes
from tests.intake_api.web.html import Page, read_page

SURVEY = "/f/survey"
LOCALES = ["en", "lv", "ru", "pl", "cs"]


def turned(public: FlaskClient, page: Page, go: str, path: str = SURVEY, **typed: str) -> Page:
    """Press a button of a page with something typed, and return the page that follows."""
    answer = public.post(path, data={**page.form(), **{f"f-{name}": value for name, value in typed.items()}, "go": go})
    assert answer.status_code in (200, 422), answer.text
    return read_page(answer.text)


def buttons(page: Page) -> list[str]:
    """Return what each button of the form says it does."""
    return [button.get("value") for button in page.all("button", type="submit")]


class TestPages:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_the_pages_come_one_after_the_other_and_say_which_one_it_is(
        self, public: FlaskClient, catalogue: Catalogue, locale: str
    ) -> None:
        page = read_page(public.get(f"{SURVEY}?lang={locale}").text)
        for number, names in enumerate(catalogue.form("survey").pages, start=1):
            shown = {e.get("name") for e in page.all() if e.get("name").startswith("f-") and e.get("type") != "hidden"}
            assert shown == {f"f-{name}" for name in names}
            bar = page.one("progress")
            assert (bar.get("value"), bar.get("max")) == (str(number), "3")
            said = page.one("p", id="progress").text
            assert str(number) in said
            assert "3" in said
            page = turned(public, page, buttons(page)[0], rating="8", wish="a map", comment="more maps")
        assert "progress" in {e.tag for e in page.all()}

    def test_nothing_is_kept_or_sent_before_the_last_step(self, public: FlaskClient, kept: Count, store: Store) -> None:
        page = read_page(public.get(SURVEY).text)
        page = turned(public, page, "2", rating="8", role="owner")
        page = turned(public, page, "3", workday="zq7f3", wish="zq7f3")
        page = turned(public, page, "check", comment="zq7f3")
        assert kept() == 0
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM presentations")) == 0
        answer = public.post(SURVEY, data={**page.form(), "go": "send"})
        assert answer.status_code == 303
        assert kept() > 0

    def test_what_was_typed_goes_forth_and_back_with_the_pages(self, public: FlaskClient) -> None:
        page = read_page(public.get(SURVEY).text)
        page = turned(public, page, "2", rating="8", role="owner")
        page = turned(public, page, "3", workday="Keys & “late” <b>arrivals</b>")
        page = turned(public, page, "2", comment="a half-written")
        assert page.one("textarea", name="f-workday").text.strip() == "Keys & “late” <b>arrivals</b>"
        page = turned(public, page, "1")
        (chosen,) = [each for each in page.all("input", name="f-rating") if "checked" in each.attributes]
        assert chosen.get("value") == "8"
        assert page.form()["f-role"] == "owner"
        assert page.form()["f-comment"] == "a half-written"

    def test_a_page_is_left_forwards_only_when_it_is_good_and_backwards_always(self, public: FlaskClient) -> None:
        page = read_page(public.get(SURVEY).text)
        stuck = turned(public, page, "2", role="owner")
        assert stuck.one("p", id="problem-rating")
        assert stuck.form()["step"] == "1"
        page = turned(public, turned(public, page, "2", rating="3"), "3", workday="x" * 1001)
        assert page.one("p", id="problem-workday")
        assert turned(public, page, "1").form()["step"] == "1"

    def test_a_skipped_page_is_asked_for_before_the_check(self, public: FlaskClient, kept: Count) -> None:
        page = read_page(public.get(SURVEY).text)
        answer = public.post(SURVEY, data={**page.form(), "step": "3", "go": "check"})
        assert answer.status_code == 422
        again = read_page(answer.text)
        assert again.form()["step"] == "1"
        assert again.one("p", id="problem-rating")
        assert public.post(SURVEY, data={**page.form(), "step": "3", "go": "send"}).status_code == 422
        assert kept() == 0

    @pytest.mark.parametrize(("name", "value"), [("go", "7"), ("go", "x"), ("go", ""), ("step", "9"), ("step", "-1")])
    def test_a_step_that_is_none_is_refused(self, public: FlaskClient, kept: Count, name: str, value: str) -> None:
        page = read_page(public.get(SURVEY).text)
        assert public.post(SURVEY, data={**page.form(), name: value}).status_code == 422
        assert kept() == 0

    def test_n18_the_notice_stands_on_every_page(self, public: FlaskClient, catalogue: Catalogue) -> None:
        notice = catalogue.notice("survey", "en")
        page = read_page(public.get(SURVEY).text)
        for go in ("2", "3", "check"):
            assert notice.texts["short"] in page.text
            assert notice.hash in {e.get("data-notice") for e in page.all()}
            page = turned(public, page, go, rating="8")
        assert notice.texts["short"] in page.text

    def test_c06_an_old_showing_begins_again_with_what_was_typed(self, public: FlaskClient, clock: DrivenClock) -> None:
        page = turned(public, read_page(public.get(SURVEY).text), "2", rating="8")
        clock.advance(minutes=31)
        answer = public.post(SURVEY, data={**page.form(), "f-wish": "a map", "go": "3"})
        assert answer.status_code == 409
        again = read_page(answer.text)
        assert again.form()["step"] == "1"
        assert again.form()["f-wish"] == "a map"
        assert again.form()["presentation"] != page.form()["presentation"]

    def test_k03_a_child_is_told_on_the_page_it_wrote_on(self, public: FlaskClient, kept: Count) -> None:
        page = turned(public, read_page(public.get(SURVEY).text), "2", rating="8")
        answer = public.post(SURVEY, data={**page.form(), "f-wish": "I am 12 years old", "go": "3"})
        assert answer.status_code == 422
        assert "12 years" not in answer.text
        assert kept() == 0


class TestCheckingTheAnswers:
    def test_more_than_four_fields_are_shown_once_more(self, public: FlaskClient, shown: Page, kept: Count) -> None:
        assert buttons(shown) == ["check"]
        sent = {**shown.form(), **TYPED, "f-role": "owner", "d-newsletter": yes(shown, "newsletter"),
                "d-product_offers": no(shown, "product_offers"), "go": "check"}  # fmt: skip
        answer = public.post(PAGE, data=sent)
        page = read_page(answer.text)
        assert answer.status_code == 200
        for said in ("Zane Example", "zane@guest.example", "I own it", "Not given"):
            assert said in page.text
        assert page.one("div", data_decided="newsletter").text.split()[-1] == "Yes"
        assert page.one("div", data_decided="product_offers").text.split()[-1] == "No"
        assert sorted(buttons(page)) == ["1", "send"]
        assert kept() == 0

    def test_sending_from_the_check_sends_all_of_it_once(self, public: FlaskClient, shown: Page, store: Store) -> None:
        sent = {**shown.form(), **TYPED, "d-newsletter": yes(shown, "newsletter")}
        check = {**read_page(public.post(PAGE, data={**sent, "go": "check"}).text).form(), "go": "send"}
        assert len({public.post(PAGE, data=check).headers["Location"] for _ in range(2)}) == 1
        with store.reading() as tx:
            states = {row.purpose: row.state for row in tx.execute(text("SELECT purpose, state FROM decisions"))}
            assert tx.scalar(text("SELECT COUNT(*) FROM leads")) == 1
        assert states == {"respond_to_request": "acted", "newsletter": "requested", "product_offers": "refused"}

    def test_changing_something_keeps_all_of_it_and_the_decisions(self, public: FlaskClient, shown: Page) -> None:
        sent = {**shown.form(), **TYPED, "d-newsletter": no(shown, "newsletter"), "go": "check"}
        page = turned(public, read_page(public.post(PAGE, data=sent).text), "1", PAGE)
        assert page.form()["f-name"] == "Zane Example"
        assert "checked" in page.one("input", id="d-newsletter-no").attributes
        assert "checked" not in page.one("input", id="d-product_offers-no").attributes

    def test_m05_what_will_be_left_out_is_told_before_it_is_sent(self, public: FlaskClient, shown: Page) -> None:
        sent = {**shown.form(), **TYPED, "f-message": "My card is 4111 1111 1111 1111.", "go": "check"}
        page = read_page(public.post(PAGE, data=sent).text)
        assert "[card number left out]" in page.text
        assert page.one("p", data_code="card_number")

    def test_a_failed_check_shows_the_page_with_what_was_typed(self, public: FlaskClient, shown: Page) -> None:
        answer = public.post(PAGE, data={**shown.form(), "f-email": "zane@", "go": "check"})
        assert answer.status_code == 422
        page = read_page(answer.text)
        assert page.form()["f-email"] == "zane@"
        assert page.one("p", id="problem-name")

    @pytest.mark.parametrize("form", ["newsletter", "request_contact", "contest", "trial"])
    def test_few_fields_are_sent_at_once(self, public: FlaskClient, form: str) -> None:
        assert buttons(read_page(public.get(f"/f/{form}").text)) == ["send"]

    def test_c02_a_decision_made_up_on_the_way_is_refused(self, public: FlaskClient, shown: Page, kept: Count) -> None:
        sent = {**shown.form(), **TYPED, "d-newsletter": "yes", "go": "check"}
        assert public.post(PAGE, data=sent).status_code == 422
        assert kept() == 0
