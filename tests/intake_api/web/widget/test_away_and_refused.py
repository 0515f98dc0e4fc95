"""A chat that is away or refuses: one plain sentence, and what was typed stays."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.intake_api.web.channel_server import OPEN_QUESTION, Channel
from tests.intake_api.web.host_pages import Site
from tests.intake_api.web.widget.visitor import LANGUAGES, open_chat, said, say, words

pytestmark = pytest.mark.browser


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
