"""How often an address may be asked for its second yes."""

from datetime import UTC, datetime, timedelta

import pytest

from intake_api.rules.confirmation import ANSWER_WITHIN, UNCONFIRMED, may_ask

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
DAY = timedelta(hours=24)


class TestMayAsk:
    """C-15."""

    @pytest.mark.parametrize(
        ("mails", "allowed"),
        [
            ([], True),
            ([NOW], False),
            ([NOW - DAY + timedelta(seconds=1)], False),
            ([NOW - DAY], True),
            ([NOW - 2 * DAY, NOW - DAY], True),
            ([NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY], False),
            ([None], False),
            ([NOW - 2 * DAY, None], False),
        ],
    )
    def test_c15_once_a_day_and_three_times_in_all(self, mails: list[datetime | None], *, allowed: bool) -> None:
        assert may_ask(mails, now=NOW) is allowed


class TestTimes:
    def test_c12_a_link_is_over_before_the_first_yes_is(self) -> None:
        assert timedelta(hours=72) == ANSWER_WITHIN
        assert timedelta(days=7) == UNCONFIRMED.duration.exact
