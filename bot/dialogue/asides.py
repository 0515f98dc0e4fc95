"""What a visitor may ask at any step: about the data, the bot, a person, the product, another language.

Each is answered, and then the open question is asked again. While a field that takes any text is open, a sentence is
more likely its answer than an aside, so more certainty is asked of the classifier.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.dialogue import replies
from bot.dialogue.answers import DATA_QUESTIONS, answer_data_question, answer_product, when_people_answer
from bot.dialogue.questions import CANCEL, open_question, show_notice
from bot.dialogue.replies import Offer, Reply
from bot.dialogue.said import Said
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.turn import Desk, Turn
from bot.wording import Wording

PLAIN = 0.5
OVER_SHORT_TEXT = 0.7
OVER_LONG_TEXT = 0.85
TO_DROP_A_LONG_TEXT = 0.95  # "too slow" is an opinion, and "cancel" drops everything
ENDS_IN_A_QUESTION_MARK = 0.3
# In a free message these could be the message itself, whatever the classifier says.
NOT_OVER_LONG_TEXT = ("ask_product", "talk_to_human", "greet", "thank", "goodbye")
SMALL_TALK = {"thank": replies.THANKS_BACK, "greet": replies.GREET_BACK}

Answer = Callable[[], list[Reply]]


async def take_aside(state: State, said: Said, desk: Desk) -> Turn | None:
    """Answer an aside and ask the open question again; None when the turn is no aside."""
    if is_meant(replies.CHANGE_LANGUAGE, said, state):
        return await change_language(state, said, desk)
    answer = await _answer(state, said, desk)
    return Turn(state, [*answer, *open_question(state)]) if answer else None


def is_meant(intent: str, said: Said, state: State) -> bool:
    """Say whether a turn means this intent rather than being the answer to the open question."""
    if said.intent != intent:
        return False
    if said.button is not None:
        return True
    field = Sheet(state.sheet or {}).field(state.asked) if state.stage is Stage.FIELD else None
    if field is None or not field.takes_any_text:
        return said.confidence >= PLAIN
    if field.type == "text":
        return said.confidence >= OVER_SHORT_TEXT
    if intent == replies.CANCEL:
        return said.confidence >= TO_DROP_A_LONG_TEXT
    return intent not in NOT_OVER_LONG_TEXT and said.confidence >= OVER_LONG_TEXT


async def change_language(state: State, said: Said, desk: Desk) -> Turn:
    """Switch to a language that is named and complete; else offer those that are."""
    wanted = said.detail or desk.wording.language_named_in(said.text)
    if wanted is None or wanted not in desk.wording.complete or wanted == desk.language:
        is_over = state.stage is None
        return Turn(state, [offer_languages(desk), *([] if is_over else open_question(state))], is_over)
    return await switch_language(state, wanted, desk)


async def switch_language(state: State, wanted: str, desk: Desk) -> Turn:
    """Go on in a complete language. An open notice is shown anew, and each decision on it is made anew (H-18)."""
    switched = state.but(language=wanted, heard_language=None)
    says = [Reply(replies.LANGUAGE_CHANGED, {"language_name": desk.wording.languages[wanted].own_name})]
    if state.stage is None:
        return Turn(switched, says, is_over=True)
    if state.form is None or state.stage in (Stage.SENDING, Stage.RIGHTS):
        # What may have arrived stays on the notice it was sent on: a new showing could make a second lead of it.
        return Turn(switched, [*says, *open_question(switched)])
    sheet = Sheet(await desk.api.get_form(state.form, wanted))
    again = switched.shown_anew(sheet.form)
    return Turn(again, [*says, *show_notice(sheet)])


def offer_languages(desk: Desk, only: object = None) -> Reply:
    """Offer the languages that are complete, each by its own name."""
    codes = [code for code in desk.wording.complete if not isinstance(only, list) or code in only]
    names = [desk.wording.languages[code].own_name for code in codes]
    offers = tuple(
        Offer(f"{replies.CHANGE_LANGUAGE}:{code}", title=name)
        for code, name in zip(codes, names, strict=True)
        if code != desk.language
    )
    return Reply(replies.LANGUAGES, {"names": ", ".join(names)}, offers)


def language_note(said: Said, wording: Wording) -> list[Reply]:
    """Say so when the page is in a language that the bot does not speak yet (N-17)."""
    if said.locale is None or said.locale in wording.complete or said.locale not in wording.languages:
        return []
    own_name = wording.languages[said.locale].own_name
    return [Reply(replies.LANGUAGE_NOT_READY, {"language_name": own_name})]


async def _answer(state: State, said: Said, desk: Desk) -> list[Reply]:
    sheet = Sheet(state.sheet or {})
    field = sheet.field(state.asked) if state.stage is Stage.FIELD else None
    is_question = field is not None and field.type != "long_text" and said.text.rstrip().endswith("?")
    if not is_meant(said.intent, said, state) and not (is_question and said.confidence >= ENDS_IN_A_QUESTION_MARK):
        return []
    if said.intent in DATA_QUESTIONS:
        about = sheet if state.sheet else Sheet(await desk.api.get_form(desk.topics.person, desk.language))
        return answer_data_question(said.intent, about, field)
    if said.intent == "ask_bot":
        return [Reply(replies.I_AM_A_BOT)]
    if said.intent == "talk_to_human":
        return [Reply(replies.TALK_TO_HUMAN_IN_FORM), *await when_people_answer(desk)]
    if said.intent == "ask_product":
        return [await answer_product(said, desk)]
    if said.intent == "goodbye" and state.stage is not Stage.SENDING:
        return [Reply(replies.CANCEL_DROPS, offers=(CANCEL,))]
    if said.intent in SMALL_TALK and state.stage not in (Stage.NOTICE, Stage.PURPOSE, Stage.AGE):
        return [Reply(SMALL_TALK[said.intent])]
    if is_question and (answer := await answer_product(said, desk)).name != replies.PRODUCT:
        return [answer]  # "what does it cost?" asks for an offer elsewhere; here it is only asked in passing
    return []
