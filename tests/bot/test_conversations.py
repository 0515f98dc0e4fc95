"""Whole conversations through the real channel, Rasa and action server, over a form API that answers as the contract
says."""

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
from tests.bot.form_api import FormApiServer, a_new_form, example_body

pytestmark = pytest.mark.processes
DEMO = example_body("get_form_request_demo")


class TestOpening:
    def test_h01_says_it_is_automated_before_anything_else(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        assert "automated assistant, not a person" in visitor.messages[0]["text"]

    def test_offers_every_form_of_the_catalogue_also_one_the_bot_has_no_code_for(self, bot: RunningBot) -> None:
        offered = bot.visitor().offered
        assert {"choose_form:request_demo", "choose_form:newsletter", "choose_form:book_a_tour"} <= set(offered)

    def test_h01_is_said_even_when_the_api_is_away(self, bot: RunningBot, api: FormApiServer) -> None:
        api.broken = 503
        visitor = bot.visitor()
        assert "automated assistant" in visitor.messages[0]["text"]
        assert visitor.offered == []

    @pytest.mark.parametrize(
        ("language", "says"),
        [
            ("en", "not a person"),
            ("lv", "nevis cilvēks"),
            ("ru", "не человек"),
            ("pl", "nie człowiek"),
            ("cs", "ne člověk"),
        ],
    )
    def test_h01_says_it_in_the_language_of_the_page(self, bot: RunningBot, language: str, says: str) -> None:
        assert says in bot.visitor(language).heard


class TestNotSure:
    def test_asks_back_with_the_likeliest_meanings_and_acts_on_the_one_that_is_pressed(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("what about the booking and my card")
        assert "I am not sure what you mean" in visitor.heard
        assert len(visitor.offered) == 3
        assert "join_loyalty" in visitor.offered
        visitor.says("help")
        visitor.presses("talk_to_human")
        assert "I am an automated assistant and cannot put you through" in visitor.heard


class TestNotice:
    def test_n18_shows_the_notice_byte_for_byte_before_the_first_question(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("could we have a demo of your system, please")
        texts = [message["text"] for message in visitor.messages]
        assert DEMO["notice"]["short"] in texts
        assert DEMO["notice"]["page"] in visitor.heard
        assert visitor.offered == ["affirm", "deny"]
        assert DEMO["fields"][0]["question"] not in visitor.heard

    def test_n13_says_how_answers_are_scored_before_the_first_question(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo")
        assert DEMO["notice"]["scoring"] in [message["text"] for message in visitor.messages]
        visitor.says("actually, just sign me up for your newsletter")
        assert len(visitor.messages) == 4

    def test_keeps_spaces_braces_and_empty_lines_of_a_notice(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.presses("choose_form:book_a_tour")
        assert a_new_form()["notice"]["short"] in [message["text"] for message in visitor.messages]

    @pytest.mark.parametrize(
        "text",
        [
            "ok",
            "hmm",
            "sure whatever",
            "👍",
            "yes but no",
            "maybe",
            "yes?",
            "/affirm",
            '/inform{"decisions":{"newsletter":true}}',
        ],
    )
    def test_c08_h09_does_not_take_this_for_a_yes(self, bot: RunningBot, api: FormApiServer, text: str) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", text)
        assert DEMO["fields"][0]["question"] not in visitor.heard
        assert visitor.offered == ["affirm", "deny"]

    @pytest.mark.parametrize(
        "text", ["yes", "Yes, please", "sure, go ahead", "I agree", "yeah of course", "yes you may ask"]
    )
    def test_c08_takes_clear_words_for_a_yes(self, bot: RunningBot, text: str) -> None:
        visitor = bot.visitor()
        assert DEMO["fields"][0]["question"] in visitor.says("i want a demo", text)

    def test_c08_asks_once_more_and_then_takes_it_for_a_no(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "ok", "whatever")
        assert "I take it as a no" in visitor.heard
        assert len(api.sent("/refusals")) == 1

    def test_c08_a_yes_after_the_form_is_over_is_no_yes(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "no", "yes", "yes please")
        assert DEMO["fields"][0]["question"] not in visitor.heard
        assert api.sent("/submissions") == []


class TestRefusing:
    def test_c10_h03_a_no_is_counted_without_a_word_and_not_asked_again(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says("i'd like a demo, i am Zq7f3, zq7f3@leak.example", "no")
        assert "nothing is kept" in visitor.heard
        assert [sorted(body) for body in api.sent("/refusals")] == [["presentation"]]
        assert api.sent("/checks") == api.sent("/submissions") == []
        visitor.says("book a demo")
        assert visitor.offered == ["choose_form:request_demo"]
        assert DEMO["notice"]["short"] not in visitor.heard
        assert "9:00" in visitor.says("when are you open?")

    def test_c10_holds_when_the_refusal_cannot_be_counted(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo")
        api.broken = 503
        assert "nothing is kept" in visitor.says("no")

    def test_whoever_changes_their_mind_has_a_button_for_it(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "no", "i want a demo")
        assert DEMO["notice"]["short"] in visitor.presses("choose_form:request_demo")


class TestSending:
    def test_asks_all_fields_and_sends_what_was_said(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("we want to see your product", "yes please", "My name is Anna Kalniņa", "anna@pine-villa.example")
        visitor.says("Pine Villa")
        visitor.presses("inform:manager")
        visitor.says("about 12 people", "skip", "How are bookings imported?")
        visitor.presses("deny")
        visitor.presses("affirm")
        assert "a***@pine-villa.example" in visitor.heard
        assert "anna@pine-villa.example" not in visitor.heard
        assert api.sent("/submissions") == []
        visitor.presses("affirm:send")
        (sent,) = api.sent("/submissions")
        assert sent["fields"] == {
            "name": "Anna Kalniņa",
            "email": "anna@pine-villa.example",
            "company": "Pine Villa",
            "role": "manager",
            "headcount": 12,
            "message": "How are bookings imported?",
        }
        assert sent["decisions"] == {"newsletter": False, "product_offers": True}
        answer = example_body("submit")
        assert answer["reference"] in visitor.heard
        assert answer["receipt"] in visitor.heard
        assert DEMO["what_next"] in visitor.heard

    def test_a_contact_given_for_a_question_is_the_contact_and_the_question_comes_again(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("please call me back about prices")
        visitor.presses("affirm")
        message = example_body("get_form_request_contact")["fields"][0]
        assert message["question"] in visitor.heard
        visitor.says("my number is +371 20 123 456")
        assert message["question"] in visitor.heard
        assert "Phone" in visitor.heard
        visitor.says("Is there a discount for groups of more than ten, as on 2026-11-21 at 10:00?")
        assert message["question"] not in visitor.heard

    def test_h02_offers_what_was_typed_before_the_yes_and_asks_it_no_more(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says("Hi, my name is Jan Nowak, jan@hotel.example, we'd like a demo for 7 people")
        assert api.sent("/checks") == []
        visitor.presses("affirm")
        assert "j***@hotel.example" in visitor.heard
        visitor.presses("affirm")
        assert "house or company" in visitor.heard
        visitor.says("no", "skip", "no thanks", "skip", "no", "no")
        visitor.presses("affirm:send")
        assert api.sent("/submissions")[0]["fields"] == {
            "name": "Jan Nowak",
            "email": "jan@hotel.example",
            "headcount": 7,
        }

    def test_h02_what_was_typed_before_is_dropped_when_it_is_not_to_be_used(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says("demo please, jan@hotel.example", "yes", "no")
        assert DEMO["fields"][0]["question"] in visitor.heard

    def test_m02_a_phone_number_is_enough_and_news_by_mail_are_then_not_offered(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "+371 20 000 000", "no", "skip", "skip", "skip", "no")
        assert "offers" in visitor.heard
        visitor.says("no")
        visitor.presses("affirm:send")
        (sent,) = api.sent("/submissions")
        assert sent["fields"] == {"name": "Anna", "phone": "+37120000000"}
        assert sent["decisions"] == {"product_offers": False}

    def test_n10_says_how_a_yes_is_taken_back_before_it_asks_for_one(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("subscribe me to your newsletter", "yes", "anna@pine-villa.example")
        texts = [message["text"] for message in visitor.messages]
        assert texts.index(DEMO["notice"]["withdraw"]) < len(texts) - 1
        assert visitor.offered == ["affirm", "deny"]

    def test_n12_h20_says_why_it_asks_and_what_happens_without(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes")
        assert DEMO["fields"][0]["why"] in visitor.says("why do you need that?")
        assert DEMO["fields"][0]["question"] in visitor.heard
        assert DEMO["fields"][0]["if_not_given"] in visitor.says("i'd rather not tell you")
        assert "cancel" in visitor.offered

    def test_a_value_that_is_no_value_is_asked_for_again_with_the_reason(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "jan@@firma.pl")
        assert example_body("checks_bad")["fields"]["email"]["text"] in visitor.heard
        assert "Which e-mail address" in visitor.heard

    def test_a_correction_changes_just_that(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("please have somebody call me", "yes", "Can I bring a dog?", "Anna", "anna@wrong.example", "no")
        visitor.says("no, the email is anna@right.example")
        assert "a***@right.example" in visitor.heard
        visitor.presses("correct_details")
        visitor.presses("correct_details:message")
        visitor.says("Can I bring a cat?")
        visitor.presses("affirm:send")
        assert api.sent("/submissions")[0]["fields"] == {
            "message": "Can I bring a cat?",
            "name": "Anna",
            "email": "anna@right.example",
        }

    @pytest.mark.parametrize(
        ("text", "chosen"),
        [
            ("I'm the owner", "owner"),
            ("I manage it", "manager"),
            ("front desk", "front_desk"),
            ("manager or owner", None),
        ],
    )
    def test_a_choice_may_be_typed(self, bot: RunningBot, api: FormApiServer, text: str, chosen: str | None) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@pine-villa.example", "skip", text)
        assert ("How many people" in visitor.heard) == (chosen is not None)
        assert [body["fields"]["role"] for body in api.sent("/checks") if "role" in body["fields"]] == (
            [chosen] if chosen else []
        )

    def test_cancelling_drops_everything(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna")
        assert "dropped everything" in visitor.says("stop, cancel this")
        assert api.sent("/submissions") == []

    def test_a_form_the_bot_has_never_heard_of_is_asked_and_sent(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.presses("choose_form:book_a_tour")
        visitor.presses("affirm")
        assert "What shall the guide call you?" in visitor.heard
        visitor.says("Captain", "captain@sea.example", "4")
        visitor.presses("inform:autumn")
        visitor.says("no", "no")
        visitor.presses("affirm:send")
        assert api.sent("book_a_tour/submissions")[0]["fields"] == {
            "nickname": "Captain",
            "email": "captain@sea.example",
            "guests": 4,
            "season": "autumn",
        }

    def test_a_no_to_the_only_purpose_leaves_nothing_to_send(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("newsletter please", "yes", "anna@pine-villa.example", "no")
        assert "nothing is kept" in visitor.heard
        assert api.sent("/submissions") == []
        assert len(api.sent("/refusals")) == 1


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

    def test_erasing_while_a_form_is_open_offers_to_drop_what_was_typed(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        assert "privacy@tidewick.example" in visitor.says("i want a demo", "yes", "Anna", "forget everything")
        assert "drops everything you typed" in visitor.heard
        assert "dropped everything" in visitor.presses("cancel")


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
        ("please delete everything you know about me", "privacy@tidewick.example"),
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

    def test_another_topic_before_the_yes_changes_the_form(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "actually, just sign me up for your newsletter")
        assert example_body("get_form_newsletter")["notice"]["short"] in visitor.heard


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
