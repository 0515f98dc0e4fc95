"""What is not understood several times in a row: somebody who does not get on here is shown another way."""

from __future__ import annotations

from bot.dialogue import replies
from bot.dialogue.outside import person
from bot.dialogue.replies import Reply
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import State
from bot.dialogue.turn import Desk, Turn

MOST = 3  # in a row
NOT_UNDERSTOOD = (
    replies.UNCLEAR,
    replies.DID_YOU_MEAN,
    replies.FIELD_NOT_UNDERSTOOD,
    replies.FIELD_ONE_NUMBER,
    replies.FIELD_PICK_ONE,
)


async def show_a_way_out(before: State, turn: Turn, desk: Desk) -> Turn:
    """Count what was not understood in a row; the third time, offer the form page and a person."""
    if not any(reply.name in NOT_UNDERSTOOD for reply in turn.says):
        return Turn(turn.state.but(lost=0), turn.says, turn.is_over)
    lost = before.lost + 1
    if lost < MOST:
        return Turn(turn.state.but(lost=lost), turn.says, turn.is_over)
    sheet = Sheet(turn.state.sheet or await desk.api.get_form(desk.topics.person, desk.language))
    if turn.state.stage is None:
        way_out = Reply(replies.WAY_OUT, {"page": sheet.page}, (person(desk),))
        return Turn(turn.state.but(lost=0), [way_out], turn.is_over)
    return Turn(turn.state.but(lost=0), [Reply(replies.WAY_OUT, {"page": sheet.page}), *turn.says])
