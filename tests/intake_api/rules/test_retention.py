"""How long is kept, and when it ends (N-08, T-02, T-03)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.rules.retention import LAST_ACTIVITY, SUBMISSION, DurationError, Kept, delete_after, parse_duration

SENT = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)


class TestDuration:
    @pytest.mark.parametrize(
        ("text", "end"),
        [
            ("P6M", datetime(2027, 2, 28, 12, 0, tzinfo=UTC)),
            ("P18M", datetime(2028, 2, 29, 12, 0, tzinfo=UTC)),
            ("P1Y", datetime(2027, 8, 31, 12, 0, tzinfo=UTC)),
            ("P4M", datetime(2026, 12, 31, 12, 0, tzinfo=UTC)),
            ("P2W", datetime(2026, 9, 14, 12, 0, tzinfo=UTC)),
            ("P30D", datetime(2026, 9, 30, 12, 0, tzinfo=UTC)),
            ("PT72H", datetime(2026, 9, 3, 12, 0, tzinfo=UTC)),
            ("P1DT30M", datetime(2026, 9, 1, 12, 30, tzinfo=UTC)),
        ],
    )
    def test_months_are_calendar_months_and_the_rest_is_exact(self, text: str, end: datetime) -> None:
        assert parse_duration(text).after(SENT) == end

    @pytest.mark.parametrize(
        "text",
        ["", "P", "PT", "6M", "P6", "P-6M", "p6m", "P1.5Y", "P6M ", "P0M", "P1YT", "as long as needed", "P٦M", "P6M\n"],
    )
    def test_n_08_what_is_no_span_of_time_is_refused(self, text: str) -> None:
        with pytest.raises(DurationError):
            parse_duration(text)

    @pytest.mark.parametrize("text", ["P100Y", "P11Y", "P121M", "P9999Y", "P99999D"])
    def test_n_08_keeping_without_end_is_refused(self, text: str) -> None:
        with pytest.raises(DurationError):
            parse_duration(text)

    @settings(deadline=None)
    @given(st.integers(1, 120), st.integers(0, 30_000))
    def test_the_end_of_a_span_of_months_is_in_the_month_so_many_later(self, months: int, days: int) -> None:
        start = SENT + timedelta(days=days)
        end = parse_duration(f"P{months}M").after(start)
        assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
        assert end.day <= start.day


class TestDeleteAfter:
    def test_t_02_the_longest_purpose_alive_decides(self) -> None:
        rules = [Kept(parse_duration("P6M"), LAST_ACTIVITY), Kept(parse_duration("P24M"), LAST_ACTIVITY)]
        ended = delete_after(rules, submitted_at=SENT, last_activity_at=SENT)
        assert ended == datetime(2028, 8, 31, 12, 0, tzinfo=UTC)

    def test_t_03_an_act_of_the_person_moves_only_what_counts_from_it(self) -> None:
        later = SENT + timedelta(days=30)
        from_sending = [Kept(parse_duration("P30D"), SUBMISSION)]
        from_activity = [Kept(parse_duration("P30D"), LAST_ACTIVITY)]
        assert delete_after(from_sending, submitted_at=SENT, last_activity_at=later) == SENT + timedelta(days=30)
        assert delete_after(from_activity, submitted_at=SENT, last_activity_at=later) == later + timedelta(days=30)

    def test_without_a_purpose_nothing_is_kept(self) -> None:
        assert delete_after([], submitted_at=SENT, last_activity_at=SENT) == SENT
