"""What is heard in every text before its meaning: that a child writes it, and that it is in another language.

A child ends the capture (K-03). A text that plainly is in another language gets the offer to go on in it; the second
one in a row is answered in it (H-18 shows an open notice anew).
"""

from __future__ import annotations

import re
from contextlib import suppress

from bot.client import ApiAway, ApiRefused
from bot.dialogue import replies
from bot.dialogue.amounts import find_budget, find_headcount, find_numbers
from bot.dialogue.replies import Offer, Reply
from bot.dialogue.said import Said
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.turn import Desk, Turn
from bot.wording import Lexicon

AGES_OF_CHILDREN = range(4, 18)
_AGE_OR_GRADE = re.compile(r"(?<![\w.@])\d{1,2}(?![\d.@])")  # "6th grade" too
PLAINLY = 0.9  # as in bot/nlu/language_identifier.py, which cannot be imported where no Rasa is
FEWEST_WORDS = 2
FEWEST_WORDS_OF_A_FIELD = 4  # a name or a company says nothing about the language of the one who has it


async def is_a_child(state: State, said: Said, desk: Desk) -> bool:
    """Say whether a text tells that a child writes it; the API judges, asked only where an age could be meant."""
    if said.button is not None or not _may_tell_an_age(said.text, desk.words.lexicon):
        return False
    try:
        form = state.form if state.sheet is not None else None
        return (await desk.api.check_text(desk.language, said.text, form)).get("too_young") is True
    except (ApiAway, ApiRefused):
        return False  # whatever is sent later is judged again, and nothing is kept without that


async def end_for_a_child(state: State, desk: Desk, says: str = "") -> Turn:
    """Drop everything and ask nothing any more (K-02, K-03). `says` are words of the notice to end with."""
    if state.sheet is not None and state.stage is not Stage.SENDING:
        sheet = Sheet(state.sheet)
        with suppress(ApiAway, ApiRefused):  # honoured all the same
            await desk.api.refuse(sheet.key, sheet.presentation)
    end = Reply(replies.VERBATIM, {"words": says}) if says else Reply(replies.TOO_YOUNG)
    return Turn(state.cleared(known={}, too_young=True), [end], is_over=True)


def hear_language(state: State, said: Said, desk: Desk) -> tuple[State, str | None]:
    """Return the state with the language of this text remembered, and the language to switch to, if any."""
    other = _plainly_other_language(state, said, desk)
    if other is None:
        is_own = said.button is None and said.language == desk.language and said.language_confidence >= PLAINLY
        return (state.but(heard_language=None) if is_own else state), None
    if state.heard_language == other:
        return state.but(heard_language=None), other
    return state.but(heard_language=other), None


def offer_language(before: State, turn: Turn, desk: Desk) -> Turn:
    """Add the offer to go on in the language that was just heard for the first time, said in that language."""
    other = turn.state.heard_language
    if other is None or other == before.heard_language or other == (turn.state.language or desk.language):
        return turn
    name = desk.wording.languages[other].own_name
    offer = Reply(
        replies.LANGUAGE_OFFER, {"language": other}, (Offer(f"{replies.CHANGE_LANGUAGE}:{other}", title=name),)
    )
    return Turn(turn.state, [offer, *turn.says], turn.is_over)


def _may_tell_an_age(text: str, lexicon: Lexicon) -> bool:
    counted = [amount.value for find in (find_headcount, find_budget) if (amount := find(text, lexicon))]
    numbers = [*find_numbers(text, lexicon), *(int(digits) for digits in _AGE_OR_GRADE.findall(text))]
    return any(number in AGES_OF_CHILDREN and number not in counted for number in numbers)


def _plainly_other_language(state: State, said: Said, desk: Desk) -> str | None:
    if said.button is not None or said.intent == replies.CHANGE_LANGUAGE or said.language_confidence < PLAINLY:
        return None
    if said.language == desk.language or said.language not in desk.wording.complete:
        return None
    is_field = state.stage in (Stage.FIELD, Stage.CORRECT, Stage.RIGHTS)
    words = [word for word in said.text.split() if word.isalpha()]
    return said.language if len(words) >= (FEWEST_WORDS_OF_A_FIELD if is_field else FEWEST_WORDS) else None
