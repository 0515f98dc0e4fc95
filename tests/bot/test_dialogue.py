"""The small decisions: what is a yes, what is a detail, what a state is as slots."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from bot.dialogue.amounts import find_numbers
from bot.dialogue.details import find_details, find_email, find_phone, value_for
from bot.dialogue.said import Heard, Said, hear_decision, says_nothing_more
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import Stage, State
from bot.settings import SettingsError, read_settings, read_token
from bot.wording import load_wording
from tests.bot.bot_processes import ROOT
from tests.bot.form_api import example_body

LEXICON = load_wording().languages["en"].lexicon
SHEET = Sheet(example_body("get_form_request_demo"))


class TestNothingMore:
    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "That's all, thanks!"),
            ("lv", "nosūtiet lūdzu"),
            ("ru", "Отправить"),
            ("pl", "proszę wysłać"),
            ("cs", "to je vše, děkuji"),
        ],
    )
    def test_is_heard_in_every_language(self, language: str, text: str) -> None:
        assert says_nothing_more(Said("affirm", 0.3, text), load_wording().languages[language].lexicon)

    @pytest.mark.parametrize("text", ["Send Logistics", "we send 20 parcels a day", "no", ""])
    def test_is_not_heard_in_a_value(self, text: str) -> None:
        assert not says_nothing_more(Said("inform", 0.9, text), LEXICON)


class TestHearingADecision:
    @pytest.mark.parametrize(
        "text", ["yes", "Yes, please!", "I agree.", "sure, go ahead", "yep", "of course", "y", "yess pls", "let's go"]
    )
    def test_clear_words_the_classifier_is_sure_of_are_a_yes(self, text: str) -> None:
        assert hear_decision(Said("affirm", 0.8, text), LEXICON) is Heard.YES
        assert hear_decision(Said("affirm", 0.79, text), LEXICON) is Heard.UNCLEAR
        assert hear_decision(Said("ask_data_use", 0.9, text), LEXICON) is Heard.UNCLEAR

    @pytest.mark.parametrize(
        "text",
        [
            "ok",
            "okay then",
            "hmm",
            "sure whatever",
            "👍",
            "yes but no",
            "yes?",
            "maybe yes",
            "i guess so, yes",
            "if you must, yes",
            "yes and no",
            "",
            "i do mind",
            "definitely spam",
            "that works against me",
            "you can send it by post instead",
            "go ahead without it",
            "i agree that this is annoying",
            "confirm that you delete it",
            "permission granted by nobody",
            "you may ask my lawyer",
            "exactly what i feared",
            "of course you want that",
        ],
    )
    def test_c08_the_rest_is_unclear_however_sure_the_classifier_is(self, text: str) -> None:
        assert hear_decision(Said("affirm", 1.0, text), LEXICON) is not Heard.YES

    @pytest.mark.parametrize("text", ["no", "No thanks", "nope", "I don't agree", "no thank you very much"])
    def test_a_no_is_heard_easily(self, text: str) -> None:
        assert hear_decision(Said("deny", 0.9, text), LEXICON) is Heard.NO

    def test_a_button_is_what_it_says(self) -> None:
        assert hear_decision(Said("affirm", 1.0, button="affirm"), LEXICON) is Heard.YES
        assert hear_decision(Said("deny", 1.0, button="deny"), LEXICON) is Heard.NO
        assert hear_decision(Said("ask_why_data", 1.0, button="ask_why_data"), LEXICON) is Heard.UNCLEAR


class TestFindingDetails:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("my name is Anna Kalniņa and my mail is a.k@firma.lv", {"name": "Anna Kalniņa", "email": "a.k@firma.lv"}),
            (
                "I'm Jan Nowak, +48 601 234 567, 12 people",
                {"name": "Jan Nowak", "phone": "+48 601 234 567", "headcount": "12"},
            ),
            ("i am interested in a demo", {}),
            ("this is great", {}),
            ("we are 30 employees, our company is called Pine Villa.", {"company": "Pine Villa", "headcount": "30"}),
            ("call 29123456!", {"phone": "29123456"}),
            ("anna at firma punkts lv", {}),
            ("please call me back about prices", {}),
            ("could you call me tomorrow?", {}),
            ("just call me Anna", {"name": "Anna"}),
        ],
    )
    def test_that_are_plainly_there(self, text: str, found: dict[str, str]) -> None:
        assert find_details(text, SHEET, LEXICON) == found

    def test_takes_the_answer_out_of_a_sentence(self) -> None:
        name, email = SHEET.field("name"), SHEET.field("email")
        assert name is not None
        assert email is not None
        assert value_for(name, "My name is O'Neil", LEXICON) == "O'Neil"
        assert value_for(name, "Maria", LEXICON) == "Maria"
        assert value_for(email, "it is jan@firma.pl, thanks", LEXICON) == "jan@firma.pl"
        assert value_for(email, "jan@@firma.pl", LEXICON) == "jan@@firma.pl"

    def test_numbers(self) -> None:
        assert find_numbers("1 200 people or 35") == [1200, 35]
        assert find_phone("12 34") is None
        assert find_email("a@b") is None

    @pytest.mark.parametrize(
        "text", ["a" * 2_000, "1 " * 1_000, "a@" * 1_000, "+(" * 1_000, "." * 2_000 + "@", "my name is " * 180]
    )
    def test_no_text_makes_the_search_long(self, text: str) -> None:
        began = time.process_time()
        find_details(text, SHEET, LEXICON)
        assert time.process_time() - began < 5  # not a speed test: a search that runs away takes minutes


class TestState:
    def test_travels_as_slots_and_back(self) -> None:
        state = State(
            form="request_demo",
            stage=Stage.PURPOSE,
            asked="newsletter",
            tries=1,
            values={"name": {"value": "A", "masked": "A"}},
            skipped=("company",),
            decisions={"newsletter": False},
            before_yes=("hello",),
        )
        slots = state.to_slots()
        assert State.from_slots(slots) == state
        assert slots["stage"] == "purpose"

    def test_h05_an_empty_value_is_no_slot_at_all(self) -> None:
        assert set(State(form="x").cleared().to_slots()) >= {"values", "before_yes"}
        assert [value for name, value in State().to_slots().items() if value is not None] == []

    def test_h02_remembers_a_bounded_part_of_what_was_typed_before_the_yes(self) -> None:
        state = State()
        for number in range(20):
            state = state.heard_before_yes(f"text {number}")
        assert len(state.before_yes) == 5


class TestSettings:
    def test_addresses_follow_the_ports(self) -> None:
        settings = read_settings({"VESTIBULE_ACTIONS_PORT": "15055", "VESTIBULE_INTERNAL_URL": "http://internal:8082/"})
        assert settings.actions_url == "http://127.0.0.1:15055"
        assert settings.internal_url == "http://internal:8082"

    def test_a_token_comes_from_the_environment_a_file_or_the_folder(self, tmp_path: object) -> None:
        folder = str(tmp_path)
        with open(f"{folder}/service_token", "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write("t" * 32 + "\n")
        for environment in (
            {"VESTIBULE_SECRETS_DIR": folder},
            {"VESTIBULE_SERVICE_TOKEN_FILE": f"{folder}/service_token"},
            {"VESTIBULE_SERVICE_TOKEN": "t" * 32},
        ):
            assert read_token("SERVICE_TOKEN", environment) == "t" * 32

    @pytest.mark.parametrize(
        "environment", [{}, {"VESTIBULE_SERVICE_TOKEN": "short"}, {"VESTIBULE_SERVICE_TOKEN_FILE": "/no/such"}]
    )
    def test_no_token_is_said_without_showing_it(self, environment: dict[str, str]) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_SERVICE_TOKEN") as said:
            read_token("SERVICE_TOKEN", environment)
        assert "short;" not in str(said.value)


class TestTheActionServer:
    def test_imports_rasa_sdk_and_never_rasa(self) -> None:
        heavy = "any(name.split('.')[0] in ('rasa', 'sklearn', 'numpy') for name in sys.modules)"
        code = f"import sys, bot.actions, bot.actions.__main__; sys.exit({heavy})"
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)

    def test_h10_no_slot_is_filled_from_a_text_and_none_steers(self) -> None:
        domain = (ROOT / "domain.yml").read_text(encoding="utf-8")
        slots = domain.split("\nslots:\n")[1].split("\nforms:\n")[0]
        assert slots.count("type: custom") == slots.count("influence_conversation: false") == slots.count("mappings:")
        assert "from_" not in slots.replace("from_slots", "")
        assert "carry_over_slots_to_new_session: false" in domain
