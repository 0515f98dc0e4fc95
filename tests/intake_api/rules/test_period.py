"""Periods of reports, and what they are compared with."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.period import CHOICES, LONGEST, Period, PeriodInvalid, days_between, days_until

TODAY = date(2026, 11, 22)
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


class TestPeriod:
    @pytest.mark.parametrize("length", CHOICES)
    def test_last_days_end_today_and_are_as_many_as_asked_for(self, length: int) -> None:
        period = days_until(TODAY, length)
        assert (period.last, period.length, len(list(period.days))) == (TODAY, length, length)

    def test_the_one_before_ends_where_this_begins_and_is_as_long(self) -> None:
        period = days_between("2026-11-01", "2026-11-21", today=TODAY)
        assert period.before == Period(date(2026, 10, 11), date(2026, 10, 31))
        assert period.before.ends == period.begins == datetime(2026, 11, 1, tzinfo=UTC)

    def test_ends_with_the_last_moment_of_its_last_day(self) -> None:
        assert days_until(TODAY, 7).ends == datetime(2026, 11, 23, tzinfo=UTC)

    @given(DAYS, DAYS, DAYS)
    def test_any_days_are_a_period_that_can_be_compared_or_are_refused(
        self, first: date, last: date, today: date
    ) -> None:
        try:
            period = days_between(first.isoformat(), last.isoformat(), today=today)
        except PeriodInvalid:
            assert not first <= last <= today or (last - first).days >= LONGEST or is_at_the_edge(first, last)
            return
        assert period.before.length == period.length <= LONGEST
        assert period.before.last + timedelta(days=1) == first
        assert period.begins < period.ends

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("2026-11-21", "2026-11-20"),
            ("2026-11-21", "2026-11-23"),
            ("2025-11-20", "2026-11-21"),
            ("0001-01-01", "0001-01-02"),
            ("2026-02-30", "2026-03-01"),
            ("", "2026-03-01"),
            ("21.11.2026", "2026-11-21"),
            ("2026-11-21\n", "2026-11-21"),
            ("٢٠٢٦-11-21", "2026-11-21"),
            ("2026-11-21", "tomorrow"),
        ],
    )
    def test_what_is_no_period_is_refused(self, first: str, last: str) -> None:
        with pytest.raises(PeriodInvalid):
            days_between(first, last, today=TODAY)


def is_at_the_edge(first: date, last: date) -> bool:
    """Say whether the calendar has no room for as many days before, or for a day after."""
    return (first - date.min) < (last - first) + timedelta(days=1) or last == date.max
