"""Parts of a free text that are a name, a company or a role: where one begins, how far it goes, and which words are
something else.

What another detail has already been found in is hidden before, as a boundary that no value crosses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.dialogue.phrases import ends_here, pattern_of, plain
from bot.wording import Lexicon

LONGEST = 80
WORD = re.compile(r"[^\W\d_](?:[\w'’]|-(?=\w)){0,40}")
QUOTED = re.compile(r"[«„“”\"‟]\s?([^«»„“”\"\n]{1,60})[»”“\"‟]")
_SIGNS = r"[\s:,–—-]{0,3}"


@dataclass(frozen=True)
class Part:
    """A value and the part of the text it stands in."""

    value: str
    start: int
    end: int


def announced(
    text: str, name: str, lexicon: Lexicon, value_at: Callable[[str, int, Lexicon], Part | None]
) -> Part | None:
    folded = plain(text)
    for match in re.finditer(rf"(?:{pattern_of_lead_ins(lexicon.lead_ins.get(name, ()))}){_SIGNS}", folded):
        if value := value_at(text, match.end(), lexicon):
            return value
    return None


def part_at(text: str, start: int, end: int) -> Part | None:
    value = _without_signs(text[start:end])
    return Part(value, start, end) if value else None


def words_from(text: str, start: int, word: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the words from a place on, as long as nothing but one blank stands between them."""
    at = start
    while match := word.match(text, at):
        yield match
        if text[match.end() : match.end() + 1] not in (" ", "\u00a0"):
            return
        at = match.end() + 1


def pattern_of_lead_ins(phrases: tuple[str, ...]) -> str:
    # "company:" ends in a sign, so no word boundary may be asked for behind it.
    signs = tuple(phrase for phrase in phrases if not phrase[-1].isalnum() and not phrase.endswith("*"))
    words = tuple(phrase for phrase in phrases if phrase not in signs)
    with_signs = "|".join(
        rf"(?<!\w){re.escape(plain(phrase[:-1]).strip())}\s?{re.escape(phrase[-1])}" for phrase in signs
    )
    return rf"(?:{'|'.join(filter(None, (pattern_of(words), with_signs)))})"


def begins_here(before: str) -> bool:
    return re.search(r"(?:^|[^\w\s'’]|\n)\s{0,80}(?:(?:the|a|an)\s)?$", before) is not None


def ends_a_name(after: str, lexicon: Lexicon) -> bool:
    return (
        ends_here(after, lexicon)
        or re.match(rf"\s{{1,2}}{pattern_of(lexicon.company_words)}", plain(after[:40])) is not None
    )


def is_stop(word: str, lexicon: Lexicon, *, but_roles: bool = False) -> bool:
    folded = plain(word)
    known = (
        (lexicon.value_ends, lexicon.greetings) if but_roles else (lexicon.value_ends, lexicon.greetings, lexicon.roles)
    )
    return any(re.fullmatch(pattern_of(phrases), folded) for phrases in known)


def is_known(value: str, lexicon: Lexicon) -> bool:
    """Say whether a value is a word for something else: a place, a role, a kind of company, a greeting."""
    first = plain(value)
    others = (lexicon.places, lexicon.greetings, lexicon.roles, lexicon.value_ends)
    return any(re.match(pattern_of(phrases), first) for phrases in others) or any(
        re.fullmatch(pattern_of(phrases), first) for phrases in (lexicon.company_words, lexicon.role_modifiers)
    )


def is_given(word: str, lexicon: Lexicon) -> bool:
    return re.fullmatch(pattern_of(lexicon.given_names), plain(word)) is not None


def _without_signs(value: str) -> str | None:
    value = value.strip(" ,;:!'")
    # "SIA „Koks”" keeps its quotes, „Koks” alone does not need them
    if match := QUOTED.fullmatch(value):
        value = match.group(1).strip()
    return value if value and len(value) <= LONGEST and "@" not in value else None
