"""Which leads a rule approves: those that meet what their person was told and what holds today (N-13, S-12)."""

from dataclasses import replace

import pytest

from intake_api.rules.approval import ApprovalRule, Standing, approves, as_told, rule_told

RULE = ApprovalRule(1, 50)
GOOD = Standing(score=50, is_confirmed=True, is_held=False, is_suggested=False, was_decided=False)


class TestApproves:
    def test_what_meets_all_of_it(self) -> None:
        assert approves(RULE, RULE, GOOD)

    @pytest.mark.parametrize(
        "lacks",
        [
            {"score": 49},
            {"is_confirmed": False},
            {"is_held": True},
            {"is_suggested": True},
            {"was_decided": True},
        ],
    )
    def test_what_lacks_one_thing_waits_for_a_person(self, lacks: dict[str, int]) -> None:
        assert not approves(RULE, RULE, replace(GOOD, **lacks))

    def test_n13_nobody_who_was_not_told(self) -> None:
        assert not approves(RULE, None, GOOD)
        assert rule_told({"texts": {}}) is None

    @pytest.mark.parametrize(("today", "told"), [(40, 60), (60, 40)])
    def test_of_two_versions_the_stricter_counts(self, today: int, told: int) -> None:
        rules = ApprovalRule(2, today), ApprovalRule(1, told)
        assert not approves(*rules, GOOD)
        assert approves(*rules, replace(GOOD, score=60))
        loose = replace(RULE, confirmed_email=False)
        for pair in ((loose, RULE), (RULE, loose)):
            assert not approves(*pair, replace(GOOD, is_confirmed=False))
        assert approves(loose, loose, replace(GOOD, is_confirmed=False))

    def test_a_notice_says_it_so_that_it_can_be_read(self) -> None:
        assert rule_told({"approval": {**as_told(RULE), "text": "It goes by itself."}}) == RULE
