"""T-10: per purpose the stricter decision counts, and nothing is widened, however leads are merged."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.consent import DecisionState, permits
from intake_api.rules.merging import STRICTEST_FIRST, Side, compare, restored_end, strictest, strictness, together
from intake_api.rules.taking_back import BECOMES, TAKEN_BACK

PURPOSES = st.sampled_from(["respond_to_request", "newsletter", "product_offers", "loyalty_programme"])
LEADS = st.dictionaries(PURPOSES, st.sampled_from(DecisionState))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
GIVEN, WITHDRAWN, REQUESTED = DecisionState.GIVEN, DecisionState.WITHDRAWN, DecisionState.REQUESTED


class TestOrder:
    def test_every_state_has_one_place(self) -> None:
        assert sorted(STRICTEST_FIRST) == sorted(DecisionState)

    def test_t10_a_no_beats_what_waits_and_what_waits_beats_a_yes(self) -> None:
        groups = [
            TAKEN_BACK,
            {DecisionState.REFUSED, DecisionState.EXPIRED, DecisionState.NEEDS_RECONSENT},
            {REQUESTED},
            {state for state in DecisionState if permits(state)},
        ]
        for before, after in pairwise(groups):
            assert max(map(strictness, before)) < min(map(strictness, after))

    @pytest.mark.parametrize("living", BECOMES)
    def test_t10_what_the_person_took_back_beats_what_is_alive(self, living: DecisionState) -> None:
        assert strictest([living, WITHDRAWN]) is WITHDRAWN
        assert strictest([DecisionState.STOPPED, living]) is DecisionState.STOPPED


class TestTogether:
    @given(LEADS, LEADS)
    def test_t10_neither_direction_is_another(
        self, one: dict[str, DecisionState], other: dict[str, DecisionState]
    ) -> None:
        assert together(one, other) == together(other, one)

    @given(LEADS, LEADS, LEADS)
    def test_t10_neither_order_is_another(
        self, one: dict[str, DecisionState], two: dict[str, DecisionState], three: dict[str, DecisionState]
    ) -> None:
        assert together(together(one, two), three) == together(one, together(two, three)) == together(one, two, three)

    @given(LEADS)
    def test_a_lead_with_itself_or_with_nothing_is_itself(self, one: dict[str, DecisionState]) -> None:
        assert together(one, one) == together(one, {}) == together(one) == one

    @given(LEADS, LEADS)
    def test_t10_nothing_is_permitted_that_one_of_them_forbids(
        self, one: dict[str, DecisionState], other: dict[str, DecisionState]
    ) -> None:
        for purpose, counts in together(one, other).items():
            said = [lead[purpose] for lead in (one, other) if purpose in lead]
            assert counts in said
            assert permits(counts) == all(permits(state) for state in said)

    @given(LEADS, LEADS, st.sampled_from(sorted(TAKEN_BACK)), PURPOSES)
    def test_t10_a_later_no_in_one_of_them_counts(
        self, one: dict[str, DecisionState], other: dict[str, DecisionState], no: DecisionState, purpose: str
    ) -> None:
        assert not permits(together(one, {**other, purpose: no})[purpose])


class TestComparing:
    @given(LEADS, LEADS)
    def test_says_what_each_says_and_by_whom_it_counts(
        self, one: dict[str, DecisionState], other: dict[str, DecisionState]
    ) -> None:
        found = compare(one, other)
        assert {line.purpose: line.counts for line in found} == together(one, other)
        for line in found:
            assert (line.stays, line.merged) == (one.get(line.purpose), other.get(line.purpose))
            said = {Side.STAYS: {line.stays}, Side.MERGED: {line.merged}, Side.BOTH: {line.stays, line.merged}}
            assert said[line.by] == {line.counts}

    def test_t10_yes_and_withdrawn_is_withdrawn(self) -> None:
        (line,) = compare({"newsletter": GIVEN}, {"newsletter": WITHDRAWN})
        assert (line.counts, line.by) == (WITHDRAWN, Side.MERGED)


class TestEnds:
    @given(*[st.integers(0, 500)] * 2)
    def test_undone_at_once_it_is_as_before(self, before: int, set_to: int) -> None:
        ends = NOON + timedelta(days=before), NOON + timedelta(days=set_to)
        assert restored_end(*ends, stands=ends[1]) == ends[0]

    def test_t02_what_the_person_did_meanwhile_stands(self) -> None:
        before, set_to = NOON + timedelta(days=90), NOON + timedelta(days=30)
        sooner, later = NOON + timedelta(days=1), NOON + timedelta(days=700)
        assert restored_end(before, set_to, sooner) == sooner
        assert restored_end(before, set_to, later) == later
        assert restored_end(before, set_to, NOON + timedelta(days=60)) == before
