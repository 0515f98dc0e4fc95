"""The schedule of attempts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.retry import WAITS, next_attempt

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def waits(jitter: float) -> list[timedelta]:
    moments = []
    attempts = 1
    while due := next_attempt(attempts, now=NOW, jitter=jitter):
        moments.append(due - NOW)
        attempts += 1
    return moments


class TestNextAttempt:
    def test_g01_ten_attempts_over_75_hours_35_minutes(self) -> None:
        assert len(waits(0)) == 9
        assert sum(waits(0), timedelta()) == timedelta(hours=75, minutes=35, seconds=5)

    def test_the_first_waits_are_seconds_and_minutes_the_last_a_day(self) -> None:
        assert waits(0)[0] == timedelta(seconds=5)
        assert waits(0)[1] == timedelta(minutes=5)
        assert waits(0)[-1] == timedelta(hours=24)

    @given(attempts=st.integers(1, 9), jitter=st.floats(0, 1))
    def test_chance_adds_at_most_a_tenth_and_never_takes(self, attempts: int, jitter: float) -> None:
        due = next_attempt(attempts, now=NOW, jitter=jitter)

        assert due is not None
        assert WAITS[attempts - 1] <= due - NOW <= WAITS[attempts - 1] * 1.1 + timedelta(microseconds=1)

    @given(asked=st.timedeltas(timedelta(), timedelta(days=9000)), attempts=st.integers(1, 9))
    def test_the_destinations_wish_is_honoured_up_to_a_day(self, asked: timedelta, attempts: int) -> None:
        due = next_attempt(attempts, now=NOW, jitter=0, asked=asked)

        assert due is not None
        assert due - NOW >= min(asked, timedelta(hours=24))
        assert due - NOW >= WAITS[attempts - 1]
        assert due - NOW <= timedelta(hours=24)

    def test_a_wish_does_not_buy_more_attempts(self) -> None:
        assert next_attempt(10, now=NOW, jitter=0, asked=timedelta(seconds=1)) is None

    def test_an_answer_that_cannot_be_read_is_left_to_a_person_sooner(self) -> None:
        assert next_attempt(5, now=NOW, jitter=0, readable=False) is not None
        assert next_attempt(6, now=NOW, jitter=0, readable=False) is None
