"""What is meant by "all", and what it becomes."""

from itertools import product

import pytest

from intake_api.rules.consent import DecisionState, permits
from intake_api.rules.taking_back import BECOMES, TAKEN_BACK, meant_by_all

ACTED, GIVEN, REQUESTED = DecisionState.ACTED, DecisionState.GIVEN, DecisionState.REQUESTED
REFUSED, WITHDRAWN, STOPPED = DecisionState.REFUSED, DecisionState.WITHDRAWN, DecisionState.STOPPED


class TestAll:
    @pytest.mark.parametrize(
        ("states", "meant"),
        [
            ({"ask": ACTED, "news": GIVEN, "offers": REFUSED}, ["news"]),
            ({"ask": ACTED, "news": REQUESTED, "offers": GIVEN}, ["news", "offers"]),
            ({"ask": ACTED, "news": REFUSED}, ["ask"]),
            ({"ask": ACTED}, ["ask"]),
            ({"news": REFUSED}, []),
            ({}, []),
        ],
    )
    def test_w03_is_every_yes_or_where_there_is_none_the_request(
        self, states: dict[str, DecisionState], meant: list[str]
    ) -> None:
        assert meant_by_all(states) == meant

    def test_w01_said_twice_it_means_the_same_twice(self) -> None:
        for three in product(DecisionState, repeat=3):
            states = dict(zip("abc", three, strict=True))
            meant = meant_by_all(states)
            after = {key: BECOMES.get(state, state) if key in meant else state for key, state in states.items()}
            assert meant_by_all(after) == meant


class TestWhatItBecomes:
    def test_permits_nothing_and_is_final(self) -> None:
        assert not any(permits(state) for state in TAKEN_BACK)
        assert not TAKEN_BACK & BECOMES.keys()

    def test_r07_an_act_never_gets_the_state_of_a_consent(self) -> None:
        assert BECOMES[ACTED] is STOPPED
        assert {BECOMES[GIVEN], BECOMES[REQUESTED]} == {WITHDRAWN}

    def test_everything_that_permits_can_be_taken_back(self) -> None:
        assert {state for state in DecisionState if permits(state)} <= BECOMES.keys()
