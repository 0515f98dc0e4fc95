"""The chat and the page it stands on: what it touches there, and what it takes from it."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.intake_api.web.browsing import Trap
from tests.intake_api.web.channel_server import Channel
from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import LANGUAGES, TOUCHED, UNTOUCHED, open_chat, say, words

pytestmark = pytest.mark.browser


class TestBeforeItIsOpened:
    def test_h19_nothing_is_stored_connected_or_set(
        self, context: BrowserContext, site: Site, address: str, channel: Channel
    ) -> None:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(f"{site.url}/en")
        expect(page.locator(".vestibule-bubble")).to_be_visible()
        page.mouse.move(5, 5)
        page.hover(".vestibule-bubble")
        page.focus(".vestibule-bubble")
        page.wait_for_load_state("networkidle")
        assert [url for url in asked if "favicon" not in url] == [f"{site.url}/en", f"{address}/embed.js"]
        assert page.evaluate(TOUCHED) == UNTOUCHED
        assert context.cookies() == []
        assert channel.heard == []

    def test_h19_once_opened_it_keeps_one_opaque_token_in_this_tab(self, page: Page, context: BrowserContext) -> None:
        open_chat(page)
        say(page, "I am zq7f3")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        touched = page.evaluate(TOUCHED)
        assert list(touched["session"]) == ["vestibule-chat"]
        assert "zq7f3" not in str(touched)
        assert {**touched, "session": {}} == UNTOUCHED
        assert context.cookies() == []

    def test_a_line_that_stands_twice_shows_one_button(self, page: Page, site: Site) -> None:
        page.goto(f"{site.url}/twice")
        page.wait_for_load_state("networkidle")
        expect(page.locator(".vestibule-bubble")).to_have_count(1)

    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_it_speaks_the_language_of_the_page(self, page: Page, site: Site, locale: str, channel: Channel) -> None:
        page.goto(f"{site.url}/{locale}")
        expect(page.locator(".vestibule-bubble")).to_have_text(words(locale)["open"])
        open_chat(page)
        assert channel.heard[0]["locale"] == locale
        expect(page.locator(".vestibule-assistant")).to_contain_text(words(locale)["assistant"])


class TestOnStrictPages:
    """SEC-15: what `docs/embedding.md` tells a site to allow is enough."""

    @pytest.mark.parametrize("path", ["/strict", "/nonce"])
    def test_it_works_under_a_strict_policy(self, context: BrowserContext, site: Site, path: str) -> None:
        page = context.new_page()
        trap = Trap(page, "http")
        page.on("request", lambda asked: None)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.log('refused', e.violatedDirective))"
        )
        page.goto(site.url + path)
        open_chat(page)
        say(page, "Hello " * 100)
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        box = page.locator(".vestibule-chat").bounding_box()
        assert box
        assert box["width"] > 300
        assert [heard for heard in trap.caught if "asked" not in heard] == []

    def test_the_pages_own_styles_stay_outside(self, context: BrowserContext, site: Site) -> None:
        page = context.new_page()
        page.goto(f"{site.url}/loud")
        open_chat(page)
        shown = page.locator(".vestibule-text").first
        assert shown.evaluate("e => getComputedStyle(e).fontSize") == "16px"
        assert shown.evaluate("e => getComputedStyle(e).letterSpacing") == "normal"
        expect(page.locator(".vestibule-choice").first).to_be_visible()

    def test_a_page_whose_body_is_moved_does_not_carry_it_out_of_sight(self, page: Page) -> None:
        page.add_style_tag(content="body { transform: translateX(0); height: 3000px; }")
        expect(page.locator(".vestibule-bubble")).to_be_in_viewport(ratio=1)

    def test_what_is_typed_is_no_shortcut_of_the_page(self, page: Page) -> None:
        page.evaluate("window.heard = []; addEventListener('keydown', e => heard.push(e.key))")
        open_chat(page)
        page.keyboard.type("jk/?")
        assert page.evaluate("heard") == []

    def test_sec13_on_a_site_that_is_not_allowed_it_says_that_it_is_away(
        self, context: BrowserContext, site: Site
    ) -> None:
        page = context.new_page()
        page.goto(f"{site.url.replace('localhost', '127.0.0.1')}/en")
        page.click(".vestibule-bubble")
        expect(page.locator(".vestibule-problem")).to_contain_text(words("en")["away"])
