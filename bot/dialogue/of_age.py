"""Whether the visitor is old enough for their yes to count: asked once, and believed (K-01, K-02)."""

from __future__ import annotations

from typing import Any

from bot.dialogue import asides, filling, listening, replies
from bot.dialogue.questions import age_question, ask_next
from bot.dialogue.replies import Reply
from bot.dialogue.said import Heard, Said, hear_decision
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import State
from bot.dialogue.turn import Desk, Turn

AT_OR_OVER = "at_or_over"


async def age_answered(state: State, said: Said, desk: Desk) -> Turn:
    """Take the answer: go on, end with whoever is younger, or leave out the yes of whoever does not say."""
    age = Sheet(state.sheet or {}).age
    if age is None:
        return ask_next(state)
    if said.button is None and (changed := await _changed(state, said, desk)):
        return changed
    heard = _hear(said, age, desk)
    if heard is Heard.YES:
        return ask_next(state.but(age=AT_OR_OVER))
    if heard is Heard.NO:
        return await listening.end_for_a_child(state, desk, says=str(age["too_young"]))
    if state.tries == 0 and not said.means(replies.DECLINE_FIELD, asides.PLAIN):
        ask = age_question(age)[-1]
        return Turn(state.but(tries=1), [Reply(replies.PLEASE_YES_OR_NO, offers=ask.offers)])
    # Nobody is taken for a child who does not say so; but a yes that may not count is none.
    refused = ask_next(state.but(decisions=dict.fromkeys(state.decisions, False)))
    return Turn(refused.state, [Reply(replies.PURPOSE_UNCLEAR_IS_NO), *refused.says])


async def _changed(state: State, said: Said, desk: Desk) -> Turn | None:
    """Take details that are said outright instead of an answer; a bare number is one."""
    return None if said.text.strip().isdecimal() else await filling.details_changed(state, said, desk)


def _hear(said: Said, age: dict[str, Any], desk: Desk) -> Heard:
    written = said.text.strip()
    if said.button is None and written.isdecimal():  # how old they are, instead of whether: it is not kept
        return Heard.YES if int(written) >= age["threshold"] else Heard.NO
    if said.means(replies.DECLINE_FIELD, asides.PLAIN):
        return Heard.UNCLEAR  # who would rather not say has said nothing
    return hear_decision(said, desk.words.lexicon)
