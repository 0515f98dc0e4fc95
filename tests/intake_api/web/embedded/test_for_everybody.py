"""Forms on other pages without a pointer and without sight, on strict and on narrow ones."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.intake_api.web.browsing import Trap
from tests.intake_api.web.embedded.visitor import EMAIL, LANGUAGES, open_form, reference, send, violations, words
from tests.intake_api.web.host_pages import Site

pytestmark = pytest.mark.browser

SCHEMES = ("light", "dark")
WIDER_THAN_SEEN = "document.documentElement.scrollWidth > innerWidth"


class TestAxe:
    """WCAG 2.2 and axe's own good practice, in every state, wide and at 320 pixels."""

    @pytest.mark.parametrize("scheme", SCHEMES)
    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_no_violation_in_any_state(
        self, chromium: Browser, site: Site, address: str, locale: str, scheme: str
    ) -> None:
        site.door = address
        context = chromium.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            viewport={"width": 320, "height": 640} if scheme == "dark" else {"width": 1280, "height": 800},
        )
        page = context.new_page()
        found: dict[str, list[str]] = {}

        def look(state: str) -> None:
            if wrong := violations(page):
                found[state] = wrong
            if page.evaluate(WIDER_THAN_SEEN):
                found[f"{state}, wide"] = [str(page.evaluate("document.documentElement.scrollWidth"))]

        page.route("**/v1/forms/*", lambda route: route.abort())
        site.options = ' data-form="request_demo" data-mode="inline"'
        page.goto(f"{site.url}/{locale}")
        expect(page.locator(".vestibule-retry")).to_be_visible()
        look("away")
        page.unroute("**/v1/forms/*")
        open_form(page, site, "request_demo", path=f"/{locale}")
        look("questions")
        page.locator(".vestibule-next").click()
        expect(page.locator("#problem-name")).to_be_visible()
        look("something missing")
        page.fill("#f-name", "Zane " * 20)
        page.fill("#f-email", "x")
        page.locator(".vestibule-next").click()
        look("answers")
        send(page)
        expect(page.locator("#problem-email")).to_be_visible()
        look("a problem")
        page.fill("#f-email", EMAIL)
        page.locator(".vestibule-next").click()
        page.locator("[value=yes]").first.check()
        send(page)
        reference(page)
        look("thanks")
        open_form(page, site, "feedback", path=f"/{locale}")
        page.get_by_label("3", exact=True).check()
        look("numbers")
        page.get_by_role("button", name=words(locale)["embed"]["decline"]).click()
        expect(page.get_by_role("heading", name=words(locale)["refused"]["title"])).to_be_visible()
        look("no")
        assert found == {}
        context.close()


class TestWithoutAPointer:
    def test_a_form_is_filled_in_and_sent_by_keyboard(self, page: Page, site: Site) -> None:
        open_form(page, site, "newsletter")
        page.focus("#own")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=words("en")["form"]["whole_notice"])).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.type(EMAIL)
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        expect(page.locator(".vestibule-send")).to_be_focused()
        page.keyboard.press("Enter")
        reference(page)

    def test_what_is_typed_is_no_shortcut_of_the_page(self, page: Page, site: Site) -> None:
        open_form(page, site, "newsletter")
        page.evaluate("window.keys = []; addEventListener('keydown', e => keys.push(e.key))")
        page.focus("#f-email")
        page.keyboard.type("jk/?")
        assert page.evaluate("keys") == []


class TestOnStrictPages:
    """SEC-15: what `docs/embedding.md` tells a site to allow is enough."""

    @pytest.mark.parametrize("path", ["/strict", "/nonce"])
    def test_it_works_under_a_strict_policy(self, context: BrowserContext, site: Site, path: str) -> None:
        page = context.new_page()
        trap = Trap(page, "http")
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.log('refused', e.violatedDirective))"
        )
        form = open_form(page, site, "newsletter", path=path)
        page.fill("#f-email", EMAIL)
        page.locator("[value=yes]").check()
        send(page)
        reference(page)
        assert form.evaluate("e => getComputedStyle(e).display") == "block"
        assert [heard for heard in trap.caught if "asked" not in heard] == []

    def test_the_pages_own_styles_stay_outside(self, page: Page, site: Site) -> None:
        open_form(page, site, "newsletter", path="/loud")
        label = page.locator(".vestibule-field label")
        assert label.evaluate("e => getComputedStyle(e).fontSize") == "16px"
        assert label.evaluate("e => getComputedStyle(e).letterSpacing") == "normal"
        expect(page.locator(".vestibule-send")).to_be_visible()

    def test_a_page_that_is_read_from_the_right_stays_as_wide_as_it_is(self, page: Page, site: Site) -> None:
        form = open_form(page, site, "newsletter", path="/rtl")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        trap = form.locator("#remark").bounding_box()
        assert trap
        assert trap["x"] + trap["width"] < 0
        assert form.locator(".vestibule-sheet").evaluate("e => getComputedStyle(e).direction") == "ltr"

    def test_whoever_put_it_on_a_site_that_is_not_allowed_is_told_where_to_name_the_site(
        self, page: Page, site: Site
    ) -> None:
        site.options = ' data-form="newsletter" data-mode="inline"'
        stranger = site.url.replace("localhost", "127.0.0.1")
        with page.expect_console_message(lambda said: stranger in said.text and "sites" in said.text):
            page.goto(f"{stranger}/en")

    def test_sec13_on_a_site_that_is_not_allowed_it_offers_the_page(self, page: Page, site: Site) -> None:
        site.options = ' data-form="newsletter" data-mode="inline"'
        page.goto(f"{site.url.replace('localhost', '127.0.0.1')}/en")
        expect(page.locator(".vestibule-trouble")).to_contain_text(words("en")["embed"]["form_away"])
        expect(page.locator(".vestibule-trouble a")).to_be_visible()
