"""The question about the age in a form on another page: beside the decisions; where it ends, nothing is sent."""

import pytest
from playwright.sync_api import Locator, Page, expect

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store
from tests.intake_api.web.browsing import ALL_TEXT
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.embedded.visitor import (
    EMAIL,
    LANGUAGES,
    heard,
    open_form,
    reference,
    refusals,
    send,
    violations,
    words,
)
from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import TOUCHED, UNTOUCHED

pytestmark = pytest.mark.browser

MARK = "zq7f3"


def fill(page: Page, *, news: str = "yes", age: str = "") -> None:
    """Fill the contest in."""
    page.fill("#f-message", f"A tip {MARK}")
    page.fill("#f-email", EMAIL)
    page.locator(f"[name=d-newsletter][value={news}]").check()
    if age:
        page.locator(f"[name=d-age][value={age}]").check()


def size(form: Locator, answer: str) -> tuple[float, float]:
    """Return how large an answer about the age is drawn."""
    box = form.locator(f"label:has([name=d-age][value={answer}])").bounding_box()
    assert box
    return box["width"], box["height"]


class TestTheQuestion:
    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_k01_n19_it_is_that_of_the_notice_with_two_equal_answers_and_none_chosen(
        self, page: Page, site: Site, catalogue: Catalogue, locale: str
    ) -> None:
        form = open_form(page, site, "contest", path=f"/{locale}")
        texts, shown = catalogue.notice("contest", locale).texts, form.inner_text()
        asked = [texts[f"age.{name}"] for name in ("question", "why", "at_or_over", "younger")]
        assert [said for said in asked if said not in shown] == []
        assert shown.index(texts["if_not_given.newsletter"]) < shown.index(texts["age.question"])
        expect(form.locator("input:checked")).to_have_count(0)
        assert size(form, "yes") == size(form, "no")
        assert violations(page) == []

    def test_k05_another_form_asks_nobody(self, page: Page, site: Site) -> None:
        form = open_form(page, site, "request_contact")
        expect(form.locator("[name=d-age]")).to_have_count(0)


class TestAnswering:
    def test_k01_a_yes_is_sent_with_it(self, page: Page, site: Site) -> None:
        open_form(page, site, "contest")
        fill(page, age="yes")
        with page.expect_request("**/submissions") as sent:
            send(page)
        reference(page)
        assert sent.value.post_data_json["age"] == "at_or_over"
        assert sent.value.post_data_json["decisions"] == {"newsletter": True}

    def test_k01_a_yes_without_it_is_asked_for_it(
        self, page: Page, site: Site, kept: Count, catalogue: Catalogue
    ) -> None:
        form = open_form(page, site, "contest")
        fill(page)
        send(page)
        problem = form.locator("#problem-age")
        expect(problem).to_have_text(catalogue.notice("contest", "en").texts["age.missing"])
        expect(form.locator("[name=d-age][value=yes]")).to_be_focused()
        expect(page.locator("#f-email")).to_have_value(EMAIL)
        assert kept() == 0
        form.locator("[name=d-age][value=yes]").check()
        send(page)
        reference(page)

    def test_k01_a_no_needs_none(self, page: Page, site: Site) -> None:
        open_form(page, site, "contest")
        fill(page, news="no")
        with page.expect_request("**/submissions") as sent:
            send(page)
        reference(page)
        assert "age" not in sent.value.post_data_json

    @pytest.mark.parametrize("news", ["yes", "no"])
    def test_k02_under_ends_it_kindly_and_nothing_is_sent_or_stays(
        self, page: Page, site: Site, kept: Count, store: Store, catalogue: Catalogue, news: str
    ) -> None:
        sent: list[str] = []
        form = open_form(page, site, "contest")
        page.on("request", lambda request: sent.append(request.url))
        fill(page, news=news, age="no")
        send(page)
        expect(form.get_by_role("heading", name=words("en")["too_young"]["title"])).to_be_focused()
        expect(form).to_contain_text(catalogue.notice("contest", "en").texts["age.too_young"])
        expect(form.locator("input, textarea, button")).to_have_count(0)
        text = page.evaluate(ALL_TEXT)
        assert (MARK in text, EMAIL in text) == (False, False)
        assert page.evaluate(TOUCHED) == UNTOUCHED
        assert (sent, kept(), refusals(store)) == ([], 0, 0)
        assert heard(page) == ["ready", "shown"]
