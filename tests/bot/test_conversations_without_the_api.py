"""When the form API is away, slow, or silent about what it kept: nothing is lost, doubled or claimed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.client import FormApi
from bot.dialogue import replies
from bot.dialogue.conversation import Conversation
from bot.dialogue.said import Said
from bot.dialogue.state import Stage, State
from bot.dialogue.topics import load_topics
from bot.dialogue.turn import Turn
from bot.wording import Wording, load_wording
from tests.bot.bot_processes import RunningBot, Visitor
from tests.bot.form_api import FormApiServer, example_body

pytestmark = pytest.mark.processes


class TestWhenTheApiIsAway:
    def test_it_says_so_in_one_sentence_and_asks_nothing(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        api.broken = 503
        heard = visitor.says("i want a demo")
        assert "cannot take requests at the moment" in heard
        assert len(visitor.messages) == 1
        assert visitor.offered == []
        assert heard.count("?") == 0

    def test_what_was_said_after_the_yes_is_still_there_when_it_is_back(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says(
            "please have somebody call me", "yes", "Do you have parking?", "Anna", "anna@pine-villa.example", "no"
        )
        api.broken = 502
        visitor.presses("correct_details")
        assert "stays in this chat" in visitor.says("anna@birch-villa.example")
        assert "nothing has been sent" in visitor.heard
        api.broken = 0
        visitor.presses("try_again")
        visitor.says("anna@birch-villa.example")
        visitor.presses("affirm:send")
        assert api.sent("/submissions")[-1]["fields"]["message"] == "Do you have parking?"

    def test_a_hanging_api_is_cut_and_said(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        api.slow = 6.0
        assert "cannot take requests" in visitor.says("i want a demo")

    def test_c06_an_expired_showing_is_shown_and_asked_again_with_its_decisions(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says(
            "please have somebody call me", "yes", "Do you have parking?", "Anna", "anna@pine-villa.example", "yes"
        )
        api.expired = True
        visitor.presses("affirm:send")
        assert example_body("get_form_request_contact")["notice"]["short"] in visitor.heard
        visitor.presses("affirm")
        assert "newsletter" in visitor.heard
        visitor.says("no")
        visitor.presses("affirm:send")
        last = api.sent("/submissions")[-1]
        assert last["decisions"] == {"newsletter": False}
        assert last["fields"]["email"] == "anna@pine-villa.example"
        assert last["presentation"] != api.sent("/submissions")[0]["presentation"]


class TestWhenNobodyAnswersTheSending:
    """Whether it arrived is not known, so neither "nothing has been sent" nor "I have dropped everything" is true."""

    def asked_to_send(self, bot: RunningBot) -> Visitor:
        visitor = bot.visitor()
        visitor.says(
            "please have somebody call me", "yes", "Do you have parking?", "Anna", "anna@pine-villa.example", "no"
        )
        return visitor

    def expect_unknown(self, visitor: Visitor) -> None:
        assert "cannot tell whether your request has arrived" in visitor.heard
        assert "nothing has been sent" not in visitor.heard
        assert "dropped everything" not in visitor.heard
        assert visitor.offered == ["try_again", "cancel"]

    def test_one_that_arrived_is_one_lead_and_gets_its_reference_when_tried_again(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = self.asked_to_send(bot)
        api.loses_answers = True
        visitor.presses("affirm:send")
        self.expect_unknown(visitor)
        visitor.presses("try_again")
        self.expect_unknown(visitor)
        api.loses_answers = False
        visitor.presses("try_again")
        assert "Sent. Your reference is" in visitor.heard
        assert len(api.kept) == 1

    def test_one_that_did_not_arrive_is_sent_when_tried_again(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = self.asked_to_send(bot)
        api.broken = 502
        visitor.presses("affirm:send")
        self.expect_unknown(visitor)
        api.broken = 0
        visitor.presses("try_again")
        assert "Sent. Your reference is" in visitor.heard
        assert len(api.kept) == 1

    def test_one_that_arrived_is_not_called_cancelled(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = self.asked_to_send(bot)
        api.loses_answers = True
        visitor.presses("affirm:send")
        api.loses_answers = False
        visitor.presses("cancel")
        assert "had already arrived" in visitor.heard
        assert "dropped everything" not in visitor.heard
        sent = example_body("submit")
        assert sent["reference"] in visitor.heard
        assert sent["receipt"] in visitor.heard

    def test_one_that_did_not_arrive_is_cancelled_and_can_arrive_no_more(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = self.asked_to_send(bot)
        api.broken = 502
        visitor.presses("affirm:send")
        api.broken = 0
        visitor.says("cancel this please")
        assert "dropped everything" in visitor.heard
        assert api.kept == {}
        assert api.sent("/submissions")[0]["presentation"] in api.refused

    def test_cancelling_says_that_it_is_not_known_as_long_as_it_is_not(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = self.asked_to_send(bot)
        api.loses_answers = True
        visitor.presses("affirm:send")
        visitor.presses("cancel")
        self.expect_unknown(visitor)
        api.loses_answers = False
        visitor.presses("cancel")
        assert "had already arrived" in visitor.heard

    def test_whatever_else_is_said_changes_nothing_about_what_was_sent(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = self.asked_to_send(bot)
        api.loses_answers = True
        visitor.presses("affirm:send")
        api.loses_answers = False
        visitor.says("my mail is other@pine-villa.example")
        self.expect_unknown(visitor)
        visitor.says("how long do you keep it?")
        self.expect_unknown(visitor)
        visitor.presses("try_again")
        assert "Sent. Your reference is" in visitor.heard
        assert len(api.kept) == 1

    def test_one_that_could_not_even_be_handed_over_was_not_sent(self, api: FormApiServer) -> None:
        nobody = FormApiServer(url="http://127.0.0.1:9", token=api.token)
        state = State(form="request_contact", stage=Stage.SUMMARY, sheet=example_body("get_form_request_contact"))
        turn = take_turn(nobody, state, Said(replies.AFFIRM, 1.0, button="affirm:send"))
        assert [reply.name for reply in turn.says] == [replies.API_AWAY_KEPT]
        assert turn.state == state

    def test_another_language_does_not_make_a_second_showing_of_it(self, api: FormApiServer) -> None:
        english = load_wording()
        both = replace(english, complete=("en", "lv"))
        state = State(form="request_contact", stage=Stage.SENDING, sheet=example_body("get_form_request_contact"))
        said = Said(replies.CHANGE_LANGUAGE, 1.0, button="change_language:lv")
        turn = take_turn(api, state, said, both)
        assert turn.state == replace(state, language="lv")
        assert turn.says[-1].name == replies.SENT_UNKNOWN


def take_turn(api: FormApiServer, state: State, said: Said, wording: Wording | None = None) -> Turn:
    """Take one turn of the conversation itself, without Rasa before it."""

    async def act() -> Turn:
        async with FormApi(api.url, api.token) as client:
            return await Conversation(client, wording or load_wording(), load_topics()).take_turn(state, said)

    return asyncio.run(act())
