"""The one slot form: it takes a visitor through any form of the catalogue, one turn a call."""

from __future__ import annotations

from rasa_sdk.events import EventType, SlotSet

from bot.actions.base import TurnAction, conversation
from bot.dialogue.said import Said
from bot.dialogue.state import State
from bot.dialogue.turn import Turn

NAME = "validate_lead_form"
OPEN_QUESTION = "open_question"  # the slot Rasa's form asks for; never filled, so the form is over when we say so
REQUESTED_SLOT = "requested_slot"


class LeadForm(TurnAction):
    """Rasa calls it once in each turn of the form, the first included."""

    def name(self) -> str:
        """Return the name in domain.yml."""
        return NAME

    async def act(self, state: State, said: Said) -> Turn:
        """Take one turn of the conversation."""
        return await conversation().take_turn(state, said)

    def after(self, turn: Turn) -> list[EventType]:
        """Keep the form open, or close it."""
        return [SlotSet(OPEN_QUESTION, None), SlotSet(REQUESTED_SLOT, None if turn.is_over else OPEN_QUESTION)]
