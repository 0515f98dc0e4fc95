"""Change the language while no form is open."""

from __future__ import annotations

from bot.actions.base import TurnAction, desk
from bot.dialogue.asides import change_language
from bot.dialogue.said import Said
from bot.dialogue.state import State
from bot.dialogue.turn import Turn

NAME = "action_change_language"


class ChangeLanguage(TurnAction):
    """Switches to a complete language that was named, else offers those that are complete."""

    def name(self) -> str:
        """Return the name in domain.yml."""
        return NAME

    async def act(self, state: State, said: Said) -> Turn:
        """Switch or offer."""
        return await change_language(state, said, desk(state, said))
