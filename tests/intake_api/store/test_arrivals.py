"""Counting who came, without knowing them."""

from datetime import UTC, datetime, timedelta

import pytest

from intake_api.rules.suspicion import Counted
from intake_api.store import arrivals as arrivals_module
from intake_api.store.arrivals import Arrivals

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # where a span of each kind begins
NETWORK = "192.0.2.0/24"


def several(count: int, value: str = NETWORK, *, now: datetime = NOON, kind: Counted = Counted.NETWORK) -> Arrivals:
    """Return counts with so many of one value."""
    arrivals = Arrivals()
    for _ in range(count):
        arrivals.count(kind, value, now=now)
    return arrivals


class TestCounting:
    """SEC-37: a window that moves."""

    def test_each_value_and_kind_by_itself(self) -> None:
        arrivals = several(3)
        assert arrivals.lately(Counted.NETWORK, NETWORK, now=NOON) == 3
        assert arrivals.lately(Counted.NETWORK, "198.51.100.0/24", now=NOON) == 0
        assert arrivals.lately(Counted.FORM, NETWORK, now=NOON) == 0

    def test_sec37_a_window_does_not_end_at_once(self) -> None:
        arrivals = several(100, now=NOON + timedelta(minutes=9, seconds=59))
        counts = [
            arrivals.lately(Counted.NETWORK, NETWORK, now=NOON + timedelta(minutes=minutes))
            for minutes in (10, 12.5, 15, 19)
        ]
        assert counts == [100, 75, 50, 10]

    @pytest.mark.parametrize("minutes", [20, 25, 300])
    def test_what_came_two_spans_ago_is_forgotten(self, minutes: int) -> None:
        arrivals = several(100)
        assert arrivals.lately(Counted.NETWORK, NETWORK, now=NOON + timedelta(minutes=minutes)) == 0

    def test_contacts_are_counted_by_the_hour(self) -> None:
        arrivals = several(10, "email|zane@guest.example", kind=Counted.CONTACT)
        later = NOON + timedelta(minutes=59)
        assert arrivals.lately(Counted.CONTACT, "email|zane@guest.example", now=later) == 10

    def test_a_clock_that_is_put_back_loses_no_count(self) -> None:
        arrivals = several(7)
        assert arrivals.lately(Counted.NETWORK, NETWORK, now=NOON - timedelta(hours=3)) == 7


class TestWhatIsKept:
    """M-06: nothing readable, and nothing for long."""

    def test_m06_no_value_stands_there_and_its_key_is_thrown_away(self) -> None:
        arrivals = several(1)
        (name,) = arrivals._spans[Counted.NETWORK][0].counts
        assert NETWORK.encode() not in name
        key = arrivals._spans[Counted.NETWORK][0].key
        arrivals.lately(Counted.NETWORK, NETWORK, now=NOON + timedelta(minutes=20))
        assert key not in {span.key for span in arrivals._spans[Counted.NETWORK]}
        assert key.hex() not in repr(arrivals._spans)

    def test_m06_the_same_value_has_another_name_in_another_process(self) -> None:
        one, other = (set(several(1)._spans[Counted.NETWORK][0].counts) for _ in range(2))
        assert one.isdisjoint(other)

    def test_sec37_ever_new_names_cost_no_more_memory_than_a_span_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(arrivals_module, "MOST_NAMES", 50)
        arrivals = Arrivals()
        for number in range(200):
            arrivals.count(Counted.NETWORK, f"2001:db8:0:{number:x}::/64", now=NOON)
        assert len(arrivals._spans[Counted.NETWORK][0].counts) == 50
        for _ in range(9):  # who is known is counted on
            arrivals.count(Counted.NETWORK, "2001:db8:0:1::/64", now=NOON)
        assert arrivals.lately(Counted.NETWORK, "2001:db8:0:1::/64", now=NOON) == 10
