"""The one table of moves."""

import pytest

from intake_api.rules.lead_state import MOVES, Act, LeadState, MoveRefused, next_state


class TestMoving:
    """From state to state."""

    @pytest.mark.parametrize(("state", "act"), [(state, act) for state in LeadState for act in Act])
    def test_every_pair_is_a_move_or_refused(self, state: LeadState, act: Act) -> None:
        if (state, act) in MOVES:
            assert next_state(state, act) is MOVES[state, act]
        else:
            with pytest.raises(MoveRefused):
                next_state(state, act)

    def test_a_delivered_lead_stays_delivered(self) -> None:
        assert not [act for (state, act) in MOVES if state is LeadState.DELIVERED]
