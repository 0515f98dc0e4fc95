"""How long to wait after failed sign-ins (SEC-03)."""

from datetime import UTC, datetime, timedelta

from intake_api.rules.sign_in_brake import Brake, Tries, counted, is_trusted, wait_left

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BRAKE = Brake(free=3, longest=timedelta(seconds=60))


def waits(failures: int) -> float:
    return wait_left(BRAKE, Tries(failures, NOW), now=NOW).total_seconds()


class TestWaitLeft:
    def test_sec03_the_first_are_free_then_each_doubles_the_wait(self) -> None:
        assert [waits(failures) for failures in range(1, 8)] == [0, 0, 1, 2, 4, 8, 16]

    def test_sec03_nobody_waits_longer_than_the_longest(self) -> None:
        assert waits(9) == 60
        assert waits(10_000) == 60

    def test_sec03_waiting_is_enough(self) -> None:
        tries = Tries(9, NOW)
        assert wait_left(BRAKE, tries, now=NOW + timedelta(seconds=59)) == timedelta(seconds=1)
        assert wait_left(BRAKE, tries, now=NOW + timedelta(seconds=60)) == timedelta(0)

    def test_a_clock_that_jumped_ahead_does_not_make_it_negative(self) -> None:
        assert wait_left(BRAKE, Tries(9, NOW), now=NOW + timedelta(hours=9)) == timedelta(0)


class TestCounted:
    def test_counts_up_and_forgets_what_is_a_day_old(self) -> None:
        assert counted(Tries(), now=NOW) == Tries(1, NOW)
        assert counted(Tries(7, NOW), now=NOW + timedelta(hours=1)).failures == 8
        assert counted(Tries(7, NOW), now=NOW + timedelta(hours=24)).failures == 1

    def test_keeps_the_last_success(self) -> None:
        assert counted(Tries(1, NOW, NOW), now=NOW).succeeded_at == NOW


class TestIsTrusted:
    def test_a_network_is_trusted_for_a_month_after_a_success(self) -> None:
        assert not is_trusted(Tries(), now=NOW)
        assert is_trusted(Tries(0, None, NOW), now=NOW + timedelta(days=29))
        assert not is_trusted(Tries(0, None, NOW), now=NOW + timedelta(days=30))
