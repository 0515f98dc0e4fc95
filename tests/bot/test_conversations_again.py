"""What comes beside a request and after it: rights, a second one, another language, a child, being lost."""

from __future__ import annotations

import pytest

from tests.bot.bot_processes import RunningBot, Visitor
from tests.bot.form_api import FormApiServer, example_body

pytestmark = pytest.mark.processes
RIGHT_ASKED = example_body("ask_for_right")["text"]
DEMO = example_body("get_form_request_demo")
RECEIPT = example_body("submit")["receipt"].rpartition("/")[2]


def who_has_sent(bot: RunningBot) -> Visitor:
    """Return somebody who has asked for a demo."""
    visitor = bot.visitor()
    visitor.says("i want a demo", "yes", "Anna Kalna", "anna@pine-villa.example", *["skip"] * 5, "yes", "no")
    visitor.presses("affirm:send")
    return visitor


class TestRights:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("stop sending me emails", "withdraw"),
            ("what do you know about me", "access"),
            ("please delete everything you know about me", "erasure"),
        ],
    )
    def test_s03_an_address_is_asked_and_handed_on_and_not_kept(
        self, bot: RunningBot, api: FormApiServer, text: str, kind: str
    ) -> None:
        visitor = bot.visitor()
        assert "Which e-mail address" in visitor.says(text)
        assert RIGHT_ASKED in visitor.says("it is anna@pine-villa.example")
        assert api.sent("/rights") == [{"kind": kind, "email": "anna@pine-villa.example", "locale": "en"}]
        visitor.says("i want a demo", "yes")
        assert "anna" not in visitor.heard.casefold()
        assert "a***" not in visitor.heard

    def test_an_address_in_the_first_message_is_not_asked_again(self, bot: RunningBot, api: FormApiServer) -> None:
        assert RIGHT_ASKED in bot.visitor().says("delete all my data please, anna@pine-villa.example")
        assert len(api.sent("/rights")) == 1

    def test_a_broken_address_is_asked_for_again_with_the_reason(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        heard = visitor.says("what do you know about me", "anna@@pine-villa.example")
        assert example_body("ask_for_right_invalid")["fields"]["email"]["text"] in heard
        assert "Which e-mail address" in heard

    def test_in_the_middle_of_a_form_the_open_question_comes_again(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "what do you know about me")
        assert "Which e-mail address" in visitor.heard
        heard = visitor.says("anna@pine-villa.example")
        assert RIGHT_ASKED in heard
        assert DEMO["fields"][1]["question"] in heard

    def test_at_the_notice_too_and_a_no_leaves_it(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "what do you know about me")
        heard = visitor.presses("cancel")
        assert "I leave that" in heard
        assert visitor.offered[-2:] == ["affirm", "deny"]

    def test_the_second_unclear_answer_gets_the_address_of_people(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("what do you know about me", "my one", "the usual one")
        assert "privacy@tidewick.example" in visitor.heard

    def test_erasing_what_was_typed_here_drops_it_at_once(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        assert "dropped everything" in visitor.says("i want a demo", "yes", "Anna", "delete all my data")
        assert api.sent("/submissions") == []
        assert "Which e-mail address" in visitor.presses("request_erasure:elsewhere")

    def test_withdrawing_acts_at_once_on_what_was_sent_by_its_receipt(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        visitor = who_has_sent(bot)
        assert example_body("withdraw")["text"] in visitor.says("i take back my consent")
        assert [path for method, path, _ in api.requests if path.endswith("/withdrawals")] == [
            f"/v1/receipts/{RECEIPT}/withdrawals"
        ]
        assert "Which e-mail address" in visitor.presses("withdraw_consent:elsewhere")
        assert "a***@pine-villa.example" in str(visitor.messages)
        assert RIGHT_ASKED in visitor.presses("inform:known_email")

    def test_only_the_purpose_that_is_named_is_taken_back(self, bot: RunningBot, api: FormApiServer) -> None:
        who_has_sent(bot).says("please unsubscribe me from the newsletter")
        assert api.sent("/withdrawals") == [{"purposes": ["newsletter"]}]

    def test_h07_erasing_acts_at_once_on_what_was_sent_and_here(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = who_has_sent(bot)
        assert example_body("erase")["text"] in visitor.says("delete all my data")
        assert [path for _, path, _ in api.requests if path.endswith("/erasures")] == [
            f"/v1/receipts/{RECEIPT}/erasures"
        ]
        visitor.says("i want a demo", "yes")
        assert "Anna" not in visitor.heard  # nothing of it is offered again

    def test_a_wrong_detail_that_is_sent_is_corrected_by_a_new_request(self, bot: RunningBot) -> None:
        visitor = who_has_sent(bot)
        visitor.says("oh no, my email is wrong")
        assert example_body("submit")["reference"] in visitor.heard
        assert DEMO["notice"]["short"] in visitor.presses("choose_form:request_demo")


class TestSecondRequest:
    def test_reuses_what_was_given_and_has_a_decision_of_its_own(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = who_has_sent(bot)
        visitor.says("and please have somebody call me")
        assert visitor.offered == ["affirm", "deny"]
        visitor.presses("affirm")
        assert "Anna Kalna" in visitor.heard
        assert "a***@pine-villa.example" in visitor.heard
        visitor.presses("affirm")
        visitor.says("is there a discount in winter", "no")
        visitor.presses("affirm:send")
        first, second = api.sent("/submissions")
        assert first["presentation"] != second["presentation"]
        assert second["fields"] == {
            "name": "Anna Kalna",
            "email": "anna@pine-villa.example",
            "message": "is there a discount in winter",
        }
        assert second["decisions"] == {"newsletter": False}

    def test_h07_what_was_erased_from_elsewhere_is_not_offered_again(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = who_has_sent(bot)
        api.erased = True
        visitor.says("and please have somebody call me", "yes")
        assert "Anna" not in visitor.heard
        assert example_body("get_form_request_contact")["fields"][0]["question"] in visitor.heard

    def test_c10_a_no_to_it_drops_also_what_was_given_before(self, bot: RunningBot) -> None:
        visitor = who_has_sent(bot)
        visitor.says("and please have somebody call me", "no")
        visitor.presses("choose_form:request_demo") if "choose_form:request_demo" in visitor.offered else None
        visitor.says("show me the demo again please", "yes")
        assert "Anna" not in visitor.heard

    def test_c10_a_no_to_one_thing_is_no_no_to_another(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("subscribe me to your newsletter", "no", "i want a demo")
        assert DEMO["notice"]["short"] in visitor.heard


class TestAnotherLanguage:
    def test_is_offered_at_the_first_text_and_spoken_at_the_second(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("sveiki, kas jūs tādi esat un ko jūs darāt?")
        assert "latviski" in visitor.messages[0]["text"]
        assert "change_language:lv" in visitor.offered
        heard = visitor.says("un cikos jūs strādājat brīvdienās?")
        assert "Turpinām šajā valodā" in heard

    def test_a_button_switches_at_once(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("dzień dobry, czym się państwo zajmują?")
        assert "Polski" in visitor.presses("change_language:pl")

    def test_h18_at_the_notice_it_is_shown_anew_and_asked_again(self, bot: RunningBot, api: FormApiServer) -> None:
        api.speaks = ("en", "lv")
        visitor = bot.visitor()
        visitor.says("i want a demo", "can we speak latvian?")
        assert "Turpinām šajā valodā" in visitor.heard
        assert DEMO["notice"]["short"] in visitor.heard
        assert DEMO["fields"][0]["question"] not in visitor.heard
        assert visitor.offered == ["affirm", "deny"]
        assert DEMO["fields"][0]["question"] in visitor.presses("affirm")

    def test_h18_the_second_text_in_another_at_the_notice_does_the_same(
        self, bot: RunningBot, api: FormApiServer
    ) -> None:
        api.speaks = ("en", "lv")
        visitor = bot.visitor()
        visitor.says("labdien, es gribētu demonstrāciju savai viesnīcai", "jā, es piekrītu, jautājiet")
        assert DEMO["notice"]["short"] in visitor.heard
        assert visitor.offered == ["affirm", "deny"]

    def test_names_and_addresses_are_no_language(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Katarzyna Wiśniewska")
        visitor.says("katarzyna.wisniewska@firma.example", "Pensjonat Pod Świerkami")
        assert not [payload for payload in visitor.offered if payload.startswith("change_language")]


class TestChild:
    def test_k03_ends_everything_and_nothing_is_asked_any_more(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        assert "for adults" in visitor.says("i want a demo", "yes", "i am 11 years old")
        assert "for adults" in visitor.says("subscribe me to your newsletter")
        assert api.sent("/submissions") == []
        assert "What is your name" not in visitor.heard


class TestAPerson:
    def test_h21_gets_only_what_was_declared(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("my neighbour told me about you", "let me talk to a human")
        visitor.presses("choose_form:request_contact")
        visitor.says("yes", "Do you have parking?", "skip", "anna@pine-villa.example", "no")
        visitor.presses("affirm:send")
        (sent,) = api.sent("/submissions")
        assert sent["fields"] == {"message": "Do you have parking?", "email": "anna@pine-villa.example"}
        assert "neighbour" not in str(sent)


class TestLost:
    def test_three_times_in_a_row_offers_a_person_and_the_page(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("xkcd qwrt zzz", "lkj hgf", "mnb vcx poi")
        assert DEMO["page"].rpartition("/")[0] in visitor.heard
        assert "choose_form:request_contact" in visitor.offered

    def test_in_a_form_the_question_stays_open(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@pine-villa.example", "skip")
        visitor.says("purple", "qwrt", "zzz")
        assert DEMO["page"] in visitor.heard
        assert DEMO["fields"][4]["question"] in visitor.heard


class TestCorrectingAPart:
    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("no, it's .lv", "a***@pine-villa.lv"),
            ("sorry, pinevilla.example not pine-villa", "a***@pinevilla.example"),
            ("@other.example", "a***@other.example"),
        ],
    )
    def test_changes_just_that(self, bot: RunningBot, text: str, masked: str) -> None:
        visitor = bot.visitor()
        visitor.says("please have somebody call me", "yes", "Do you have parking?", "Anna", "anna@pine-villa.example")
        visitor.says("no")
        assert masked in visitor.says(text)
        assert "Anna" in visitor.heard

    def test_a_broken_one_is_asked_for_again_and_never_mended(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("please have somebody call me", "yes", "Do you have parking?", "Anna", "anna@pine-villa.example")
        heard = visitor.says("no", "no, the e-mail is anna@@other.example")
        assert example_body("submit_field_invalid")["fields"]["email"]["text"] in heard

    def test_who_uses_no_mail_is_asked_for_a_phone(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        heard = visitor.says("please have somebody call me", "yes", "Do you have parking?", "Anna", "i dont use email")
        assert example_body("get_form_request_contact")["fields"][3]["question"] in heard


class TestDetailsThatSayLittle:
    def test_an_address_with_an_unsure_wish_opens_the_form_and_is_offered(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says("for 12 of us, Jānis from guesthouse Priedes, janis@priedes.example, 29123456, demo maybe")
        assert visitor.offered[-2:] == ["affirm", "deny"]
        assert "j***@priedes.example" in visitor.presses("affirm")

    @pytest.mark.parametrize("typed", ["anna at firma dot lv", "anna@@firma.lv"])
    def test_an_address_that_is_none_is_no_name(self, bot: RunningBot, typed: str) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", typed)
        assert example_body("submit_field_invalid")["fields"]["email"]["text"] in visitor.heard

    def test_nothing_is_no_message(self, bot: RunningBot, api: FormApiServer) -> None:
        visitor = bot.visitor()
        visitor.says("i want a demo", "yes", "Anna", "anna@pine-villa.example", *["skip"] * 4, "nothing", "no", "no")
        visitor.presses("affirm:send")
        assert "message" not in api.sent("/submissions")[0]["fields"]
