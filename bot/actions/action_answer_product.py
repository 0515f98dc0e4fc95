"""Answer a general question: no data is asked for it, and a refusal changes nothing about it (H-03)."""

from __future__ import annotations

from bot.actions.base import TurnAction, desk
from bot.dialogue.asides import answer_product
from bot.dialogue.said import Said
from bot.dialogue.state import State
from bot.dialogue.turn import Turn

NAME = "action_answer_product"


class AnswerProduct(TurnAction):
    """Says what the words of the language know about what was asked."""

    def name(self) -> str:
        """Return the name in domain.yml."""
        return NAME

    async def act(self, state: State, said: Said) -> Turn:
        """Find the answer by what the question mentions."""
        return Turn(state, [answer_product(said, desk(state, said).words)])
