"""By when a request is answered, and how often an address is written to."""

from datetime import UTC, datetime, timedelta

import pytest

from intake_api.rules.rights import COUNT_LINKS_FOR, MOST_LINKS, OtherLink, RightsKind, due_at, may_send_link

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ACCESS, ERASURE = RightsKind.ACCESS, RightsKind.ERASURE


class TestWhenItIsDue:
    @pytest.mark.parametrize(
        ("asked", "due"),
        [
            ("2026-01-31", "2026-02-28"),
            ("2028-01-31", "2028-02-29"),
            ("2026-01-30", "2026-02-28"),
            ("2026-02-28", "2026-03-28"),
            ("2026-03-31", "2026-04-30"),
            ("2026-08-31", "2026-09-30"),
            ("2026-11-30", "2026-12-30"),
            ("2026-12-31", "2027-01-31"),
            ("2026-11-21", "2026-12-21"),
        ],
    )
    def test_s04_is_one_calendar_month_on(self, asked: str, due: str) -> None:
        at = "T23:59:59.999+00:00"
        assert due_at(datetime.fromisoformat(asked + at)) == datetime.fromisoformat(due + at)

    def test_s04_never_is_it_later_than_31_days_nor_out_of_order(self) -> None:
        days = [NOW + timedelta(days=number) for number in range(1500)]
        assert all(timedelta(days=28) <= due_at(day) - day <= timedelta(days=31) for day in days)
        assert sorted(map(due_at, days)) == list(map(due_at, days))


class TestHowOften:
    def test_c15_s14_one_open_link_of_a_kind_is_enough(self) -> None:
        sent = OtherLink(ACCESS, NOW - timedelta(minutes=5), is_open=True)
        assert not may_send_link(ACCESS, [sent], now=NOW)
        assert may_send_link(ERASURE, [sent], now=NOW)
        assert may_send_link(ACCESS, [OtherLink(ACCESS, NOW - timedelta(minutes=15), is_open=False)], now=NOW)

    def test_c15_one_that_may_be_leaving_counts(self) -> None:
        assert not may_send_link(ACCESS, [OtherLink(ACCESS, None, is_open=False)], now=NOW)

    def test_c15_no_more_than_so_many_a_day(self) -> None:
        used = [OtherLink(ACCESS, NOW - timedelta(hours=hours), is_open=False) for hours in range(1, MOST_LINKS + 1)]
        assert not may_send_link(ERASURE, used, now=NOW)
        assert may_send_link(ERASURE, used[1:], now=NOW)
        assert may_send_link(ERASURE, used, now=NOW + COUNT_LINKS_FOR - timedelta(hours=1))
