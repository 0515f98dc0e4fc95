"""What is permitted, by what was decided in one lead or several, by the hour and by the budget."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from intake_api.rules.consent import DecisionState
from intake_api.rules.permission import ContactBudget, Event, Permission, QuietHours, judge_permission, standing
from intake_api.rules.retention import parse_duration

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
END = NOON + timedelta(days=700)
RIGA = ZoneInfo("Europe/Riga")
GIVEN, ACTED, REQUESTED = DecisionState.GIVEN, DecisionState.ACTED, DecisionState.REQUESTED
REFUSED, WITHDRAWN, STOPPED, EXPIRED = (
    DecisionState.REFUSED,
    DecisionState.WITHDRAWN,
    DecisionState.STOPPED,
    DecisionState.EXPIRED,
)
MONTHLY = ContactBudget(2, parse_duration("P1M"))
NIGHT = QuietHours(RIGA, time(21), time(8))


def said(*told: tuple[str, DecisionState] | tuple[str, DecisionState, bool]) -> list[Event]:
    """Write down what was decided, one an hour, each as (lead, state) or (lead, state, by way of the address)."""
    return [
        Event(one[0], one[1], NOON - timedelta(hours=50 - place), bool(one[2:] and one[2]), END)
        for place, one in enumerate(told)
    ]


def judge(
    events: list[Event],
    *,
    channel: str = "email",
    only: str | None = None,
    budget: ContactBudget | None = None,
    used_at: tuple[datetime, ...] = (),
    now: datetime = NOON,
) -> Permission:
    return judge_permission(events, channel=channel, channel_of_purpose=only, budget=budget, used_at=used_at, now=now)


class TestWhatCounts:
    def test_c21_nothing_known_is_nothing_allowed(self) -> None:
        assert judge([]) == Permission(False, "unknown", None, None)

    @pytest.mark.parametrize("state", list(DecisionState))
    def test_r03_only_a_yes_and_an_act_permit(self, state: DecisionState) -> None:
        told = judge(said(("a", state)))
        assert (told.allowed, told.reason, told.state) == (state in (GIVEN, ACTED), state.value, state)
        assert told.until == (END if told.allowed else None)

    @pytest.mark.parametrize(
        ("events", "counts"),
        [
            # One lead: what was said last.
            ([("a", REQUESTED), ("a", GIVEN, True)], GIVEN),
            ([("a", REQUESTED), ("a", GIVEN, True), ("a", WITHDRAWN)], WITHDRAWN),
            # C-18: whoever types an address overwrites nothing and revives nothing.
            ([("a", GIVEN, True), ("b", REFUSED)], GIVEN),
            ([("a", GIVEN, True), ("b", REQUESTED)], GIVEN),
            ([("a", GIVEN, True), ("a", WITHDRAWN), ("b", GIVEN)], WITHDRAWN),
            ([("a", GIVEN, True), ("a", WITHDRAWN), ("b", REQUESTED)], WITHDRAWN),
            ([("a", GIVEN, True), ("a", WITHDRAWN), ("b", REQUESTED), ("b", REFUSED)], WITHDRAWN),
            # Who confirms by mail may.
            ([("a", GIVEN, True), ("a", WITHDRAWN), ("b", REQUESTED), ("b", GIVEN, True)], GIVEN),
            # T-10, G-04: what reduces counts from whomever it comes.
            ([("a", GIVEN, True), ("b", GIVEN), ("b", WITHDRAWN)], WITHDRAWN),
            ([("a", ACTED), ("b", ACTED), ("a", STOPPED)], STOPPED),
            # A new request is a new request.
            ([("a", ACTED), ("a", STOPPED), ("b", ACTED)], ACTED),
            ([("a", REFUSED), ("b", GIVEN)], GIVEN),
            # What ends in one lead ends nothing that was said in another one later.
            ([("a", GIVEN), ("b", GIVEN), ("a", EXPIRED)], GIVEN),
            ([("a", GIVEN), ("a", EXPIRED), ("b", GIVEN)], GIVEN),
        ],
    )
    def test_c18_t10_of_several_leads(
        self, events: list[tuple[str, DecisionState] | tuple[str, DecisionState, bool]], counts: DecisionState
    ) -> None:
        found = standing(said(*events))
        assert found
        assert found.state is counts

    def test_r03_a_yes_said_again_is_a_renewed_one(self) -> None:
        assert judge(said(("a", GIVEN, True), ("b", GIVEN, True))).renewed
        assert not judge(said(("a", REQUESTED), ("a", GIVEN, True))).renewed

    def test_t02_what_may_not_be_kept_any_more_may_not_be_used(self) -> None:
        assert judge(said(("a", GIVEN)), now=END).reason == "past_retention"

    def test_c03_a_yes_to_mails_is_none_to_calls(self) -> None:
        assert judge(said(("a", GIVEN)), only="email").allowed
        assert judge(said(("a", GIVEN)), only="email", channel="phone").reason == "other_channel"


class TestTheBudget:
    def test_c21_is_spent_and_free_again_when_the_oldest_use_is_past(self) -> None:
        used = (NOON - timedelta(days=20), NOON - timedelta(days=3))
        told = judge(said(("a", GIVEN)), budget=MONTHLY, used_at=used)
        assert (told.allowed, told.reason) == (False, "budget_spent")
        assert told.until == datetime(2026, 12, 3, 12, tzinfo=UTC)
        assert judge(said(("a", GIVEN)), budget=MONTHLY, used_at=used, now=told.until).allowed
        assert judge(said(("a", GIVEN)), budget=MONTHLY, used_at=used[:1]).allowed

    def test_c21_more_uses_than_the_budget_has_wait_for_the_right_one(self) -> None:
        used = tuple(NOON - timedelta(days=days) for days in (20, 10, 5))
        assert judge(said(("a", GIVEN)), budget=MONTHLY, used_at=used).until == datetime(2026, 12, 13, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("at", "until"),
        [
            (datetime(2026, 11, 23, 20, 59, tzinfo=RIGA), None),
            (datetime(2026, 11, 23, 21, 0, tzinfo=RIGA), datetime(2026, 11, 24, 8, tzinfo=RIGA)),
            (datetime(2026, 11, 24, 7, 59, tzinfo=RIGA), datetime(2026, 11, 24, 8, tzinfo=RIGA)),
            (datetime(2026, 11, 24, 8, 0, tzinfo=RIGA), None),
        ],
    )
    def test_c21_quiet_hours_are_by_the_clock_on_the_wall(self, at: datetime, until: datetime | None) -> None:
        now = at.astimezone(UTC)
        told = judge(said(("a", GIVEN)), budget=ContactBudget(9, parse_duration("P1M"), NIGHT), now=now)
        assert told.allowed is (until is None)
        if until:
            assert (told.reason, told.until) == ("quiet_hours", until)

    def test_c21_quiet_hours_within_a_day(self) -> None:
        siesta = ContactBudget(9, parse_duration("P1M"), QuietHours(RIGA, time(13), time(15)))
        told = judge(said(("a", GIVEN)), budget=siesta, now=datetime(2026, 11, 23, 14, tzinfo=RIGA).astimezone(UTC))
        assert told.until == datetime(2026, 11, 23, 15, tzinfo=RIGA)
