"""Answer whatever is said while no form is open."""

from __future__ import annotations

from rasa_sdk.events import EventType, FollowupAction

from bot.actions.base import TurnAction, conversation
from bot.dialogue.said import Said
from bot.dialogue.state import State
from bot.dialogue.turn import Turn

NAME = "action_answer"
FORM = "lead_form"


class AnswerOutside(TurnAction):
    """Rasa calls it once in each turn that opens no form."""

    def name(self) -> str:
        """Return the name in domain.yml."""
        return NAME

    async def act(self, state: State, said: Said) -> Turn:
        """Answer."""
        return await conversation().answer(state, said)

    def after(self, turn: Turn) -> list[EventType]:
        """Have the form opened with the same text, where the answer is one."""
        return [FollowupAction(FORM)] if turn.opens_form else []
