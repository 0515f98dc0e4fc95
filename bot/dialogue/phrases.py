"""Comparing what people type with the phrases of a lexicon: without diacritics, whatever the case, word by word."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from bot.wording import Lexicon

NOTHING = r"(?!)"
_WITHOUT_A_MARK = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ß": "s", "’": "'", "`": "'", "\u00a0": " ", "\u202f": " "}
)
_ENDING = r"\w{0,6}"


def plain(text: str) -> str:
    """Return the text in lower case and without diacritics, every place of it where it was."""
    return "".join(map(_plain_sign, text))


@cache
def pattern_of(phrases: tuple[str, ...], *, glued: bool = False) -> str:
    """Return a pattern for plain text that finds any of the phrases as whole words, the longest first; a phrase that
    ends in "*" is found with any ending of up to six letters. Glued ones may stand right behind a number ("5eur")."""
    if not phrases:
        return NOTHING
    longest_first = sorted({plain(phrase) for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase))
    begins = "" if glued else r"(?<!\w)"
    return rf"{begins}(?:{'|'.join(map(_one, longest_first))})(?!\w)"


def ends_here(after: str, lexicon: Lexicon) -> bool:
    """Say whether a value ends before this text: nothing more, a sign, or a word with which something new begins."""
    after = plain(after)
    return re.match(rf"\s{{0,3}}(?:$|[^\w\s]|{pattern_of(lexicon.value_ends)})", after) is not None


def _one(phrase: str) -> str:
    stem = phrase.rstrip("*")
    escaped = r"\s{1,3}".join(re.escape(word) for word in stem.split())
    return escaped + (_ENDING if phrase.endswith("*") else "")


@cache
def _plain_sign(sign: str) -> str:
    lower = sign.lower().translate(_WITHOUT_A_MARK)
    base = unicodedata.normalize("NFD", lower)[:1]
    return base if len(base) == 1 else sign
