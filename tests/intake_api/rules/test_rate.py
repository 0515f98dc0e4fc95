"""How a rate is written, and how two queues share it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.rate import Rate, RateInvalid, read_rate


class TestReading:
    @pytest.mark.parametrize(
        ("written", "rate"),
        [("10/s", Rate(10, 1)), ("100/10s", Rate(100, 10)), ("600/min", Rate(600, 60)), ("9/2h", Rate(9, 7200))],
    )
    def test_says_how_many_within_how_long(self, written: str, rate: Rate) -> None:
        assert read_rate(written) == rate

    def test_none_is_none(self) -> None:
        assert read_rate("none") is None

    @pytest.mark.parametrize("written", ["", "0/s", "10", "10/0s", "-1/s", "1.5/s", "10/day", "10 / s", "１０/s"])
    def test_anything_else_is_refused(self, written: str) -> None:
        with pytest.raises(RateInvalid):
            read_rate(written)


class TestSharing:
    @given(st.integers(1, 10_000), st.integers(1, 3600))
    def test_both_together_have_what_there_is_and_each_has_some(self, limit: int, period: int) -> None:
        leads, nos = Rate(limit, period).shared()
        assert leads.period == nos.period
        assert (leads.limit + nos.limit) / leads.period == limit / period
        assert leads.limit >= nos.limit >= 1
