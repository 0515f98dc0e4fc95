"""What people say beside the answer that is asked for: other details, corrections, questions, second thoughts."""

from __future__ import annotations

import pytest

from tests.bot.bot_processes import RunningBot, Visitor
from tests.bot.form_api import FormApiServer, example_body

pytestmark = pytest.mark.processes
DEMO = example_body("get_form_request_demo")


class TestOwnWords:
    """What is typed where a free text is asked for, and is like something else."""

    def test_an_opinion_is_kept_that_is_like_a_cancelling(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("please call me back", "yes", "too slow")
        assert api.sent("/checks")[0]["fields"] == {"message": "too slow"}

    def test_a_yes_alone_is_no_message(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("please call me back", "yes", "yes")
        assert api.sent("/checks") == []


class TestWhatBelongsElsewhere:
    """A name and a company are shown and handed on unmasked: nothing else may end up in them."""

    def checked(self, api: FormApiServer) -> dict[str, object]:
        return {name: value for body in api.sent("/checks") for name, value in body["fields"].items()}

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            (
                "Marta Kalve, marta@guest.example, 14 people",
                {"name": "Marta Kalve", "email": "marta@guest.example", "headcount": 14},
            ),
            (
                "Anna, anna@guest.example, +371 29123456",
                {"name": "Anna", "email": "anna@guest.example", "phone": "+371 29123456"},
            ),
            ("Liga 29123456", {"name": "Liga", "phone": "29123456"}),
            ("my name is Liga 29123456", {"name": "Liga", "phone": "29123456"}),
        ],
    )
    def test_a_name_is_kept_without_the_details_beside_it(
        self, bot: RunningBot, api: FormApiServer, text: str, kept: dict[str, object]
    ) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", text)
        assert self.checked(api) == kept
        assert "house or company" in visitor.heard

    @pytest.mark.parametrize("text", ["peter@guest.example", "call me on 29123456", "E-mail: peter@guest.example"])
    def test_a_contact_alone_is_taken_and_the_name_asked_for_again(
        self, bot: RunningBot, api: FormApiServer, text: str
    ) -> None:
        visitor = bot.visitor()
        assert DEMO["fields"][0]["question"] in visitor.says("i want a demo", "yes", text)
        visitor.says("Peter Novak")
        assert self.checked(api)["name"] == "Peter Novak"
        assert "house or company" in visitor.heard

    @pytest.mark.parametrize(
        ("text", "field", "value"),
        [
            ("actually my name is Olga Petrova", "name", "Olga Petrova"),
            ("no wait, my email is tom.b@guest.example", "email", "tom.b@guest.example"),
        ],
    )
    def test_a_correction_is_not_the_answer_to_the_open_question(
        self, bot: RunningBot, api: FormApiServer, text: str, field: str, value: str
    ) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@guest.example", text)
        assert self.checked(api)[field] == value
        assert "company" not in self.checked(api)
        assert "house or company" in visitor.heard

    def test_an_answer_that_could_begin_a_name_does_not_change_the_name(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@guest.example", "It's Pine Villa")
        assert self.checked(api) == {"name": "Anna", "email": "anna@guest.example", "company": "Pine Villa"}

    @pytest.mark.parametrize(
        ("text", "answer"), [("what does it cost per month?", "The price depends"), ("can we bring dogs?", "")]
    )
    def test_a_question_is_no_name(self, bot: RunningBot, api: FormApiServer, text: str, answer: str) -> None:
        visitor = bot.visitor()
        assert answer in visitor.says("i want a demo", "yes", text)
        assert DEMO["fields"][0]["question"] in visitor.heard
        assert api.sent("/checks") == []

    @pytest.mark.parametrize("text", ["around 200 euro", "$200", "200eur"])
    def test_money_is_not_a_number_of_people(self, bot: RunningBot, api: FormApiServer, text: str) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@guest.example", "skip", "skip", text)
        assert "How many people" in visitor.heard
        assert "headcount" not in self.checked(api)

    def test_no_e_mail_asks_for_the_phone_number_next(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        assert "Which phone number" in visitor.says("i want a demo", "yes", "Anna", "no email")
        assert DEMO["fields"][2]["if_not_given"] in visitor.says("no phone either, i'd rather not tell you")
        assert "cancel" in visitor.offered

    def test_only_a_phone_asks_for_the_phone_number_next(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        assert "Which phone number" in visitor.says("i want a demo", "yes", "Anna", "i only have a phone")


class TestNearTheSummary:
    def asked_to_send(self, bot: RunningBot) -> Visitor:
        visitor = bot.visitor()
        visitor.says("please have somebody call me", "yes", "Do you have parking?", "Anna", "anna@pine-villa.example")
        return visitor

    @pytest.mark.parametrize("text", ["send", "Yes, send", "ok then send it pls"])
    def test_the_words_of_the_button_send(self, bot: RunningBot, api: FormApiServer, text: str) -> None:
        visitor = self.asked_to_send(bot)
        visitor.says("no", text)
        assert len(api.sent("/submissions")) == 1

    @pytest.mark.parametrize("text", ["don't send", "send?", "do not send it yet", "send it maybe"])
    def test_c08_these_do_not(self, bot: RunningBot, api: FormApiServer, text: str) -> None:
        visitor = self.asked_to_send(bot)
        visitor.says("no", text)
        assert api.sent("/submissions") == []

    @pytest.mark.parametrize(
        ("text", "question"),
        [("email", "Which e-mail address"), ("the phone", "Which phone number"), ("my name", "What is your name?")],
    )
    def test_what_to_change_may_be_typed(self, bot: RunningBot, text: str, question: str) -> None:
        visitor = self.asked_to_send(bot)
        visitor.says("no")
        visitor.presses("correct_details")
        assert question in visitor.says(text)

    def test_what_is_not_understood_is_said_so(self, bot: RunningBot) -> None:
        visitor = self.asked_to_send(bot)
        visitor.says("no")
        visitor.presses("correct_details")
        assert "could not take that" in visitor.says("blurgh fish")
        assert "What should I change?" in visitor.heard

    @pytest.mark.parametrize("through_the_button", [False, True])
    def test_c08_a_yes_to_a_purpose_after_all_is_asked_for_by_itself(
        self, bot: RunningBot, api: FormApiServer, through_the_button: bool
    ) -> None:
        visitor = self.asked_to_send(bot)
        visitor.says("no")
        if through_the_button:
            visitor.presses("correct_details")
        assert "newsletter once a month" in visitor.says("yes i want the newsletter after all")
        assert api.sent("/submissions") == []
        visitor.presses("affirm")
        visitor.presses("affirm:send")
        assert api.sent("/submissions")[0]["decisions"] == {"newsletter": True}

    def test_a_correction_at_a_purpose_changes_the_detail_and_asks_the_purpose_again(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = self.asked_to_send(bot)
        assert "newsletter once a month" in visitor.says("change my email to tom2@guest.example")
        visitor.presses("deny")
        visitor.presses("affirm:send")
        assert api.sent("/submissions")[0]["fields"]["email"] == "tom2@guest.example"


class TestNoDeadEnd:
    def test_send_leaves_out_what_is_optional(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@pine-villa.example", "send")
        assert visitor.offered[-2:] == ["affirm", "deny"]  # the purposes are still asked, one by one
        visitor.says("no", "no", "send")
        assert api.sent("/submissions")[0]["fields"] == {"name": "Anna", "email": "anna@pine-villa.example"}

    @pytest.mark.parametrize(("text", "comment"), [("send", {}), ("Everything!", {"comment": "Everything!"})])
    def test_send_is_no_comment_and_everything_is(
        self, bot: RunningBot, api: FormApiServer, text: str, comment: dict[str, str]
    ) -> None:
        visitor = bot.visitor()
        visitor.says("i want to give feedback", "yes", "9", text, "send", "send")
        assert api.sent("/submissions")[0]["fields"] == {"rating": 9, **comment}

    @pytest.mark.parametrize("text", ["send it", "that's all"])
    def test_send_is_no_value_of_a_field_that_is_needed(self, bot: RunningBot, api: FormApiServer, text: str) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", text)
        assert "cancel" in visitor.offered
        assert api.sent("/checks") == []

    def test_that_is_all_is_no_message_where_one_is_needed(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("please call me back", "yes", "that's all")
        assert "cancel" in visitor.offered
        assert api.sent("/checks") == []

    def test_c10_a_change_of_mind_finds_the_notice_again(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "no", "hm actually ok, i changed my mind")
        assert DEMO["notice"]["short"] not in visitor.heard
        assert DEMO["notice"]["short"] in visitor.presses("choose_form:request_demo")

    @pytest.mark.parametrize("text", ["yes", "no", "cancel"])
    def test_what_can_be_done_is_offered_when_nothing_is_open(self, bot: RunningBot, text: str) -> None:
        visitor = bot.visitor()
        visitor.says(text)
        assert {"choose_form:request_demo", "choose_form:newsletter"} <= set(visitor.offered)

    @pytest.mark.parametrize(
        ("text", "form"),
        [
            ("Hi, I'm Jānis Bērziņš, 25 ppl and want a demo", "request_demo"),
            ("Jānis Bērziņš, janis@hotel.example, 25 people, demo", "request_demo"),
            ("Jānis Bērziņš, janis@hotel.example, newsletter", "newsletter"),
            ("Jānis Bērziņš, janis@hotel.example", "request_contact"),
        ],
    )
    def test_details_with_a_topic_open_the_form_of_the_topic(self, bot: RunningBot, text: str, form: str) -> None:
        visitor = bot.visitor()
        visitor.says(text)
        assert example_body(f"get_form_{form}")["notice"]["short"] in visitor.heard


class TestAsides:
    QUESTIONS = (
        ("are you a robot?", "I am a bot"),
        ("who will get my data?", "Brightledger Example GmbH (DE)"),
        ("how long do you keep my data?", "6 months after"),
        ("let me talk to a human", "person"),
        ("do you speak english?", "English"),
    )

    @pytest.mark.parametrize(("question", "answer"), QUESTIONS)
    def test_h01_are_answered_in_every_state_and_then_the_open_question_comes_again(
        self, bot: RunningBot, api: FormApiServer, question: str, answer: str
    ) -> None:
        visitor = bot.visitor()
        assert answer in visitor.says(question)
        visitor.says("i want a demo")
        assert answer in visitor.says(question)
        assert visitor.offered[-2:] == ["affirm", "deny"]
        visitor.presses("affirm")
        assert answer in visitor.says(question)
        assert "What is your name?" in visitor.heard
        visitor.says("Anna", "anna@pine-villa.example", "skip", "skip")
        assert answer in visitor.says(question)
        visitor.says("skip", "skip", "no", "no", "no")
        assert answer in visitor.says(question)
        assert "affirm:send" in visitor.offered
        visitor.presses("affirm:send")
        assert "name" in api.sent("/submissions")[0]["fields"]

    def test_a_person_is_brought_by_a_request(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want to talk to a real person")
        assert (
            "What would you like to know?"
            in (visitor.presses("choose_form:request_contact"), visitor.presses("affirm"))[1]
        )

    @pytest.mark.parametrize("text", ["yes", "yes please", "sure"])
    def test_a_yes_takes_the_one_form_that_is_offered(self, bot: RunningBot, text: str) -> None:
        visitor = bot.visitor()
        visitor.says("let me talk to a human", text)
        assert example_body("get_form_request_contact")["notice"]["short"] in visitor.heard

    def test_another_topic_before_the_yes_changes_the_form(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "actually, just sign me up for your newsletter")
        assert example_body("get_form_newsletter")["notice"]["short"] in visitor.heard
