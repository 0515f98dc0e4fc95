"""A person's name, in free text: announced ("my name is"), or a given name at the start of a part of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.dialogue.parts import (
    WORD,
    Part,
    announced,
    ends_a_name,
    is_given,
    is_known,
    is_stop,
    part_at,
    pattern_of_lead_ins,
    words_from,
)
from bot.dialogue.phrases import pattern_of, plain
from bot.wording import Lexicon

MOST_NAME_WORDS = 3
_BOUNDARY = re.compile(r"[,;:!?\n()|/•]|\.(?:\s|$)|\s[-–—]\s")
_PARTICLES = ("van", "von", "de", "der", "da", "di", "le", "la", "del")
_TITLE = re.compile(r"(?i:mr|mrs|ms|miss|dr|prof|ing|mgr|bc|pan|pani|paní|kungs|kundze|господин|госпожа)\.?\s(?=\w)")
_AROUND = " \t-–—*~•"


def find_name(text: str, lexicon: Lexicon, *, among_details: bool = False) -> Part | None:
    """Find a person's name.

    :param among_details: that the text gives other details too, so that a part of it in capitals may be a name.
    """
    return (
        announced(text, "name", lexicon, _name_at)
        or _weakly_announced_name(text, lexicon)
        or _standing_alone(text, lexicon, among_details=among_details)
    )


def _weakly_announced_name(text: str, lexicon: Lexicon) -> Part | None:
    folded = plain(text)
    for match in re.finditer(pattern_of_lead_ins(lexicon.weak_lead_ins.get("name", ())) + r"[\s,:–—!.-]{1,3}", folded):
        name = _name_at(text, match.end(), lexicon)
        if name is None:
            continue
        words = name.value.split()
        if is_known(name.value, lexicon) and not _is_surely_given(words[0], lexicon):
            continue
        capitals = all(word[0].isupper() or plain(word) in _PARTICLES for word in words)
        if (
            is_given(words[0], lexicon)
            or (capitals and not name.value.isupper())
            or (len(words) > 1 and is_given(words[-1], lexicon))
        ):
            return name
    return None


def _standing_alone(text: str, lexicon: Lexicon, *, among_details: bool) -> Part | None:
    """Find a part of the text that is a name: one with a given name, else one of the first two all in capitals."""
    in_capitals = None
    greeting = re.compile(rf"(?:{pattern_of(lexicon.greetings)})[\s!]{{0,2}}")
    for number, (start, end) in enumerate(_parts(text)):
        greeted = greeting.match(plain(text[start:end]))
        name = _name_at(text, start + (greeted.end() if greeted else 0), lexicon)
        if name is None or is_known(name.value, lexicon) or not ends_a_name(text[name.end :], lexicon):
            continue
        words = name.value.split()
        if greeted and greeted.end() < end - start and text[end : end + 1] == "," and len(words) == 1:
            continue  # "Hi Anna, I need …": the visitor speaks to Anna
        whole = name.end >= len(text[:end].rstrip())
        capitals = all(word[0].isupper() for word in words)
        plainly = whole or capitals or (number == 0 and len(words) > 1)
        has_given = is_given(words[0], lexicon) or is_given(words[-1], lexicon)
        if has_given and plainly and (len(words) > 1 or among_details or greeted):
            return name
        if among_details and number <= 1 and whole and capitals and len(words) > 1 and not name.value.isupper():
            in_capitals = in_capitals or name
    return in_capitals


def _parts(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BOUNDARY.finditer(text):
        if text[start : match.start()].strip(_AROUND):
            yield start + len(text[start:]) - len(text[start:].lstrip(_AROUND)), match.start()
        start = match.end()
    if text[start:].strip(_AROUND):
        yield start + len(text[start:]) - len(text[start:].lstrip(_AROUND)), len(text)


def _name_at(text: str, start: int, lexicon: Lexicon, *, lower: int = 2) -> Part | None:
    if title := _TITLE.match(text, start):
        start = title.end()
    end, taken, capitals = start, 0, False
    for match in words_from(text, start, WORD):
        word = match.group()
        is_capital = word[0].isupper()
        begins_a_name = not taken and _is_surely_given(word, lexicon)
        if taken >= MOST_NAME_WORDS or (
            not begins_a_name and is_stop(word, lexicon) and not (is_capital and taken and len(word) > 2)
        ):
            break
        if not is_capital and capitals and plain(word) not in _PARTICLES:
            break
        if not is_capital and taken >= lower and plain(word) not in _PARTICLES:
            break
        capitals = capitals or is_capital
        end, taken = match.end(), taken + (plain(word) not in _PARTICLES)
    return part_at(text, start, end) if taken else None


def _is_surely_given(word: str, lexicon: Lexicon) -> bool:
    """Say whether a word is a given name here: in capitals whatever else it may mean ("Max"), in lower case unless it
    is itself a word for something else ("will"; "marcin" only begins like March)."""
    if not is_given(word, lexicon):
        return False
    listed = (lexicon.value_ends, lexicon.greetings, lexicon.roles, lexicon.places)
    return word[0].isupper() or all(plain(word) not in map(plain, phrases) for phrases in listed)
