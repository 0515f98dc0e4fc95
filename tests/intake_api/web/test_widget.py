"""The chat on a page of another origin, in a real browser before the real door: what it touches, says and survives."""

import dataclasses
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from intake_api.settings import Settings
from intake_api.web import words as words_module
from tests.intake_api.web.browsing import ALL_TEXT, Trap
from tests.intake_api.web.channel_server import OPEN_QUESTION, Channel
from tests.intake_api.web.host_pages import Site, running_site

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "lv", "ru", "pl", "cs")
SCHEMES = ("light", "dark")
MOST_PACKED = 20 * 1024
TOUCHED = """async () => ({
  local: {...localStorage}, session: {...sessionStorage}, cookies: document.cookie,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
UNTOUCHED = {"local": {}, "session": {}, "cookies": "", "databases": 0, "caches": 0, "workers": 0}


def words(locale: str) -> Any:
    """Return the chat's words in a language, as they are shipped."""
    return yaml.safe_load((Path(words_module.FOLDER) / f"{locale}.yml").read_text("utf-8"))["chat"]


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that embeds the chat."""
    with running_site() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, channel: Channel, site: Site) -> Settings:
    return dataclasses.replace(settings, rasa_url=channel.url, allowed_origins=(site.url,))


@pytest.fixture
def context(chromium: Browser, site: Site, address: str) -> Iterator[BrowserContext]:
    site.door = address
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    """The site's page in English, with the chat closed."""
    page = context.new_page()
    page.goto(f"{site.url}/en")
    return page


def open_chat(page: Page, messages: int = 1) -> None:
    page.click(".vestibule-bubble")
    expect(page.locator(".vestibule-bot")).to_have_count(messages)
    expect(page.locator(".vestibule-typing")).to_be_hidden()


def say(page: Page, text: str) -> None:
    page.fill("#vestibule-input", text)
    page.keyboard.press("Enter")


def said(channel: Channel) -> list[str]:
    return [heard["text"] for heard in channel.heard if "text" in heard]


class TestWhatItWeighs:
    def test_both_scripts_packed_are_under_20_kib(self, public: FlaskClient) -> None:
        scripts = [public.get(path).data for path in ("/embed.js", "/embed/chat.js")]
        assert sum(len(gzip.compress(script)) for script in scripts) < MOST_PACKED
        assert all(b"import " not in script.replace(b"await import", b"") for script in scripts)

    def test_they_are_packed_for_whoever_can_unpack_and_asked_for_again_only_when_changed(
        self, public: FlaskClient
    ) -> None:
        for path in ("/embed.js", "/embed/chat.js"):
            plain = public.get(path)
            packed = public.get(path, headers={"Accept-Encoding": "br, gzip"})
            assert gzip.decompress(packed.data) == plain.data
            assert packed.headers["Content-Encoding"] == "gzip"
            assert plain.headers["Access-Control-Allow-Origin"] == "*"
            assert plain.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert public.get(path, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304

    def test_n17_it_has_the_same_words_in_every_language_and_uses_all_of_them(self, public: FlaskClient) -> None:
        scripts = (public.get("/embed.js").text + public.get("/embed/chat.js").text).replace("SERVED.words", "")
        for locale in LANGUAGES:
            assert words(locale).keys() == words("en").keys()
            for name, text in words(locale).items():
                assert json.dumps(text, ensure_ascii=False) in scripts, (locale, name)
                assert f"words.{name}" in scripts, name


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


class TestTurns:
    def test_a_double_click_opens_one_conversation(self, page: Page, channel: Channel) -> None:
        page.dblclick(".vestibule-bubble")
        expect(page.locator(".vestibule-bot")).to_have_count(1)
        page.keyboard.press("Escape")
        page.dblclick(".vestibule-bubble")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert len(channel.heard) == 1

    def test_c09_a_double_click_gives_one_answer_even_when_the_next_question_comes_up_beneath(
        self, page: Page, channel: Channel
    ) -> None:
        open_chat(page)
        page.get_by_role("button", name="Yes").dblclick()
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        # The second half of a double click, on a button that has just come up.
        say(page, "more")
        expect(page.get_by_role("button", name="Yes")).to_be_visible()
        page.get_by_role("button", name="Yes").dispatch_event("click", {"detail": 2, "bubbles": True})
        expect(page.locator(".vestibule-bot")).to_have_count(3)
        assert [heard["button"] for heard in channel.heard if "button" in heard] == ["yes:1"]

    def test_double_clicks_on_send_and_begin_do_one_thing(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        page.fill("#vestibule-input", "Hello")
        page.dblclick(".vestibule-send")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        page.click(".vestibule-forget")
        page.get_by_role("button", name=words("en")["begin"]).dblclick()
        expect(page.locator(".vestibule-bot")).to_have_count(1)
        assert said(channel) == ["Hello"]
        assert len({heard["conversation"] for heard in channel.heard}) == 2

    def test_an_answer_that_was_lost_on_the_way_is_not_asked_for_twice(self, page: Page, channel: Channel) -> None:
        open_chat(page)

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/v1/chat/messages", lose)
        say(page, "My only message")
        expect(page.locator(".vestibule-problem")).to_contain_text(words("en")["away"])
        expect(page.locator("#vestibule-input")).to_have_value("My only message")
        page.unroute("**/v1/chat/messages")
        page.get_by_role("button", name=words("en")["retry"]).click()
        expect(page.locator(".vestibule-log")).to_contain_text(OPEN_QUESTION)
        expect(page.locator("#vestibule-input")).to_have_value("")
        expect(page.locator(".vestibule-you")).to_have_count(1)
        assert said(channel) == ["My only message"]

    def test_a_message_that_did_not_leave_is_sent_once_the_network_is_back(
        self, page: Page, context: BrowserContext, channel: Channel
    ) -> None:
        open_chat(page)
        context.set_offline(True)
        say(page, "From the train")
        expect(page.locator("#vestibule-input")).to_have_value("From the train")
        context.set_offline(False)
        page.get_by_role("button", name=words("en")["retry"]).click()
        expect(page.locator(".vestibule-log")).to_contain_text("You wrote: From the train")
        expect(page.locator("#vestibule-input")).to_have_value("")
        assert said(channel) == ["From the train"]

    def test_what_is_typed_while_waiting_is_kept_beside_what_comes_back(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        channel.hold.clear()
        channel.raw = (500, b"")
        say(page, "First")
        expect(page.locator(".vestibule-typing")).to_be_visible()
        page.fill("#vestibule-input", "Second")
        channel.hold.set()
        expect(page.locator("#vestibule-input")).to_have_value("First\nSecond")

    def test_h19_forgetting_while_an_answer_is_on_its_way_leaves_nothing(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        channel.hold.clear()
        say(page, "I am zq7f3")
        page.click(".vestibule-forget")
        channel.hold.set()
        expect(page.locator(".vestibule-news")).to_contain_text(words("en")["forgotten"])
        assert "zq7f3" not in page.evaluate(ALL_TEXT)
        assert channel.forgotten == [channel.heard[0]["conversation"]]
        assert page.evaluate(TOUCHED) == UNTOUCHED

    def test_h19_what_could_not_be_forgotten_there_is_said(self, page: Page, context: BrowserContext) -> None:
        open_chat(page)
        context.set_offline(True)
        page.click(".vestibule-forget")
        expect(page.locator(".vestibule-news")).to_contain_text(words("en")["forgotten_here"])
        assert page.evaluate(TOUCHED) == UNTOUCHED


class TestAway:
    def test_the_button_itself_says_so_when_the_chat_cannot_be_loaded(self, page: Page, address: str) -> None:
        page.route("**/embed/chat.js*", lambda route: route.abort())
        page.click(".vestibule-bubble")
        trouble = page.locator(".vestibule-trouble")
        expect(trouble).to_contain_text(words("en")["away"])
        expect(trouble.get_by_role("link")).to_have_attribute("href", f"{address}/f/request_demo?lang=en")
        page.unroute("**/embed/chat.js*")
        open_chat(page)
        expect(trouble).to_be_empty()

    def test_after_a_reload_in_an_outage_the_conversation_is_there_again(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        page.reload()
        channel.raw = (503, b"{}")
        page.click(".vestibule-bubble")
        expect(page.locator(".vestibule-problem")).to_contain_text(words("en")["away"])
        channel.raw = None
        page.get_by_role("button", name=words("en")["retry"]).click()
        expect(page.locator(".vestibule-log")).to_contain_text(words("en")["resumed"])
        expect(page.locator(".vestibule-log")).to_contain_text(OPEN_QUESTION)
        assert len(channel.heard) == 1

    def test_after_a_reload_too_late_a_new_one_begins_and_says_so(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        page.reload()
        channel.turns.clear()
        open_chat(page)
        expect(page.locator(".vestibule-log")).to_contain_text(words("en")["expired"])
        expect(page.locator(".vestibule-problem")).to_be_empty()


class TestRefusals:
    """Each has one plain sentence, in the visitor's language, and what was typed stays."""

    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_in_every_language(self, page: Page, site: Site, channel: Channel, locale: str) -> None:
        page.goto(f"{site.url}/{locale}")
        open_chat(page)
        problem, box = page.locator(".vestibule-problem"), page.locator("#vestibule-input")
        for status, code, word in (
            (429, "too_fast", "too_fast"),
            (500, "failed", "away"),
            (409, "button_stale", "old_button"),
            (429, "too_many_turns", "full"),
        ):
            channel.raw = (status, json.dumps({"code": code}).encode())
            say(page, "Zq7f3")
            expect(problem).to_contain_text(words(locale)[word])
            expect(box).to_have_value("Zq7f3")
            expect(page.locator(".vestibule-you")).to_have_count(0)
        channel.raw = None
        page.get_by_role("button", name=words(locale)["begin"]).click()
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        expect(page.locator(".vestibule-typing")).to_be_hidden()
        channel.turns.clear()
        page.keyboard.press("Enter")
        expect(problem).to_contain_text(words(locale)["ended"])
        expect(box).to_have_value("Zq7f3")
        page.click(".vestibule-forget")
        expect(page.locator(".vestibule-news")).to_contain_text(words(locale)["forgotten"])

    def test_c09_after_an_old_button_the_present_question_is_asked_again(self, page: Page, channel: Channel) -> None:
        open_chat(page)
        (conversation,) = channel.turns
        channel.turns[conversation] = 7  # the same chat went on in another tab
        page.get_by_role("button", name="No").click()
        expect(page.locator(".vestibule-problem")).to_contain_text(words("en")["old_button"])
        expect(page.locator(".vestibule-log")).to_contain_text(OPEN_QUESTION)
        page.get_by_role("button", name="No").click()
        expect(page.locator(".vestibule-log")).to_contain_text("You pressed no:1.")
        expect(page.locator(".vestibule-problem")).to_be_empty()

    def test_h15_ten_thousand_pasted_characters_stay_and_are_told(
        self, page: Page, context: BrowserContext, site: Site, channel: Channel
    ) -> None:
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
        pasted = "žąř 1234 " * 1111 + "x"
        page.evaluate("text => navigator.clipboard.writeText(text)", pasted)
        open_chat(page)
        page.focus("#vestibule-input")
        page.keyboard.press("ControlOrMeta+v")
        expect(page.locator("#vestibule-input")).to_have_value(pasted)
        expect(page.locator(".vestibule-problem")).to_contain_text("10,000 characters")
        expect(page.locator(".vestibule-count")).to_have_text("10,000 of 2,000 characters")
        page.keyboard.press("Enter")
        expect(page.locator("#vestibule-input")).to_have_value(pasted)
        assert said(channel) == []
        page.fill("#vestibule-input", pasted[:2000])
        expect(page.locator(".vestibule-problem")).to_be_empty()
        page.keyboard.press("Enter")
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        assert said(channel) == [pasted[:2000].strip()]

    @pytest.mark.parametrize("sign", ["ж", "😀", '"', "\\"])
    def test_h15_two_thousand_of_any_sign_can_be_sent(self, page: Page, channel: Channel, sign: str) -> None:
        open_chat(page)
        say(page, sign * 2000)
        expect(page.locator(".vestibule-bot")).to_have_count(2)
        assert said(channel) == [sign * 2000]


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
