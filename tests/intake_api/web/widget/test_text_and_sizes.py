"""What is said, as it is shown: any text, on any size of window."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import open_chat, say

pytestmark = pytest.mark.browser


class TestText:
    def test_rtl_and_piled_up_signs_stay_inside_their_bubble(self, page: Page) -> None:
        open_chat(page)
        rtl = "\u202eمرحبا <b>bold</b>, שלום"
        piled = "Z" + "\u0335\u0322\u0353\u0341" * 40 + "a" + "\u034c\u0311\u0348" * 40
        for number, text in enumerate((rtl, piled), start=2):
            say(page, text)
            expect(page.locator(".vestibule-bot")).to_have_count(number)
        for bubble in page.locator(".vestibule-text").all():
            assert bubble.get_attribute("dir") == "auto"
            assert bubble.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"
        for bubble in page.locator(".vestibule-said").all():
            assert bubble.evaluate("e => getComputedStyle(e).overflow") == "clip"
        assert page.locator(".vestibule-you .vestibule-text").first.inner_text() == rtl
        assert page.locator(".vestibule-log b").count() == 0
        assert (
            page.locator(".vestibule-you .vestibule-text").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
        )
        assert page.locator(".vestibule-head").evaluate("e => getComputedStyle(e).direction") == "ltr"

    def test_long_text_wraps(self, page: Page) -> None:
        page.set_viewport_size({"width": 360, "height": 740})
        open_chat(page)
        say(page, "x" * 1900)
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        assert page.locator(".vestibule-log").evaluate("e => e.scrollWidth <= e.clientWidth")

    def test_the_notice_stands_apart_with_a_link_that_says_what_it_is(self, page: Page) -> None:
        open_chat(page)
        say(page, "notice")
        card = page.locator(".vestibule-notice")
        expect(card).to_contain_text("We ask for your name.")
        link = card.get_by_role("link", name="The whole notice", exact=True)
        expect(link).to_have_attribute("href", f"http://127.0.0.1:8080/notices/{'ab' * 32}")


class TestSizes:
    def test_on_a_phone_it_is_a_sheet_that_leaves_room_for_the_keyboard(
        self, chromium: Browser, site: Site, address: str
    ) -> None:
        site.door = address
        # Without motion: where it stands is looked at, not how it gets there.
        context = chromium.new_context(
            viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, reduced_motion="reduce"
        )
        page = context.new_page()
        # A browser without a screen shows no keyboard: this is what one does to the page when it comes up.
        page.add_init_script(
            "const seen = new EventTarget(); Object.assign(seen, {height: 740, offsetTop: 0, scale: 1});"
            "Object.defineProperty(window, 'visualViewport', {value: seen});"
        )
        page.goto(f"{site.url}/en")
        page.tap(".vestibule-bubble")
        expect(page.locator(".vestibule-bot")).to_have_count(1)
        assert page.locator(".vestibule-chat").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
        expect(page.locator("#vestibule-input")).not_to_be_focused()  # or the keyboard would cover the first words
        page.tap("#vestibule-input")
        page.evaluate(
            "Object.assign(visualViewport, {height: 400, offsetTop: 40});"
            "visualViewport.dispatchEvent(new Event('resize'))"
        )
        assert page.locator(".vestibule-chat").bounding_box() == {"x": 0, "y": 40, "width": 360, "height": 400}
        send = page.locator(".vestibule-send").bounding_box()
        assert send
        assert send["y"] + send["height"] <= 440
        expect(page.locator(".vestibule-assistant strong")).to_be_in_viewport()
        page.tap(".vestibule-choice >> nth=0")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        expect(page.locator("#vestibule-input")).not_to_be_focused()
        context.close()

    @pytest.mark.parametrize(("width", "height"), [(640, 400), (320, 256)])
    def test_it_can_be_used_at_200_and_at_400_per_cent(self, page: Page, width: int, height: int) -> None:
        page.set_viewport_size({"width": width, "height": height})
        open_chat(page)
        for part in (
            ".vestibule-assistant strong",
            ".vestibule-choice >> nth=1",
            ".vestibule-send",
            ".vestibule-forget",
        ):
            page.locator(part).scroll_into_view_if_needed()
            expect(page.locator(part)).to_be_in_viewport(ratio=1)
        assert page.locator(".vestibule-panel").evaluate("e => e.scrollWidth <= e.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def test_nothing_moves_for_those_who_asked_for_that(self, chromium: Browser, site: Site, address: str) -> None:
        site.door = address
        for motion, moves in (("reduce", False), ("no-preference", True)):
            context = chromium.new_context(reduced_motion=motion)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"{site.url}/en")
            open_chat(page)
            names = page.locator(".vestibule-chat, .vestibule-turn, .vestibule-dots i").evaluate_all(
                "all => all.map(e => getComputedStyle(e).animationName)"
            )
            assert any(name != "none" for name in names) is moves
            context.close()
