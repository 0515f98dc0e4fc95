"""The answers to one form, checked (M-01, M-02, SEC-26)."""

import unicodedata
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.catalogue.sensitive_words import read_sensitive_words
from intake_api.rules.fields import CODES, Checked, FieldRule, check_fields, check_some_fields, from_typed, masked
from intake_api.rules.sensitive_text import LEFT_OUT_CODES, TextReader
from tests.intake_api.corpora import naughty_strings, needs_corpora

RULES = (
    FieldRule("name", "text", "required", max_length=40),
    FieldRule("email", "email", "one_of:contact", max_length=254, needed_for=frozenset({"newsletter"})),
    FieldRule("phone", "phone", "one_of:contact", max_length=50),
    FieldRule("headcount", "integer", "optional", minimum=1, maximum=1000),
    FieldRule("role", "choice", "optional", choices=("owner", "other")),
    FieldRule("message", "long_text", "optional", max_length=1000),
)


class DemoForm:
    """The smallest thing the rules take for a form."""

    @property
    def rules(self) -> Mapping[str, FieldRule]:
        return {rule.name: rule for rule in RULES}

    def phone_regions(self, locale: str) -> tuple[str, ...]:
        return ({"lv": "LV", "pl": "PL"}.get(locale, "ZZ"),)


FORM = DemoForm()
READER = TextReader(read_sensitive_words(), {code: f"[{code}]" for code in LEFT_OUT_CODES})
GOOD: dict[str, object] = {"name": "Anna", "email": "anna@liepa.example"}


def check(granted: tuple[str, ...] = (), **fields: object) -> Checked:
    return check_fields(FORM, "lv", {**GOOD, **fields}, READER, granted=granted)


class TestWholeForm:
    def test_good_answers_are_kept_normalised(self) -> None:
        checked = check_fields(
            FORM,
            "lv",
            {
                "name": " Anna ",
                "phone": "29 123 456",
                "headcount": 12,
                "role": "owner",
                "message": "Labdien!\r\nKad varam?",
            },
            READER,
        )
        assert checked.problems == {}
        assert checked.ok
        assert checked.values == {
            "name": "Anna",
            "phone": "+37129123456",
            "headcount": 12,
            "role": "owner",
            "message": "Labdien!\nKad varam?",
        }

    def test_the_locale_says_where_a_number_without_prefix_is(self) -> None:
        fields = {"name": "Anna", "phone": "512 345 678"}
        assert check_fields(FORM, "pl", fields, READER).values["phone"] == "+48512345678"
        assert check_fields(FORM, "lv", fields, READER).problems == {"phone": "phone_invalid"}

    def test_n_12_a_required_field_left_out_is_named(self) -> None:
        assert check_fields(FORM, "lv", {"email": "anna@liepa.example"}, READER).problems == {"name": "required"}

    @pytest.mark.parametrize("empty", ["", "  ", "\u200b", "\n"])
    def test_an_empty_text_is_a_field_left_out(self, empty: str) -> None:
        assert check(name=empty).problems == {"name": "required"}
        assert check(role="").values.keys() == {"name", "email"}

    def test_m_02_one_way_of_contact_is_enough_and_one_is_needed(self) -> None:
        assert check_fields(FORM, "lv", {"name": "Anna", "phone": "29123456"}, READER).ok
        problems = check_fields(FORM, "lv", {"name": "Anna"}, READER).problems
        assert problems == {"email": "one_of_required", "phone": "one_of_required"}

    def test_a_wrong_answer_in_a_group_is_one_problem_not_two(self) -> None:
        problems = check_fields(FORM, "lv", {"name": "Anna", "email": "anna"}, READER).problems
        assert problems == {"email": "email_invalid"}

    def test_a_yes_that_needs_a_field_asks_for_it(self) -> None:
        fields = {"name": "Anna", "phone": "29123456"}
        problems = check_fields(FORM, "lv", fields, READER, granted=["newsletter"]).problems
        assert problems == {"email": "required_for_purpose"}
        assert check_fields(FORM, "lv", fields, READER, granted=["product_offers"]).ok

    def test_m_01_a_field_the_form_does_not_ask_is_refused(self) -> None:
        checked = check(score=100, __proto__="x")
        assert checked.problems == {"score": "field_unknown", "__proto__": "field_unknown"}
        assert checked.values.keys() == {"name", "email"}

    def test_one_wrong_field_does_not_hide_another(self) -> None:
        checked = check(name="x" * 41, headcount=0, role="king", phone="12")
        assert checked.problems == {
            "name": "text_too_long",
            "headcount": "integer_too_small",
            "role": "choice_unknown",
            "phone": "phone_invalid",
        }


class TestTypes:
    @pytest.mark.parametrize("name", ["name", "email", "phone", "role", "message"])
    @pytest.mark.parametrize("value", [None, True, 0, 1.5, [], ["a"], {}, {"a": "b"}, b"x"])
    def test_sec_26_a_text_field_takes_text_only(self, name: str, value: object) -> None:
        assert check_fields(FORM, "lv", {**GOOD, name: value}, READER).problems[name] == "type_wrong"

    @pytest.mark.parametrize("value", [None, True, False, 5.0, float("nan"), [5], {"value": 5}])
    def test_sec_26_a_number_field_takes_whole_numbers_only(self, value: object) -> None:
        assert check(headcount=value).problems == {"headcount": "type_wrong"}

    @pytest.mark.parametrize("value", ["5", "five", "0x5", "١"])
    def test_sec_26_a_text_is_no_number(self, value: str) -> None:
        assert check(headcount=value).problems == {"headcount": "integer_invalid"}

    @pytest.mark.parametrize(
        ("value", "code"), [(0, "integer_too_small"), (-5, "integer_too_small"), (1001, "integer_too_large")]
    )
    def test_a_number_has_bounds(self, value: int, code: str) -> None:
        assert check(headcount=value).problems == {"headcount": code}
        assert check(headcount=10**4000).problems == {"headcount": "integer_too_large"}

    @pytest.mark.parametrize("value", ["Owner", "owner ", "king", "own\u0435r"])
    def test_a_choice_is_taken_exactly(self, value: str) -> None:
        assert check(role=value).problems == {"role": "choice_unknown"}


class TestDryRun:
    def test_nothing_is_missing_when_some_fields_are_checked(self) -> None:
        checked = check_some_fields(FORM, "lv", {"email": "Anna@LIEPA.example", "phone": "x"}, READER)
        assert checked.values == {"email": "Anna@liepa.example"}
        assert checked.problems == {"phone": "phone_invalid"}


class TestFromTyped:
    @pytest.mark.parametrize(
        ("typed", "value"), [("12", 12), (" 7 ", 7), ("-3", -3), ("", ""), ("  ", ""), ("5.5", "5.5")]
    )
    def test_a_number_field_of_an_html_form_gives_a_number(self, typed: str, value: object) -> None:
        assert from_typed(FORM.rules["headcount"], typed) == value

    def test_a_number_with_too_many_digits_stays_text_and_is_refused(self) -> None:
        typed = from_typed(FORM.rules["headcount"], "9" * 5000)
        assert check(headcount=typed).problems == {"headcount": "integer_invalid"}

    def test_any_other_field_keeps_its_text(self) -> None:
        assert from_typed(FORM.rules["name"], "12") == "12"


class TestMasked:
    def test_contact_data_is_masked_and_nothing_else(self) -> None:
        assert masked(FORM.rules["email"], "anna@liepa.example") == "a***@liepa.example"
        assert masked(FORM.rules["phone"], "+37129123467") == "+371 •••• ••67"
        assert masked(FORM.rules["name"], "Anna") == "Anna"
        assert masked(FORM.rules["headcount"], 12) == "12"


class TestAnything:
    @settings(deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from([rule.name for rule in RULES]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
                max_leaves=5,
            ),
        )
    )
    def test_sec_26_anything_a_machine_sends_gets_a_verdict(self, fields: dict[str, object]) -> None:
        checked = check_fields(FORM, "lv", fields, READER, granted=["newsletter"])
        assert set(checked.problems.values()) <= set(CODES)
        assert not set(checked.problems) & set(checked.values)
        again = check_some_fields(FORM, "lv", checked.values, READER)
        assert again.values == checked.values
        assert again.ok

    @needs_corpora
    def test_sec_27_naughty_strings_are_taken_as_text_or_refused_with_a_code(self) -> None:
        strings = naughty_strings()
        assert len(strings) > 400
        for string in strings:
            for rule in RULES:
                checked = check_some_fields(FORM, "lv", {rule.name: string}, READER)
                assert set(checked.problems.values()) <= set(CODES)
                kept = str(checked.values.get(rule.name, ""))
                assert not any(unicodedata.category(letter) == "Cc" and letter != "\n" for letter in kept)
