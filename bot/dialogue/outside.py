"""What is said while no form is open: small talk, questions, and finding out what somebody came for."""

from __future__ import annotations

from bot.client import ApiAway, ApiRefused
from bot.dialogue import replies
from bot.dialogue.answers import DATA_QUESTIONS, answer_data_question, answer_product, when_people_answer
from bot.dialogue.asides import change_language, language_note
from bot.dialogue.details import find_email, find_phone
from bot.dialogue.replies import Offer, Reply
from bot.dialogue.said import Said
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import State
from bot.dialogue.turn import Desk, Turn

OPENING = "open_chat"
SURE = 0.5
OFFERS_THE_FORMS = (replies.UNCLEAR, replies.WHAT_CAN_I_DO, replies.NO_QUESTION_OPEN, replies.NOTHING_TO_CHANGE)
SIMPLE = {
    "greet": replies.GREET_BACK,
    "goodbye": replies.GOODBYE,
    "thank": replies.THANKS_BACK,
    "ask_bot": replies.I_AM_A_BOT,
    replies.AFFIRM: replies.NO_QUESTION_OPEN,
    replies.DENY: replies.NO_QUESTION_OPEN,
    replies.DECLINE_FIELD: replies.NO_QUESTION_OPEN,
    replies.CANCEL: replies.NOTHING_TO_CHANGE,
    replies.CORRECT_DETAILS: replies.NOTHING_TO_CHANGE,
    replies.TRY_AGAIN: replies.NOTHING_TO_CHANGE,
}


async def answer_outside(state: State, said: Said, desk: Desk) -> Turn:
    """Answer a turn that opens no form.

    :raises ApiAway: when the answer stands in the catalogue and the API does not answer.
    """
    if said.intent == replies.CHANGE_LANGUAGE:
        return await change_language(state, said, desk)
    if said.guesses and desk.topics.may_open_a_form(said) and (find_email(said.text) or find_phone(said.text)):
        return Turn(
            state, [], opens_form=True
        )  # who gives an address wants something; the notice asks whether it is so
    if said.intent == "goodbye":
        state = state.but(known={})
    if said.guesses:
        state = state.heard_before_yes(said.text)  # it may be what the form is about that a button opens now
    *says, last = await _answer(state, said, desk)
    if last.name in OFFERS_THE_FORMS and not last.offers:
        last = Reply(last.name, last.values, await offered_forms(state, desk))
    return Turn(state, [*says, last], is_over=True)


async def offered_forms(state: State, desk: Desk) -> tuple[Offer, ...]:
    """Return a button for each form of the chat; a new one appears here by itself."""
    forms = desk.topics.of_the_chat(await desk.api.list_forms(desk.language))
    # Not asked again (C-10), but whoever changed their mind finds the way back first.
    again = [form["form"] for form in forms if form["form"] in state.refused and form["form"] == state.last_form]
    offers = [Offer(f"{replies.CHOOSE_FORM}:{form}", "show_notice") for form in again]
    return (*offers, *(replies.choose_form(form["form"], form["title"]) for form in forms if form["form"] not in again))


def person(desk: Desk) -> Offer:
    """Return the button that asks for a person."""
    return Offer(f"{replies.CHOOSE_FORM}:{desk.topics.person}", "person")


async def _answer(state: State, said: Said, desk: Desk) -> list[Reply]:
    if said.guesses:
        meanings = tuple(Offer(intent, f"meant_{intent}") for intent in said.guesses)
        return [Reply(replies.DID_YOU_MEAN, offers=meanings)]
    if said.intent == OPENING:
        return await _open(state, said, desk)
    if said.intent in DATA_QUESTIONS:
        # The notice is that of the form last spoken of, else of the one that brings a person.
        form = state.last_form or desk.topics.person
        return answer_data_question(said.intent, Sheet(await desk.api.get_form(form, desk.language)), None)
    if said.intent == "ask_product":
        return [await answer_product(said, desk)]
    if said.intent == "talk_to_human":
        *says, last = [Reply(replies.TALK_TO_HUMAN), *await when_people_answer(desk)]
        return [*says, Reply(last.name, last.values, (person(desk),))]
    if said.intent == replies.CORRECT_DETAILS and state.sent:
        sent = state.sent[-1]
        again = Offer(f"{replies.CHOOSE_FORM}:{sent['form']}", "send_again")
        return [Reply(replies.CORRECT_AFTER_SENDING, {"reference": sent["reference"]}, (again,))]
    if said.intent in SIMPLE:
        return [Reply(SIMPLE[said.intent])]
    understood = said.intent != "out_of_scope" and said.confidence >= SURE
    return [Reply(replies.WHAT_CAN_I_DO if understood else replies.UNCLEAR)]


async def _open(state: State, said: Said, desk: Desk) -> list[Reply]:
    welcome = [Reply(replies.WELCOME), *language_note(said, desk.wording)]
    try:
        return [*welcome, Reply(replies.WHAT_CAN_I_DO, offers=await offered_forms(state, desk))]
    except (ApiAway, ApiRefused):
        return [*welcome, Reply(replies.API_AWAY)]  # what speaks here is said all the same (H-01)
