"""Offer what the catalogue has, a button for each form: at the beginning, and when a message was not understood."""

from __future__ import annotations

from bot.actions.base import TurnAction, desk
from bot.client import ApiAway, ApiRefused
from bot.dialogue import replies
from bot.dialogue.asides import language_note
from bot.dialogue.replies import Reply
from bot.dialogue.said import Said
from bot.dialogue.state import State
from bot.dialogue.turn import Turn

NAME = "action_offer_forms"
QUESTIONS = {"talk_to_human": replies.TALK_TO_HUMAN, "ask_bot": replies.I_AM_A_BOT, "out_of_scope": replies.UNCLEAR}
OPENING = "open_chat"


class OfferForms(TurnAction):
    """Says what fits the topic, then the forms. A new form of the catalogue appears here by itself."""

    def name(self) -> str:
        """Return the name in domain.yml."""
        return NAME

    async def act(self, state: State, said: Said) -> Turn:
        """Ask back with the likeliest meanings when there are some; else ask the API which forms there are.

        When the API is away, say so and offer nothing.
        """
        if said.guesses:
            meanings = tuple(replies.Offer(intent, f"meant_{intent}") for intent in said.guesses)
            return Turn(state, [Reply(replies.DID_YOU_MEAN, offers=meanings)])
        at_hand = desk(state, said)
        note = language_note(said, at_hand.wording) if said.intent == OPENING else []
        try:
            forms = await at_hand.api.list_forms(at_hand.language)
        except (ApiAway, ApiRefused):
            return Turn(state, [*note, Reply(replies.API_AWAY)])
        offers = tuple(replies.choose_form(form["form"], form["title"]) for form in forms)
        if said.intent == "talk_to_human" and any(form["form"] == at_hand.topics.person for form in forms):
            offers = (replies.Offer(f"{replies.CHOOSE_FORM}:{at_hand.topics.person}", "person"),)
        if state.refused and any(form["form"] == state.last_form for form in forms):
            # Not asked again (C-10), but whoever changed their mind finds the way back first.
            again = replies.Offer(f"{replies.CHOOSE_FORM}:{state.last_form}", "show_notice")
            offers = (again, *(offer for offer in offers if offer.payload != again.payload))
        default = replies.WHAT_CAN_I_DO if said.intent == OPENING or said.confidence >= 0.5 else replies.UNCLEAR
        return Turn(state, [*note, Reply(QUESTIONS.get(said.intent, default), offers=offers)])
