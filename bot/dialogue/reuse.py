"""What the visitor told already: offered once after the yes, never used unasked, and then not asked for again."""

from __future__ import annotations

from typing import Any

from bot.client import ApiRefused
from bot.dialogue import replies
from bot.dialogue.checking import Values, check
from bot.dialogue.details import find_details
from bot.dialogue.questions import ask_next, reuse_question
from bot.dialogue.replies import Reply
from bot.dialogue.said import Heard, Said, hear_decision
from bot.dialogue.sheet import Field, Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.turn import Desk, Turn

FEWEST_WORDS_OF_A_MESSAGE = 10  # "I would like to leave some feedback" says nothing yet
FEWEST_WORDS_SAID_ANEW = 4
SAY_SOMETHING = ("feedback", "complaint")  # kinds of forms


async def offer_what_is_known(state: State, said: Said, desk: Desk) -> Turn:
    """After the yes: offer what was sent earlier and the details found in what was typed before it, then drop the texts
    themselves (H-02, H-17)."""
    sheet = Sheet(state.sheet or {})
    if await _was_erased(state, desk):
        state = state.but(known={})
    found: dict[str, Any] = {name: kept["value"] for name, kept in state.known.items() if sheet.field(name)}
    # What was typed before a switch of the language is read with the words of that one too.
    spoken = {said.locale or desk.language: desk.wording.for_language(said.locale), desk.language: desk.words}
    for text in state.before_yes:
        for words in spoken.values():
            found.update(find_details(text, sheet, words.lexicon))
    found.update(_own_words(state, sheet, desk))
    found = {name: value for name, value in found.items() if name not in state.values}
    agreed = state.but(before_yes=())
    if not found:
        return ask_next(agreed)
    checked = await check(sheet, found, desk)
    # Who rates something without a name is not given one because of what they sent before.
    good = {name: kept for name, kept in checked.good.items() if _may_be_offered(sheet.field(name), checked.good)}
    if not good:
        return ask_next(agreed)
    offering = agreed.but(offered=good).asking(Stage.REUSE)
    return Turn(offering, [*checked.warnings, reuse_question(offering)])


async def reuse_answered(state: State, said: Said, desk: Desk) -> Turn:
    """Use what was offered, or drop it."""
    heard = hear_decision(said, desk.words.lexicon)
    if heard is Heard.UNCLEAR and (better := await _said_better(state, said, desk)):
        return better
    if heard is Heard.UNCLEAR and state.tries == 0:
        return Turn(state.but(tries=1), [Reply(replies.PLEASE_YES_OR_NO, offers=replies.YES_NO)])
    kept = {**state.values, **state.offered} if heard is Heard.YES else state.values
    return ask_next(state.but(values=kept, offered={}))


def texts_with_details(state: State, sheet: Sheet, desk: Desk) -> tuple[str, ...]:
    """Return the texts that say who somebody is; what they say beside it was about another form."""
    return tuple(text for text in state.before_yes if find_details(text, sheet, desk.words.lexicon))


async def _said_better(state: State, said: Said, desk: Desk) -> Turn | None:
    """Offer what is said in place of what was found: a detail, or the message in other words; None for neither."""
    sheet = Sheet(state.sheet or {})
    found: dict[str, Any] = dict(find_details(said.text, sheet, desk.words.lexicon))
    message = _message(sheet)
    if not found and message and message.name in state.offered and len(said.text.split()) >= FEWEST_WORDS_SAID_ANEW:
        found = {message.name: said.text.strip()}
    checked = await check(sheet, found, desk) if found else None
    if checked is None or not checked.good:
        return None
    offering = state.but(offered={**state.offered, **checked.good}, tries=0)
    return Turn(offering, [*checked.warnings, reuse_question(offering)])


async def _was_erased(state: State, desk: Desk) -> bool:
    """Say whether something sent here was erased since, from wherever: then nothing of it comes back (H-07)."""
    receipts = state.receipts if state.known else ()
    try:
        for receipt in receipts:
            await desk.api.receipt(receipt)
    except ApiRefused:
        return True
    return False


def _own_words(state: State, sheet: Sheet, desk: Desk) -> dict[str, str]:
    """Take what was typed before the yes for the message, where a form is for saying something."""
    field = _message(sheet)
    if field is None or sheet.form.get("kind") not in SAY_SOMETHING:
        return {}  # who asks to be called has not said what they want to ask; who complains has said what is wrong
    # "Hi, I'm Olga, please write to me" says who, not what: a text with details in it is no message.
    texts = [text.strip() for text in state.before_yes if not find_details(text, sheet, desk.words.lexicon)]
    longest = max(texts, key=len, default="")
    return {field.name: longest} if len(longest.split()) >= FEWEST_WORDS_OF_A_MESSAGE else {}


def _message(sheet: Sheet) -> Field | None:
    return next((field for field in sheet.fields() if field.type == "long_text"), None)


def _may_be_offered(field: Field | None, good: Values) -> bool:
    return field is not None and field.applies(good)
