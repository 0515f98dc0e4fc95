"""The question about the age in the chat: beside a yes alone, with two equal buttons, and an end that is kind."""

from __future__ import annotations

import pytest

from bot.dialogue.sheet import Sheet
from bot.dialogue.state import Stage, State
from tests.bot.bot_processes import RunningBot, Visitor
from tests.bot.form_api import AGE, FormApiServer, example_body

DEMO = example_body("get_form_request_demo")
NEWS = example_body("get_form_newsletter")


@pytest.mark.processes
class TestAsking:
    @pytest.fixture
    def visitor(self, bot: RunningBot, api: FormApiServer) -> Visitor:
        """Somebody who is at the newsletter's question, in a house that asks for the age."""
        api.asks_age = True
        visitor = bot.visitor()
        visitor.presses("choose_form:newsletter")
        visitor.presses("affirm")
        visitor.says("zane@guest.example")
        return visitor

    def test_k01_n19_a_yes_brings_the_question_in_the_notices_words_with_two_buttons_alike(
        self, visitor: Visitor
    ) -> None:
        visitor.presses("affirm")
        assert [message["text"] for message in visitor.messages] == [AGE["why"], AGE["question"]]
        assert [button["title"] for button in visitor.messages[-1]["buttons"]] == [AGE["yes"], AGE["no"]]
        assert AGE["too_young"] not in visitor.heard

    @pytest.mark.parametrize("answer", ["yes", "34", "16"])
    def test_k01_k04_who_is_old_enough_goes_on_and_only_that_is_sent(
        self, visitor: Visitor, api: FormApiServer, answer: str
    ) -> None:
        visitor.presses("affirm")
        visitor.says(answer)
        visitor.presses("affirm:send")
        (sent,) = api.sent("/submissions")
        assert (sent["age"], sent["decisions"]) == ("at_or_over", {"newsletter": True})

    def test_k01_it_is_asked_once_and_a_correction_asks_no_more(self, visitor: Visitor, api: FormApiServer) -> None:
        visitor.presses("affirm")
        visitor.presses("affirm")
        visitor.says("change my email to tom@guest.example")
        assert AGE["question"] not in visitor.heard
        visitor.presses("affirm:send")
        assert api.sent("/submissions")[0]["age"] == "at_or_over"

    @pytest.mark.parametrize("answer", ["no", "12"])
    def test_k02_under_ends_it_kindly_and_nothing_is_sent_or_asked_again(
        self, visitor: Visitor, api: FormApiServer, answer: str
    ) -> None:
        visitor.presses("affirm")
        heard = visitor.says(answer)
        assert "Please ask a parent or another grown-up" in heard
        assert api.sent("/submissions") == []
        assert "zane@guest.example" not in visitor.says("i want a demo after all")
        assert DEMO["notice"]["short"] not in visitor.heard

    def test_k02_the_button_ends_it_with_the_words_of_the_notice(self, visitor: Visitor, api: FormApiServer) -> None:
        visitor.presses("affirm")
        assert AGE["too_young"] in visitor.presses("deny")
        assert api.sent("/submissions") == []

    def test_k01_who_does_not_say_is_no_child_but_the_yes_is_none(self, visitor: Visitor, api: FormApiServer) -> None:
        visitor.presses("affirm")
        assert visitor.says("hmm")
        assert [button["title"] for button in visitor.messages[-1]["buttons"]] == [AGE["yes"], AGE["no"]]
        assert "there is nothing to send" in visitor.says("whatever")
        assert api.sent("/submissions") == []
        assert DEMO["notice"]["short"] in visitor.says("i want a demo")

    def test_k01_a_question_is_answered_and_then_it_comes_again(self, visitor: Visitor) -> None:
        visitor.presses("affirm")
        assert "I am a bot" in visitor.says("are you a robot?")
        assert AGE["question"] in visitor.heard
        assert visitor.offered[-2:] == ["affirm", "deny"]


@pytest.mark.processes
class TestNotAsking:
    def test_k01_nobody_is_asked_who_says_no_to_everything(self, bot: RunningBot, api: FormApiServer) -> None:
        api.asks_age = True
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@pine-villa.example", "send", "no", "no")
        assert AGE["question"] not in visitor.heard
        visitor.presses("affirm:send")
        assert "age" not in api.sent("/submissions")[0]

    def test_k05_nor_anybody_where_the_form_does_not_ask(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@pine-villa.example", "send", "yes", "yes")
        visitor.presses("affirm:send")
        assert "age" not in api.sent("/submissions")[0]


class TestWhatIsKept:
    def test_c06_on_a_new_showing_it_is_asked_anew(self) -> None:
        decided = State(
            form="newsletter", sheet=NEWS, stage=Stage.SUMMARY, decisions={"newsletter": True}, age="at_or_over"
        )
        again = decided.asking(Stage.SUMMARY).shown_anew({**NEWS, "age": AGE})
        assert (again.stage, again.decisions, again.age) == (Stage.NOTICE, {}, None)

    def test_k04_it_goes_with_the_form(self) -> None:
        assert State(form="newsletter", age="at_or_over").cleared().age is None

    def test_a_sheet_without_the_question_has_none(self) -> None:
        assert Sheet(NEWS).age is None
        assert Sheet({**NEWS, "age": AGE}).age == AGE
