"""The steps of a form in a real browser, without scripts, on a phone, light and dark, in all languages."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.intake_api.forms import FORMS
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow

pytestmark = pytest.mark.browser

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
LOCALES = ["en", "lv", "ru", "pl", "cs"]


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    assert context.cookies() == []
    context.close()


def look(page: Page) -> None:
    """Assert that a page fits, can be read, and that axe finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert page.evaluate(FAINT_TEXT) == [], page.url
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


class TestEveryForm:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_n20_can_be_read_on_a_phone(self, chromium: Browser, address: str, scheme: str) -> None:
        context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        for form in FORMS:
            page.goto(f"{address}/f/{form}")
            look(page)
        context.close()


class TestASurvey:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_n20_every_step_fits_and_can_be_read(
        self, chromium: Browser, address: str, width: int, height: int, scheme: str
    ) -> None:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(f"{address}/f/survey")
        look(page)
        follow(page.locator("button[value='2']"))
        expect(page.locator("#trouble")).to_be_focused()
        look(page)
        page.check("input[name=f-rating][value='8']")
        follow(page.locator("button[value='2']"))
        look(page)
        page.fill("#f-workday", "Keys and late arrivals, every day. " * 12)
        follow(page.locator("button[value='3']"))
        page.fill("#f-comment", "Nothing")
        follow(page.locator("button[value=check]"))
        look(page)
        follow(page.locator("button[value=send]"))
        expect(page.locator("h1")).to_have_text("Thank you, we have it")
        look(page)
        assert trap.caught == []
        context.close()

    @pytest.mark.parametrize("locale", LOCALES)
    def test_n20_goes_from_first_to_last_in_each_language(
        self, context: BrowserContext, address: str, locale: str
    ) -> None:
        page = context.new_page()
        page.goto(f"{address}/f/survey?lang={locale}")
        for go in ("2", "3", "check"):
            if go == "2":
                page.check("input[name=f-rating][value='9']")
            follow(page.locator(f"button[value='{go}']"))
            look(page)
            assert page.locator("html").get_attribute("lang") == locale
        follow(page.locator("button[value=send]"))
        expect(page.locator(".reference strong")).to_be_visible()

    def test_back_and_forth_without_scripts_keeps_what_was_typed(self, chromium: Browser, address: str) -> None:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{address}/f/survey")
        page.select_option("#f-role", "owner")
        page.check("input[name=f-rating][value='7']")
        follow(page.locator("button[value='2']"))
        page.fill("#f-wish", "A map")
        follow(page.locator("button[value='1']"))
        expect(page.locator("#f-role")).to_have_value("owner")
        follow(page.locator("button[value='2']"))
        expect(page.locator("#f-wish")).to_have_value("A map")
        context.close()

    def test_the_enter_key_goes_on_and_not_back(self, context: BrowserContext, address: str) -> None:
        page = context.new_page()
        page.goto(f"{address}/f/request_demo")
        page.fill("#f-name", "Zane Example")
        page.fill("#f-email", "zane@guest.example")
        with page.expect_navigation():
            page.press("#f-email", "Enter")
        expect(page.locator("#check-heading")).to_be_visible()
        follow(page.locator("button[value='1']"))
        expect(page.locator("#f-name")).to_have_value("Zane Example")
