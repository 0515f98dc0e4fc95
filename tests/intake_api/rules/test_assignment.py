"""Whose turn it is: fair among those present, and nobody is given what is not theirs."""

from collections import Counter
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.assignment import Assignment, AssignmentRule, Member, in_turn, next_turn

PEOPLE = ["anna", "ilze", "maris", "piotr"]


def given_out(presences: list[frozenset[str]]) -> list[str | None]:
    """Return who is given each of some leads, when these people are here at each."""
    turns = dict.fromkeys(PEOPLE, 0)
    found: list[str | None] = []
    for here in presences:
        members = [Member(one, turns[one], one in here) for one in PEOPLE]
        able = in_turn(members, only_present=True)
        found.append(able[0].staff_id if able else None)
        if able:
            turns[able[0].staff_id] = next_turn(members)
    return found


class TestTurns:
    @given(st.lists(st.frozensets(st.sampled_from(PEOPLE)), max_size=60))
    def test_only_who_is_here_is_given_any_and_nobody_only_where_nobody_is(
        self, presences: list[frozenset[str]]
    ) -> None:
        for here, who in zip(presences, given_out(presences), strict=True):
            assert (who in here) if here else who is None

    @given(st.lists(st.tuples(st.frozensets(st.sampled_from(PEOPLE), min_size=1), st.integers(1, 15)), max_size=8))
    def test_as_long_as_the_same_are_here_no_two_differ_by_more_than_one(
        self, spells: list[tuple[frozenset[str], int]]
    ) -> None:
        """Whatever happened before: also for whoever comes back, who gets no more than the others from then on."""
        presences = [here for here, times in spells for _ in range(times)]
        got = given_out(presences)
        at = 0
        for here, same in groupby(presences):
            length = len(list(same))
            counts = Counter(dict.fromkeys(here, 0)) + Counter(one for one in got[at : at + length] if one)
            numbers = [counts[one] for one in here]
            assert max(numbers) - min(numbers) <= 1
            at += length

    def test_those_who_are_away_take_part_where_nobody_is_asked(self) -> None:
        members = [Member("anna", 4, is_here=False), Member("ilze", 5, is_here=True)]
        assert [one.staff_id for one in in_turn(members, only_present=False)] == ["anna", "ilze"]
        assert [one.staff_id for one in in_turn(members, only_present=True)] == ["ilze"]


class TestRules:
    def test_the_first_that_fits_is_the_one(self) -> None:
        narrow = AssignmentRule("narrow", "baltics", ("request_demo",), ("lv", "ru"))
        wide = AssignmentRule("wide", "sales", languages=("lv", "en"))
        rules = Assignment({"baltics": "", "sales": ""}, (narrow, wide))
        assert rules.rule_for("request_demo", "lv") is narrow
        assert rules.rule_for("request_demo", "en") is wide
        assert rules.rule_for("complaint", "lv") is wide
        assert rules.rule_for("complaint", "ru") is None
