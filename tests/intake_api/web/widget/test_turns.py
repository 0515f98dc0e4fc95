"""Turns taken twice, lost on the way, waited for and forgotten."""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.intake_api.web.browsing import ALL_TEXT
from tests.intake_api.web.channel_server import OPEN_QUESTION, Channel
from tests.intake_api.web.widget.visitor import TOUCHED, UNTOUCHED, open_chat, said, say, words

pytestmark = pytest.mark.browser


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
