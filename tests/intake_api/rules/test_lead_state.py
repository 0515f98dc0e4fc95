"""The one table of moves."""

from pathlib import Path

import pytest

from intake_api.rules.lead_state import MOVES, UNDOABLE, Act, LeadState, MoveRefused, next_state

DOCS = Path(__file__).parents[3] / "docs" / "review.md"


class TestMoving:
    """From state to state."""

    @pytest.mark.parametrize(("state", "act"), [(state, act) for state in LeadState for act in Act])
    def test_every_pair_is_a_move_or_refused(self, state: LeadState, act: Act) -> None:
        if (state, act) in MOVES:
            assert next_state(state, act) is MOVES[state, act]
        else:
            with pytest.raises(MoveRefused, match=state.value.replace("_", " ")):
                next_state(state, act)

    def test_a_delivered_lead_stays_delivered_until_it_is_taken_back_or_missing_there(self) -> None:
        acts = [act for (state, act) in MOVES if state is LeadState.DELIVERED]
        assert acts == [Act.SEND_AGAIN, Act.REVERSE, Act.MERGE]
        assert LeadState.DELIVERED not in UNDOABLE

    def test_nothing_leads_out_of_what_was_taken_back_merged_or_erased(self) -> None:
        over = {LeadState.WITHDRAWN, LeadState.MERGED, LeadState.ERASED}
        assert not [act for (state, act) in MOVES if state in over]
        assert not over & UNDOABLE

    def test_where_an_act_of_staff_leads_it_can_be_undone(self) -> None:
        recorded = {Act.RELEASE, Act.CONTACT, Act.APPROVE, Act.DECLINE, Act.MARK_SPAM}
        assert {to for (_, act), to in MOVES.items() if act in recorded} <= UNDOABLE


class TestDocs:
    def test_the_docs_show_this_table(self) -> None:
        assert table() in DOCS.read_text(encoding="utf-8")


def table() -> str:
    """Return the table as the docs show it: a row for each state, a column for each act."""
    acts = [*(act for act in Act if act is not Act.UNDO), Act.UNDO]
    rows = [
        " | ".join(["From", *(act.value.replace("_", " ") for act in acts)]),
        "|".join(["---"] * (len(acts) + 1)),
        *(" | ".join([state.value, *(_cell(state, act) for act in acts)]) for state in LeadState),
    ]
    return "\n".join(f"| {row} |" if "---" not in row else f"|{row}|" for row in rows)


def _cell(state: LeadState, act: Act) -> str:
    if act is Act.UNDO:
        return "as before" if state in UNDOABLE else "–"
    to = MOVES.get((state, act))
    return to.value if to else "–"
