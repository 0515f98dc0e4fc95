"""A button in the place of its line: the form opens before the page, and closes without losing what was typed."""

import pytest
from playwright.sync_api import Page, expect

from intake_api.catalogue.model import Catalogue
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.embedded.visitor import (
    EMAIL,
    LANGUAGES,
    details,
    heard,
    open_form,
    reference,
    send,
    violations,
    words,
)
from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import TOUCHED, UNTOUCHED

pytestmark = pytest.mark.browser

OPENER = ".vestibule-opener"


class TestButton:
    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_it_says_what_the_form_is_and_asks_for_nothing_before_it_is_pressed(
        self, page: Page, site: Site, address: str, locale: str, catalogue: Catalogue
    ) -> None:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        open_form(page, site, "newsletter", "button", path=f"/{locale}")
        expect(page.locator(OPENER)).to_have_text(catalogue.notice("newsletter", locale).texts["form_title"])
        assert [url for url in asked if url.startswith(address)] == [f"{address}/embed.js"]
        assert violations(page) == []
        page.click(OPENER)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page) == []

    def test_it_opens_closes_and_opens_again_with_what_was_typed(self, page: Page, site: Site, kept: Count) -> None:
        open_form(page, site, "newsletter", "button", options=' data-label="Letters, please"')
        page.focus("#own")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Letters, please")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".vestibule-form h2")).to_be_focused()
        page.fill("#f-email", EMAIL)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator(OPENER)).to_be_focused()
        page.dblclick(OPENER)
        expect(page.locator("#f-email")).to_have_value(EMAIL)
        page.locator("[value=yes]").check()
        send(page)
        number = reference(page)
        page.get_by_role("button", name=words("en")["embed"]["close"]).click()
        assert heard(page) == ["ready", "shown", "closed", "shown", "submitted", "closed"]
        assert details(page, "submitted") == {"form": "newsletter", "mode": "button", "reference": number}
        assert kept() > 0
        assert page.evaluate(TOUCHED) == UNTOUCHED
        page.click(OPENER)
        expect(page.locator("#f-email")).to_have_value("")

    def test_when_the_form_cannot_be_had_its_page_is_offered(self, page: Page, site: Site, address: str) -> None:
        open_form(page, site, "newsletter", "button")
        page.route("**/embed/form-en.js*", lambda route: route.abort())
        page.click(OPENER)
        trouble = page.locator(".vestibule-trouble").first
        expect(trouble).to_contain_text(words("en")["embed"]["form_away"])
        expect(trouble.get_by_role("link")).to_have_attribute("href", f"{address}/f/newsletter?lang=en")
        page.unroute("**/embed/form-en.js*")
        page.click(OPENER)
        expect(page.get_by_role("dialog")).to_be_visible()


class TestSurvey:
    def test_it_goes_page_by_page_with_progress_and_sends_nothing_before_the_last(
        self, page: Page, site: Site, catalogue: Catalogue
    ) -> None:
        sent: list[str] = []
        page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
        form = open_form(page, site, "survey")
        texts = catalogue.notice("survey", "en").texts
        onward, progress = page.locator(".vestibule-next"), page.locator(".vestibule-progress")
        expect(progress).to_have_text(words("en")["form"]["page"].replace("{number}", "1").replace("{count}", "4"))
        onward.click()
        expect(page.locator("#problem-rating")).to_have_text(words("en")["embed"]["missing"])
        page.get_by_label("7", exact=True).check()
        onward.click()
        expect(progress).to_be_focused()
        page.get_by_label(texts["field.workday.label"]).fill("Keys and coffee")
        page.get_by_role("button", name=words("en")["form"]["back"], exact=True).click()
        expect(page.get_by_label("7", exact=True)).to_be_checked()
        for _ in range(3):
            onward.click()
        assert form.locator("dd").all_inner_texts() == ["7", "Keys and coffee"]
        assert sent == []
        send(page)
        reference(page)
        assert len(sent) == 1
