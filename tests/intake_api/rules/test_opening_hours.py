"""When people answer, by a clock on a wall that is put forward in spring and back in autumn."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake_api.rules.opening_hours import (
    WEEKDAYS,
    WORKING_DAYS,
    OpeningHours,
    after_open_time,
    is_open,
    next_opening,
)

RIGA = ZoneInfo("Europe/Riga")
OFFICE = OpeningHours(RIGA, WORKING_DAYS, time(9), time(17), frozenset({date(2026, 12, 24), date(2026, 12, 25)}))


def riga(*at: int) -> datetime:
    """A moment as the clock in Riga shows it."""
    return datetime(*at, tzinfo=RIGA)  # type: ignore[arg-type,misc]


class TestOpen:
    @pytest.mark.parametrize(
        ("at", "is_it"),
        [
            (riga(2026, 11, 20, 9, 0), True),
            (riga(2026, 11, 20, 8, 59, 59), False),
            (riga(2026, 11, 20, 16, 59, 59), True),
            (riga(2026, 11, 20, 17, 0), False),
            (riga(2026, 11, 21, 12, 0), False),  # a Saturday
            (riga(2026, 12, 24, 12, 0), False),  # a day off
            (riga(2026, 12, 23, 12, 0), True),
        ],
    )
    def test_from_the_first_minute_to_before_the_last_on_working_days(self, at: datetime, is_it: bool) -> None:
        assert is_open(OFFICE, at) is is_it
        assert is_open(OFFICE, at.astimezone(UTC)) is is_it

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (datetime(2026, 3, 27, 7, 0, tzinfo=UTC), datetime(2026, 3, 30, 6, 0, tzinfo=UTC)),  # clocks go forward
            (datetime(2026, 10, 23, 6, 0, tzinfo=UTC), datetime(2026, 10, 26, 7, 0, tzinfo=UTC)),  # and back
        ],
    )
    def test_it_opens_at_nine_on_the_wall_in_winter_and_in_summer(self, before: datetime, after: datetime) -> None:
        moment = timedelta(milliseconds=1)
        for opens in (before, after):
            assert is_open(OFFICE, opens)
            assert not is_open(OFFICE, opens - moment)
        assert next_opening(OFFICE, before) == after

    def test_on_the_day_of_the_change_itself_the_hours_are_those_on_the_wall(self) -> None:
        sundays = OpeningHours(RIGA, ("sun",), time(0), time(12))
        assert next_opening(sundays, riga(2026, 3, 28, 12)) == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
        # Eleven hours in spring, thirteen in autumn: from midnight to noon by the clock.
        assert is_open(sundays, datetime(2026, 3, 29, 8, 59, tzinfo=UTC))
        assert not is_open(sundays, datetime(2026, 3, 29, 9, 0, tzinfo=UTC))
        assert is_open(sundays, datetime(2026, 10, 25, 9, 59, tzinfo=UTC))
        assert not is_open(sundays, datetime(2026, 10, 25, 10, 0, tzinfo=UTC))

    def test_an_hour_that_the_clock_leaves_out_is_promised_as_it_is_kept(self) -> None:
        early = OpeningHours(RIGA, WEEKDAYS, time(3, 30), time(6))
        promised = next_opening(early, riga(2026, 3, 28, 12))
        assert promised is not None
        assert is_open(early, promised)
        assert not is_open(early, promised - timedelta(milliseconds=1))


class TestNextOpening:
    @pytest.mark.parametrize(
        ("now", "opens"),
        [
            (riga(2026, 11, 20, 8, 0), riga(2026, 11, 20, 9, 0)),
            (riga(2026, 11, 20, 9, 0), riga(2026, 11, 23, 9, 0)),  # open now: the next time is after the week-end
            (riga(2026, 11, 20, 17, 0), riga(2026, 11, 23, 9, 0)),
            (riga(2026, 12, 23, 18, 0), riga(2026, 12, 28, 9, 0)),  # two days off, then a week-end
        ],
    )
    def test_is_the_first_that_comes(self, now: datetime, opens: datetime) -> None:
        assert next_opening(OFFICE, now) == opens.astimezone(UTC)

    def test_the_day_is_that_of_the_wall_and_not_of_utc(self) -> None:
        """At 23:30 UTC on Sunday it is Monday in Riga already."""
        assert next_opening(OFFICE, datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == riga(2026, 11, 23, 9).astimezone(UTC)

    def test_who_never_opens_promises_nothing(self) -> None:
        holidays = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(800))
        closed = OpeningHours(RIGA, WEEKDAYS, time(9), time(17), holidays)
        assert next_opening(closed, riga(2026, 6, 1, 12)) is None

    @settings(max_examples=200, deadline=None)
    @given(
        hour=st.integers(0, 20 * 365 * 24),
        zone=st.sampled_from(["Europe/Riga", "Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
        opens=st.integers(0, 1438),
        days=st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True),
    )
    def test_is_later_open_and_the_first_such(self, hour: int, zone: str, opens: int, days: list[str]) -> None:
        hours = OpeningHours(
            ZoneInfo(zone), tuple(days), time(opens // 60, opens % 60), time((opens + 1) // 60, (opens + 1) % 60)
        )
        now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        at = next_opening(hours, now)
        assert at is not None
        assert now < at <= now + timedelta(days=8)
        assert is_open(hours, at)
        assert not is_open(hours, at - timedelta(milliseconds=1))


class TestAfterOpenTime:
    @pytest.mark.parametrize(
        ("start", "hours", "ends"),
        [
            (riga(2026, 11, 20, 10, 0), 4, riga(2026, 11, 20, 14, 0)),
            (riga(2026, 11, 20, 13, 0), 4, riga(2026, 11, 20, 17, 0)),  # the moment of closing
            (riga(2026, 11, 20, 15, 0), 4, riga(2026, 11, 23, 11, 0)),  # two hours on Friday, two on Monday
            (riga(2026, 11, 20, 20, 0), 4, riga(2026, 11, 23, 13, 0)),
            (riga(2026, 11, 20, 7, 0), 4, riga(2026, 11, 20, 13, 0)),
            (riga(2026, 12, 23, 16, 0), 9, riga(2026, 12, 28, 17, 0)),  # over two days off and a weekend
            (riga(2026, 11, 20, 9, 0), 16, riga(2026, 11, 23, 17, 0)),
        ],
    )
    def test_counts_the_hours_in_which_it_is_open(self, start: datetime, hours: int, ends: datetime) -> None:
        assert after_open_time(OFFICE, start, timedelta(hours=hours)) == ends
        assert after_open_time(OFFICE, start.astimezone(UTC), timedelta(hours=hours)) == ends

    def test_is_none_for_who_never_opens(self) -> None:
        never = OpeningHours(RIGA, (), time(9), time(17))
        assert after_open_time(never, riga(2026, 11, 20, 9, 0), timedelta(hours=1)) is None
