"""The gate, row by row."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.rules.consent import DecisionState, permits
from intake_api.rules.forwarding import PromisedPurpose, find_obstacles, passable

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
STATES = [None, *DecisionState]


def promised(state: DecisionState | None, *recipients: str) -> PromisedPurpose:
    return PromisedPurpose("respond_to_request", frozenset(recipients), state)


def codes(*purposes: PromisedPurpose, erased: bool = False, delete_after: datetime = LATER) -> list[str]:
    found = find_obstacles(purposes, "crm", erased=erased, delete_after=delete_after, now=NOW)
    return [obstacle.code for obstacle in found]


class TestFindObstacles:
    @pytest.mark.parametrize("state", [DecisionState.ACTED, DecisionState.GIVEN])
    def test_x03_a_living_basis_and_a_named_recipient_are_enough(self, state: DecisionState) -> None:
        assert codes(promised(state, "crm", "mail")) == []

    @pytest.mark.parametrize("state", STATES)
    def test_x01_a_recipient_that_no_purpose_names_gets_nothing(self, state: DecisionState | None) -> None:
        assert codes(promised(state, "mail")) == ["recipient_not_disclosed"]

    def test_x01_a_purpose_that_lives_does_not_open_the_gate_for_another_purposes_recipient(self) -> None:
        assert codes(promised(DecisionState.ACTED, "mail"), promised(DecisionState.REFUSED, "crm")) == [
            "no_living_basis"
        ]

    @pytest.mark.parametrize("state", [None, DecisionState.REFUSED, DecisionState.WITHDRAWN])
    def test_x03_without_a_living_basis_nothing_goes(self, state: DecisionState | None) -> None:
        assert codes(promised(state, "crm")) == ["no_living_basis"]

    def test_x03_a_first_yes_waits_for_its_confirmation(self) -> None:
        assert codes(promised(DecisionState.REQUESTED, "crm")) == ["confirmation_missing"]

    def test_g02_an_erased_person_is_said_to_be_erased_and_nothing_else(self) -> None:
        assert codes(promised(DecisionState.ACTED, "crm"), erased=True, delete_after=NOW) == ["erased"]

    def test_a_lead_past_its_time_does_not_go(self) -> None:
        assert codes(promised(DecisionState.ACTED, "crm"), delete_after=NOW) == ["past_retention"]

    def test_all_reasons_are_told_at_once(self) -> None:
        assert codes(promised(DecisionState.ACTED, "mail"), delete_after=NOW) == [
            "past_retention",
            "recipient_not_disclosed",
        ]

    @given(st.lists(st.builds(promised, st.sampled_from(STATES), st.sampled_from(["crm", "mail"])), max_size=5))
    def test_the_gate_is_open_exactly_when_a_purpose_may_pass(self, purposes: list[PromisedPurpose]) -> None:
        may_pass = any(permits(one.state) and "crm" in one.recipients for one in purposes)

        assert (codes(*purposes) == []) is may_pass
        assert bool(passable(purposes, "crm")) is may_pass
