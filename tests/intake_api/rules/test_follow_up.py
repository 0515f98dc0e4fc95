"""A low score makes a follow-up due, if whoever gave it can be reached."""

from datetime import UTC, datetime, timedelta

import pytest

from intake_api.rules.fields import FieldRule, Value
from intake_api.rules.follow_up import FollowUp, due_at

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
RULES = {
    "rating": FieldRule("rating", "integer", "required", minimum=0, maximum=10),
    "comment": FieldRule("comment", "long_text", "optional", max_length=1000),
    "email": FieldRule("email", "email", "optional"),
    "phone": FieldRule("phone", "phone", "optional"),
}
FOLLOW_UP = FollowUp("rating", at_most=6, within_days=2)


class TestDue:
    @pytest.mark.parametrize("rating", [0, 6])
    @pytest.mark.parametrize("contact", [{"email": "a@guest.example"}, {"phone": "+37126123456"}])
    def test_a_low_score_with_a_way_to_answer_is_due(self, rating: int, contact: dict[str, Value]) -> None:
        assert due_at(FOLLOW_UP, RULES, {"rating": rating, **contact}, now=NOW) == NOW + timedelta(days=2)

    @pytest.mark.parametrize(
        "values",
        [
            {"rating": 7, "email": "a@guest.example"},
            {"rating": 10, "phone": "+37126123456"},
            {"rating": 0},
            {"rating": 0, "comment": "call me"},
            {"email": "a@guest.example"},
            {},
        ],
    )
    def test_anything_else_is_not(self, values: dict[str, Value]) -> None:
        assert due_at(FOLLOW_UP, RULES, values, now=NOW) is None

    def test_a_form_without_one_makes_none_due(self) -> None:
        assert due_at(None, RULES, {"rating": 0, "email": "a@guest.example"}, now=NOW) is None
