"""The chat without a pointer and without sight: keyboard, screen reader, axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.intake_api.web.channel_server import Channel
from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import LANGUAGES, open_chat, say, words

pytestmark = pytest.mark.browser

SCHEMES = ("light", "dark")


class TestWithoutAPointer:
    def test_everything_can_be_done_by_keyboard_and_the_focus_comes_back(self, page: Page, channel: Channel) -> None:
        page.focus("#own")
        page.keyboard.press("Tab")
        expect(page.locator(".vestibule-bubble")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#vestibule-input")).to_be_focused()
        expect(page.locator(".vestibule-bot")).to_have_count(1)
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("button", name="No", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        expect(page.locator("#vestibule-input")).to_be_focused()
        assert channel.heard[-1]["button"] == "no:1"
        for _ in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.id") != "own"
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator(".vestibule-bubble")).to_be_focused()

    def test_what_happens_is_told_to_a_screen_reader(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
        expect(page.get_by_role("dialog", name="Chat")).to_have_accessible_description(
            f"{words('en')['assistant']} {words('en')['assistant_hint']}"
        )
        channel.hold.clear()
        say(page, "Hello")
        expect(page.get_by_role("status").filter(has_text=words("en")["typing"])).to_be_visible()
        channel.raw = (500, b"")
        channel.hold.set()
        expect(page.get_by_role("alert").filter(has_text=words("en")["away"])).to_be_visible()
        page.click(".vestibule-forget")
        expect(page.get_by_role("status").filter(has_text=words("en")["forgotten"])).to_be_visible()


class TestAxe:
    """WCAG 2.2 and axe's own good practice, in every state."""

    @pytest.mark.parametrize("scheme", SCHEMES)
    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_no_violation_in_any_state(
        self, chromium: Browser, site: Site, address: str, channel: Channel, locale: str, scheme: str
    ) -> None:
        site.door = address
        context = chromium.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            viewport={"width": 360, "height": 740} if scheme == "dark" else {"width": 1280, "height": 800},
        )
        page = context.new_page()
        page.goto(f"{site.url}/{locale}")
        found: dict[str, list[str]] = {}

        def look(state: str) -> None:
            report = Axe().run(page, context={"include": [["vestibule-chat"]]}, options={"resultTypes": ["violations"]})
            if wrong := report.response["violations"]:
                found[state] = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in wrong]

        expect(page.locator(".vestibule-bubble")).to_be_visible()
        look("closed")
        page.route("**/embed/chat.js*", lambda route: route.abort())
        page.click(".vestibule-bubble")
        expect(page.locator(".vestibule-trouble")).not_to_be_empty()
        look("not loaded")
        page.unroute("**/embed/chat.js*")
        open_chat(page)
        look("open, with buttons")
        say(page, "notice")
        expect(page.locator(".vestibule-notice")).to_be_visible()
        look("notice")
        channel.hold.clear()
        say(page, "Hello")
        expect(page.locator(".vestibule-typing")).to_be_visible()
        look("typing")
        channel.hold.set()
        expect(page.locator(".vestibule-typing")).to_be_hidden()
        page.fill("#vestibule-input", "word " * 380)
        look("near the end of the box")
        page.fill("#vestibule-input", "word " * 2000)
        look("too long")
        channel.raw = (500, b"")
        say(page, "Hello")
        expect(page.locator(".vestibule-problem a")).to_be_visible()
        look("away")
        channel.raw = None
        channel.turns.clear()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=words(locale)["begin"])).to_be_visible()
        look("ended")
        page.get_by_role("button", name=words(locale)["begin"]).click()
        expect(page.locator(".vestibule-typing")).to_be_hidden()
        page.reload()
        open_chat(page)
        look("resumed")
        page.click(".vestibule-forget")
        expect(page.get_by_role("button", name=words(locale)["begin"])).to_be_visible()
        look("forgotten")
        assert found == {}
        context.close()
