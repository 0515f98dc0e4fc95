"""Whole conversations through the real channel, Rasa and action server, over a form API that answers as the contract
says: the way from the first line to the reference, or to a no."""

from __future__ import annotations

import pytest

from tests.bot.bot_processes import RunningBot
from tests.bot.form_api import FormApiServer, a_new_form, example_body

pytestmark = pytest.mark.processes
DEMO = example_body("get_form_request_demo")
FEEDBACK = {one["name"]: one["question"] for one in example_body("get_form_feedback")["fields"]}


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

    def test_h02_h16_offers_what_was_typed_before_the_yes_and_asks_it_no_more(
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

    def test_h16_what_is_said_in_place_of_a_yes_is_offered_too(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("demo please, jan@hotel.example", "yes", "it's anna@hotel.example now")
        assert "a***@hotel.example" in visitor.heard
        assert visitor.offered[-2:] == ["affirm", "deny"]
        visitor.presses("affirm")
        assert api.sent("/checks")[-1]["fields"] == {"email": "anna@hotel.example"}
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

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("+371 20 000 000", {"phone": "+37120000000"}),
            ("anna@pine-villa.example", {"email": "anna@pine-villa.example"}),
        ],
    )
    def test_m02_who_may_be_called_back_is_asked_for_one_contact(
        self, bot: RunningBot, api: FormApiServer, given: str, kept: dict[str, str]
    ) -> None:
        visitor = bot.visitor()
        visitor.presses("choose_form:feedback")
        visitor.presses("affirm")
        visitor.says("3", "The keys were not there.")
        assert FEEDBACK["phone"] in visitor.heard
        visitor.says(given)
        assert not any(FEEDBACK[contact] in visitor.heard for contact in ("phone", "email"))
        assert FEEDBACK["name"] in visitor.heard
        visitor.says("skip")
        visitor.presses("affirm:send")
        (sent,) = api.sent("/submissions")
        assert sent["fields"] == {"rating": 3, "comment": "The keys were not there.", **kept}

    def test_who_declines_one_contact_is_asked_for_the_other(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.presses("choose_form:feedback")
        visitor.presses("affirm")
        visitor.says("3", "The keys were not there.", "i'd rather not say")
        assert FEEDBACK["email"] in visitor.heard

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
