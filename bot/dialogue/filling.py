"""Filling the fields: what an answer to a field means, several details at once, corrections."""

from __future__ import annotations

import re
from typing import Any

from bot.dialogue import asides, listening, replies
from bot.dialogue.amounts import find_numbers
from bot.dialogue.checking import Problems, Values, check
from bot.dialogue.corrections import broken_address, corrected_email
from bot.dialogue.details import choice_in, find_details, find_email, value_for
from bot.dialogue.named import field_named, purpose_named
from bot.dialogue.own_text import counts_something_else, read_text_answer, strong_details
from bot.dialogue.phrases import pattern_of, plain
from bot.dialogue.questions import (
    CANCEL,
    ask_next,
    field_question,
    open_question,
    shown,
    what_to_correct,
)
from bot.dialogue.replies import Reply
from bot.dialogue.said import Heard, Said, hear_decision, is_plain_yes, says_nothing_more
from bot.dialogue.sheet import CONTACT_TYPES, Field, Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.turn import Desk, Turn

DECLINES = (replies.DECLINE_FIELD, replies.DENY)
MOST_WORDS_AROUND_A_CONTACT = 5  # "you can reach me at …"
FEWEST_SPELLED_OUT = 2
MOST_WORDS_OF_AN_ADDRESS = 2
TOO_YOUNG = "too_young"


async def field_answered(state: State, said: Said, desk: Desk) -> Turn:
    """Take an answer to the open field: a value, several values, or that the visitor would rather not say."""
    sheet = Sheet(state.sheet or {})
    field = sheet.field(state.asked)
    if field is None:
        return ask_next(state)
    if says_nothing_more(said, desk.words.lexicon, to_open_question=field.type == "long_text"):
        return _no_more_to_say(state, field, sheet)
    candidates = corrected_email(said.text, state) if _corrects(field, said) else {}
    candidates = candidates or _candidates(field, said, state, desk)
    if not candidates:
        if other := _other_contact(field, said, sheet, desk):
            asking = state.asking(Stage.FIELD, other.name)
            return Turn(asking, open_question(asking))
        if _declines(said, state, desk):
            return _declined(state, field, sheet)
        return Turn(state, [_not_an_answer(field, said), field_question(field, sheet)])
    checked = await check(sheet, candidates, desk)
    good = checked.good
    filled = state.but(
        values={**state.values, **good}, skipped=tuple(name for name in state.skipped if name not in good)
    )
    if checked.bad:
        return await _not_good(filled, checked.bad, sheet, desk)
    asked = {member.name for member in sheet.group_of(field)}
    # What was said may be about other fields only: then this one is still open.
    turn = ask_next(filled) if asked & set(good) else Turn(filled, open_question(filled))
    extra = {name: kept for name, kept in good.items() if name not in asked}
    return Turn(turn.state, [*checked.warnings, *_noted(extra, sheet), *turn.says])


async def correct(state: State, said: Said, desk: Desk) -> Turn:
    """Change what the button or the text names; ask which one when neither does."""
    name = said.detail
    if name is None and (changed := await details_changed(state, said, desk)):
        return changed
    if name is None:
        name = what_is_named(state, said, desk)
    if name is None:
        return Turn(state.asking(Stage.CORRECT), [what_to_correct(state)])
    sheet = Sheet(state.sheet or {})
    if sheet.opt_in(name):
        decisions = {purpose: yes for purpose, yes in state.decisions.items() if purpose != name}
        asking = state.but(decisions=decisions).asking(Stage.PURPOSE, name)
    elif sheet.field(name):
        values = {field: kept for field, kept in state.values.items() if field != name}
        skipped = tuple(field for field in state.skipped if field != name)
        asking = state.but(values=values, skipped=skipped).asking(Stage.FIELD, name)
    else:
        asking = state.asking(Stage.CORRECT)
    return Turn(asking, open_question(asking))


async def correction_answered(state: State, said: Said, desk: Desk) -> Turn:
    """Take the answer to "what should I change?": a button, the label of a field, or the right value itself."""
    turn = await correct(state, said, desk)
    if said.detail is not None or turn.state.stage is not Stage.CORRECT:
        return turn
    if any(asides.is_meant(intent, said, state) for intent in DECLINES):
        back = state.asking(Stage.SUMMARY)
        return Turn(back, open_question(back))
    if asides.is_meant(replies.CORRECT_DETAILS, said, state):
        return turn
    return Turn(turn.state, [Reply(replies.FIELD_NOT_UNDERSTOOD), *turn.says])


def what_is_named(state: State, said: Said, desk: Desk) -> str | None:
    """Return the field, or the purpose that was decided on, which a typed text names."""
    sheet = Sheet(state.sheet or {})
    purpose = purpose_named(said.text, sheet, desk.words.lexicon)
    if purpose in state.decisions:
        return purpose
    field = field_named(said.text, sheet)
    return field.name if field else None


async def details_changed(state: State, said: Said, desk: Desk) -> Turn | None:
    """Change just the details a text contains ("no, it's anna@firma.lv"); None when it contains none."""
    sheet = Sheet(state.sheet or {})
    # At a yes-or-no question "I'm In" is no name: there only what is said outright changes anything.
    find = strong_details if state.stage in (Stage.PURPOSE, Stage.AGE) else find_details
    found: dict[str, Any] = dict(find(said.text, sheet, desk.words.lexicon))
    found = found or dict(corrected_email(said.text, state)) or broken_address(said.text, sheet)
    if not found:
        return None
    checked = await check(sheet, found, desk)
    changed = state.but(values={**state.values, **checked.good})
    if checked.bad:
        return await _not_good(changed, checked.bad, sheet, desk)
    turn = ask_next(changed)
    # The summary shows what has changed; before it, that is said.
    noted = [] if turn.state.stage is Stage.SUMMARY else _noted(checked.good, sheet)
    return Turn(turn.state, [*checked.warnings, *noted, *turn.says])


async def ask_again_refused(state: State, problems: Problems, desk: Desk) -> Turn:
    """Ask the first field the API would not take in a submission once more, with the API's reason."""
    sheet = Sheet(state.sheet or {})
    if any(problem.get("code") == TOO_YOUNG for problem in problems.values()):
        return await listening.end_for_a_child(state, desk)
    bad = {name: problem for name, problem in problems.items() if sheet.field(name)}
    if not bad:
        return Turn(state.cleared(), [Reply(replies.NOT_ACCEPTED)], is_over=True)
    kept = {name: value for name, value in state.values.items() if name not in bad}
    return await _not_good(state.but(values=kept), bad, sheet, desk)


def _noted(good: Values, sheet: Sheet) -> list[Reply]:
    noted = ", ".join(f"{field.label}: {shown(good[field.name])}" for field in sheet.fields() if field.name in good)
    return [Reply(replies.NOTED, {"noted": noted})] if noted else []


def _candidates(field: Field, said: Said, state: State, desk: Desk) -> dict[str, Any]:
    sheet = Sheet(state.sheet or {})
    if said.button is not None:
        pressed = _choice(field, said, desk) if said.intent == replies.INFORM else None
        return {} if pressed is None else {field.name: pressed}
    if field.type == "long_text":
        declined = said.intent in DECLINES and said.confidence >= asides.PLAIN and len(said.text) < 60
        says_nothing = plain(said.text).strip(" .!") in map(plain, desk.words.lexicon.clear_no) or is_plain_yes(
            said.text, desk.words.lexicon
        )
        return {} if declined or says_nothing else _only_details(said, sheet, desk) or {field.name: said.text.strip()}
    if field.type == "text" and (address := _meant_for_an_address(said.text, sheet, desk)):
        return address
    if field.type == "text" and not field.choices and not _is_no_text(said):
        return dict(read_text_answer(field, said, sheet, state.values, desk.words.lexicon))
    found: dict[str, Any] = dict(find_details(said.text, sheet, desk.words.lexicon))
    group = sheet.group_of(field)
    if field.choices and _choice(field, said, desk) is None:
        found.pop(field.name, None)  # "manager or owner": the first of two is not chosen
    if field.name in found or any(member.name in found for member in group):
        return found
    rest = _only_value(field, said, desk)
    if rest is None:
        return found
    if field.type in CONTACT_TYPES:
        if found and not _looks_like_a_contact(said.text, desk):
            return found
        return {**found, _likely_contact(field, group, said.text).name: rest}
    return {**found, field.name: rest}


def _corrects(field: Field, said: Said) -> bool:
    is_correction = said.intent == replies.CORRECT_DETAILS and said.confidence >= asides.PLAIN
    return said.button is None and (is_correction or not field.takes_any_text)


def _only_details(said: Said, sheet: Sheet, desk: Desk) -> dict[str, Any]:
    """Return the contacts and names of a text that holds hardly anything else ("my number is …"); else nothing."""
    found = strong_details(said.text, sheet, desk.words.lexicon)
    plain = {
        field.name: found[field.name]
        for field in sheet.fields()
        if field.type in (*CONTACT_TYPES, "text") and field.name in found
    }
    rest = said.text
    for value in plain.values():
        rest = rest.replace(value, " ")
    return plain if len(re.findall(r"\w+", rest)) <= MOST_WORDS_AROUND_A_CONTACT else {}


def _is_no_text(said: Said) -> bool:
    if said.intent in DECLINES and said.confidence >= asides.PLAIN:
        return True
    return said.intent in ("affirm", "greet", "thank") and said.confidence >= asides.OVER_SHORT_TEXT


def _looks_like_a_contact(text: str, desk: Desk) -> bool:
    return any(sign.isdigit() or sign == "@" for sign in text) or _is_spelled_out(text, desk)


def _meant_for_an_address(text: str, sheet: Sheet, desk: Desk) -> dict[str, str]:
    """Return what cannot be a name because it was meant for an e-mail address and is none; the API says why."""
    if find_email(text):
        return {}
    email = next((field for field in sheet.fields() if field.type == "email"), None)
    spelled_out = {email.name: text.strip()} if email and _is_spelled_out(text, desk) else {}
    return broken_address(text, sheet) or spelled_out


def _is_spelled_out(text: str, desk: Desk) -> bool:
    # "anna at firma punkts lv": people mix the languages when they spell an address out.
    spelled = {word for words in desk.wording.languages.values() for word in words.lexicon.spelled_out}
    return len([word for word in plain(text).split() if word in spelled]) >= FEWEST_SPELLED_OUT


def _only_value(field: Field, said: Said, desk: Desk) -> Any:
    if field.choices:
        return _choice(field, said, desk)
    if said.intent in DECLINES and said.confidence >= asides.PLAIN:
        return None
    if field.type == "integer":
        if counts_something_else(field, said.text, desk.words.lexicon):
            return None
        numbers = find_numbers(said.text, desk.words.lexicon)
        if field.scale and len(numbers) == 2 and numbers[1] == field.most:
            return numbers[0]  # "9 out of 10"
        return numbers[0] if len(numbers) == 1 else None
    if field.type in CONTACT_TYPES and not _looks_like_a_contact(said.text, desk):
        is_told = said.confidence >= asides.PLAIN and said.intent != replies.INFORM
        is_sentence = len(said.text.split()) > MOST_WORDS_OF_AN_ADDRESS  # "I don't use e-mail"
        return None if is_told or is_sentence else said.text.strip() or None
    if _is_no_text(said):
        return None
    return value_for(field, said.text, desk.words.lexicon) or None


def _likely_contact(field: Field, group: list[Field], text: str) -> Field:
    # "jan@@firma.pl" is a broken e-mail and "22 1" a broken number: the API says why to the right one of the two.
    wanted = "email" if "@" in text or not any(sign.isdigit() for sign in text) else "phone"
    return next((member for member in group if member.type == wanted), field)


def _choice(field: Field, said: Said, desk: Desk) -> Any:
    if field.scale:
        return int(said.detail) if said.detail and said.detail.isdecimal() else None
    chosen = choice_in(field, said.detail or said.text, desk.words.lexicon)
    if chosen is None:
        return None
    return int(chosen) if field.type == "integer" else chosen


def _declines(said: Said, state: State, desk: Desk) -> bool:
    # "No, just call": a no with its reason is a no.
    is_no = said.button is None and hear_decision(said, desk.words.lexicon) is Heard.NO
    return is_no or any(asides.is_meant(intent, said, state) for intent in DECLINES)


def _declined(state: State, field: Field, sheet: Sheet) -> Turn:
    group = sheet.group_of(field)
    if field.is_optional or any(member.name in state.values for member in group):
        turn = ask_next(state.but(skipped=(*state.skipped, field.name)))
        return Turn(turn.state, [Reply(replies.FIELD_SKIPPED), *turn.says])
    # The question itself already says that the other contact will do; here is why one of them is needed (H-20).
    if field != group[-1]:
        asking = state.asking(Stage.FIELD, group[group.index(field) + 1].name)
        return Turn(asking, [Reply(replies.FIELD_SKIPPED), *open_question(asking)])
    question = field_question(field, sheet)
    needed = Reply(replies.FIELD_NEEDED, {"if_not_given": field.if_not_given})
    return Turn(state, [needed, Reply(question.name, question.values, (*question.offers, CANCEL))])


def _no_more_to_say(state: State, field: Field, sheet: Sheet) -> Turn:
    """Leave out whatever is optional, as "send" and "that's all" ask for; say why what is open is needed."""
    if not field.is_optional:
        return _declined(state, field, sheet)
    rest = (each.name for each in sheet.fields() if each.is_optional and each.name not in state.values)
    return ask_next(state.but(skipped=(*state.skipped, *rest)))


def _other_contact(field: Field, said: Said, sheet: Sheet, desk: Desk) -> Field | None:
    """Return the field of the group that a text without a value names instead ("I only have a phone")."""
    named = field_named(said.text, sheet) if said.text else None
    if named is None or named == field or named not in sheet.group_of(field):
        return None
    denies = re.search(pattern_of(desk.words.lexicon.clear_no), plain(said.text))
    return None if denies else named


def _not_an_answer(field: Field, said: Said) -> Reply:
    if field.choices:
        return Reply(replies.FIELD_PICK_ONE)
    if field.type == "integer" and said.text:
        return Reply(replies.FIELD_ONE_NUMBER)
    return Reply(replies.FIELD_NOT_UNDERSTOOD)


async def _not_good(state: State, bad: Problems, sheet: Sheet, desk: Desk) -> Turn:
    if any(problem.get("code") == TOO_YOUNG for problem in bad.values()):
        return await listening.end_for_a_child(state, desk)
    name, problem = next(iter(bad.items()))
    field = sheet.field(name)
    if field is None:
        return ask_next(state)
    asking = state.asking(Stage.FIELD, name)
    reason = Reply(replies.FIELD_NOT_GOOD, {"reason": problem.get("text", "")})
    return Turn(asking, [reason, field_question(field, sheet)])
