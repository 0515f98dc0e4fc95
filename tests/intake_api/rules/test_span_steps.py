"""Spans in steps: never told too short, and at most a tenth too long."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.span_steps import Spans, end_of, spans_of, step_of

SECOND = timedelta(seconds=1)


class TestSteps:
    @given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
    def test_a_span_is_not_longer_than_its_step_and_longer_than_the_one_before(self, span: timedelta) -> None:
        step = step_of(span)
        assert span <= end_of(step)
        assert end_of(step) <= max(SECOND, span * 1.1 + SECOND)

    def test_what_a_clock_made_negative_is_the_first(self) -> None:
        assert step_of(-SECOND) == step_of(timedelta(0)) == step_of(SECOND) == 0

    def test_the_middle_and_the_ninth_tenth_are_the_first_that_reach_them(self) -> None:
        assert spans_of({0: 5, 10: 4, 20: 1}) == Spans(10, end_of(0), end_of(10))
        assert spans_of({7: 1}) == Spans(1, end_of(7), end_of(7))
        assert spans_of({}) is None
