"""Answer questions about data, and say where rights are asked for, while no form is open: from a notice of the
catalogue."""

from __future__ import annotations

from bot.actions.base import TurnAction, desk
from bot.client import ApiAway, ApiRefused
from bot.dialogue import replies
from bot.dialogue.answers import RIGHTS, answer_data_question, answer_rights
from bot.dialogue.replies import Reply
from bot.dialogue.said import Said
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import State
from bot.dialogue.turn import Turn

NAME = "action_answer_data_question"


class AnswerDataQuestion(TurnAction):
    """The notice is that of the form last spoken of, else of the one that brings a person."""

    def name(self) -> str:
        """Return the name in domain.yml."""
        return NAME

    async def act(self, state: State, said: Said) -> Turn:
        """Fetch the notice and answer from it."""
        at_hand = desk(state, said)
        try:
            form = state.last_form or at_hand.topics.person
            sheet = Sheet(await at_hand.api.get_form(form, at_hand.language))
            if said.intent in RIGHTS:
                return Turn(state, await answer_rights(at_hand.api, sheet))
        except (ApiAway, ApiRefused):
            return Turn(state, [Reply(replies.API_AWAY)])
        return Turn(state, answer_data_question(said.intent, sheet, None))
