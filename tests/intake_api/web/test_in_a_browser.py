"""The pages and the chat widget in a real browser, at the size of a phone and of a laptop, in light and dark."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from intake_api.settings import Settings
from intake_api.web.public import chat as chat_module
from tests.intake_api.web.browsing import ALL_TEXT, FAINT_TEXT, SIZES, Trap, follow
from tests.intake_api.web.channel_server import OPEN_QUESTION, OPENING, Channel

pytestmark = pytest.mark.browser

STORED = "Object.assign({}, sessionStorage)"


@pytest.fixture
def settings(settings: Settings, channel: Channel) -> Settings:
    return dataclasses.replace(settings, rasa_url=channel.url)


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """The landing page, trapped: whatever it should never do fails the test."""
    context = chromium.new_context()
    page = context.new_page()
    trap = Trap(page, address)
    page.goto(address + "/")
    yield page
    assert trap.caught == []
    context.close()


def open_chat(page: Page) -> None:
    page.click(".vestibule-bubble")
    expect(page.locator(".vestibule-bot")).to_have_count(1)
    expect(page.locator(".vestibule-typing")).to_be_hidden()


def say(page: Page, text: str) -> None:
    page.fill("#vestibule-input", text)
    page.keyboard.press("Enter")


class TestPages:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_n20_every_page_fits_and_can_be_read(
        self, chromium: Browser, address: str, width: int, height: int, scheme: str
    ) -> None:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        trap = Trap(page, address)

        def look() -> None:
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
            assert page.evaluate(FAINT_TEXT) == [], page.url

        for path in ("/", "/f/newsletter", "/privacy", "/f/request_demo?lang=de", "/no/such/place"):
            page.goto(address + path)
            look()
        page.goto(address + "/f/request_demo")
        follow(page.locator("button[type=submit]").first)
        expect(page.locator("#trouble")).to_be_focused()
        look()
        page.fill("#f-name", "Zane Example")
        page.fill("#f-email", "zane@guest.example")
        page.check("#d-newsletter-no")
        look()
        follow(page.locator("button[type=submit]").first)
        expect(page.locator("#check-heading")).to_be_visible()
        look()
        follow(page.locator("button[value=send]"))
        expect(page.locator("h1")).to_have_text("Thank you, we have it")
        look()
        follow(page.locator("main a.button").first)
        expect(page.locator("h1")).to_have_text("Receipt")
        look()
        assert trap.caught == []
        assert context.cookies() == []
        context.close()

    def test_n20_the_form_is_filled_in_and_sent_by_keyboard_alone_without_scripts(
        self, chromium: Browser, address: str
    ) -> None:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(address + "/f/request_contact")
        typed = {"f-message": "Is there a late check-out?", "f-email": "zane@guest.example"}
        reached: list[str] = []
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            name = focused.get_attribute("id") or ""
            reached.append(name)
            if name in typed:
                page.keyboard.type(typed[name])
            if name == "d-newsletter-yes":
                page.keyboard.press("ArrowDown")
            if focused.get_attribute("type") == "submit":
                page.keyboard.press("Enter")
                break
        assert reached.index("f-message") < reached.index("f-email")
        expect(page.locator("h1")).to_have_text("Thank you, we have it")
        context.close()


class TestTheChat:
    def test_h19_nothing_is_asked_or_stored_before_it_is_opened(self, page: Page, channel: Channel) -> None:
        assert channel.heard == []
        assert page.evaluate(STORED) == {}
        assert page.evaluate("localStorage.length") == 0

    def test_h01_it_says_what_it_is_first_and_all_along(self, page: Page) -> None:
        open_chat(page)
        expect(page.locator(".vestibule-bot")).to_contain_text(OPENING.partition(":")[0])
        label = page.locator(".vestibule-assistant")
        expect(label).to_contain_text("Automated assistant")
        for number in range(12):
            say(page, f"Message {number}")
            expect(page.locator(".vestibule-you")).to_have_count(number + 1)
            expect(page.locator(".vestibule-typing")).to_be_hidden()
        expect(label).to_be_in_viewport()

    def test_h19_it_keeps_an_opaque_token_in_this_tab_and_nothing_else(self, page: Page) -> None:
        open_chat(page)
        say(page, "I am zq7f3")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        stored = page.evaluate(STORED)
        assert list(stored) == ["vestibule-chat"]
        assert "zq7f3" not in str(stored)
        assert page.evaluate("localStorage.length") == 0
        assert page.context.cookies() == []

    def test_it_is_a_dialog_that_keeps_the_focus_and_gives_it_back(self, page: Page) -> None:
        open_chat(page)
        dialog = page.get_by_role("dialog", name="Chat")
        expect(dialog).to_be_visible()
        expect(page.locator("#vestibule-input")).to_be_focused()
        for _ in range(12):
            page.keyboard.press("Tab")
            outside = "!!document.activeElement.closest('main, header, footer')"
            assert page.evaluate(outside) is False
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page.locator(".vestibule-bubble")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".vestibule-bot")).to_have_count(1)

    def test_a_button_is_pressed_once_and_then_gone(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        page.get_by_role("button", name="Yes").click()
        expect(page.locator(".vestibule-bot").nth(1)).to_contain_text("You pressed yes:1.")
        assert channel.heard[-1]["button"] == "yes:1"
        expect(page.locator(".vestibule-choice")).to_have_count(0)

    def test_sec14_text_is_text_and_only_our_own_addresses_are_links(self, page: Page, address: str) -> None:
        open_chat(page)
        attack = "<img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1)"
        say(
            page,
            f"{attack} {address}/privacy. {address}.evil.example/x https://evil.example/ http://127.0.0.1@evil.example/",
        )
        answer = page.locator(".vestibule-bot").nth(1)
        expect(answer).to_contain_text(attack)
        links = answer.locator("a")
        expect(links).to_have_count(1)
        assert links.get_attribute("href") == f"{address}/privacy"
        assert page.locator(".vestibule-log img, .vestibule-log script").count() == 0

    def test_one_message_at_a_time(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        channel.hold.clear()
        say(page, "First")
        expect(page.locator(".vestibule-typing")).to_be_visible()
        say(page, "Second")
        channel.hold.set()
        expect(page.locator(".vestibule-typing")).to_be_hidden()
        expect(page.locator("#vestibule-input")).to_have_value("Second")
        assert [heard["text"] for heard in channel.heard if "text" in heard] == ["First"]

    def test_what_did_not_arrive_is_still_in_the_box_and_the_form_is_named(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        channel.raw = (500, b"")
        say(page, "A long and careful message")
        problem = page.locator(".vestibule-problem")
        expect(problem).to_contain_text("away at this moment")
        expect(problem.get_by_role("link")).to_have_attribute("href", "http://127.0.0.1:8080/f/request_demo?lang=en")
        expect(page.locator("#vestibule-input")).to_have_value("A long and careful message")
        expect(page.locator(".vestibule-you")).to_have_count(0)
        channel.raw = None
        page.keyboard.press("Enter")
        expect(page.locator(".vestibule-bot").nth(1)).to_contain_text("A long and careful message")
        expect(problem).to_be_empty()

    def test_when_it_cannot_begin_it_says_so_and_can_be_tried_again(self, page: Page, channel: Channel) -> None:
        channel.raw = (503, b"{}")
        page.click(".vestibule-bubble")
        expect(page.locator(".vestibule-problem")).to_contain_text("away at this moment")
        channel.raw = None
        page.get_by_role("button", name="Begin a new chat").click()
        expect(page.locator(".vestibule-bot")).to_have_count(1)

    def test_a_conversation_that_is_over_can_be_begun_anew(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        channel.turns.clear()
        say(page, "Still there?")
        expect(page.locator(".vestibule-problem")).to_contain_text("This chat has ended")
        expect(page.locator("#vestibule-input")).to_have_value("Still there?")
        page.get_by_role("button", name="Begin a new chat").click()
        expect(page.locator(".vestibule-typing")).to_be_hidden()
        page.click(".vestibule-send")
        expect(page.locator(".vestibule-log")).to_contain_text("You wrote: Still there?")

    def test_h19_end_and_forget_wipes_browser_and_server(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        say(page, "I am zq7f3")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        with page.expect_response(lambda answer: answer.request.method == "DELETE") as ended:
            page.get_by_role("button", name="End and forget this chat").click()
        assert ended.value.status == 204
        assert channel.forgotten == [channel.heard[0]["conversation"]]
        expect(page.locator(".vestibule-log")).to_be_empty()
        assert page.evaluate(STORED) == {}
        assert "zq7f3" not in page.evaluate(ALL_TEXT)

    def test_h19_a_page_that_is_loaded_again_shows_what_is_open_and_nothing_that_was_written(
        self, page: Page, channel: Channel
    ) -> None:
        open_chat(page)
        say(page, "I am zq7f3")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        page.reload()
        open_chat(page)
        assert "zq7f3" not in page.evaluate(ALL_TEXT)
        expect(page.locator(".vestibule-log")).to_contain_text(OPEN_QUESTION)
        page.get_by_role("button", name="Yes").click()
        expect(page.locator(".vestibule-log")).to_contain_text("You pressed yes:2.")
        assert len({heard["conversation"] for heard in channel.heard}) == 1

    def test_m08_it_works_with_storage_blocked(self, chromium: Browser, address: str) -> None:
        context = chromium.new_context()
        context.add_init_script(
            "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('blocked'); }})"
        )
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + "/")
        open_chat(page)
        say(page, "Hello")
        expect(page.locator(".vestibule-bot").nth(1)).to_contain_text("You wrote: Hello")
        assert trap.caught == []
        context.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_n20_it_fits_and_can_be_read(
        self, chromium: Browser, address: str, width: int, height: int, scheme: str
    ) -> None:
        # Without motion: where things stand is looked at, not how they get there.
        screen = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "reduced_motion": "reduce"}
        context = chromium.new_context(**screen)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address + "/")
        open_chat(page)
        say(page, "word " * 100)
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        assert page.evaluate(FAINT_TEXT) == []
        for part in (".vestibule-send", ".vestibule-close", ".vestibule-choice >> nth=0", ".vestibule-forget"):
            box = page.locator(part).bounding_box()
            assert box
            assert box["height"] >= 44
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        context.close()


class TestTheDoorWithoutRasa:
    def test_the_form_beside_it_still_works(self, chromium: Browser, address: str, public_app: Flask) -> None:
        public_app.extensions[chat_module.KEY].channel._root = "http://127.0.0.1:9"
        page = chromium.new_page()
        page.goto(address + "/")
        page.click(".vestibule-bubble")
        expect(page.locator(".vestibule-problem")).to_contain_text("away at this moment")
        page.keyboard.press("Escape")
        page.fill("#f-name", "Zane Example")
        page.fill("#f-email", "zane@guest.example")
        follow(page.locator("form.lead button[type=submit]").first)
        follow(page.locator("button[value=send]"))
        expect(page.locator("h1")).to_have_text("Thank you, we have it")
        page.close()
