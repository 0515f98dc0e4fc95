"""Which language a text asks for, when it names one or several: "slikti runāju latviski, var krieviski?" asks for
Russian.

The last one named counts that the text does not turn down. What is said beside a name turns it down: "not", "badly",
"instead of", in the same part of the sentence, and of two names the nearer one. A question that names only one asks for
that one, however it is put: "don't you speak Russian?"
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

LONGEST = 400
_PART = re.compile(
    r"[,;:!?\n()]|\.(?:\s|$)|\s[-–—]\s|(?<!\w)(?:but|bet|но|а|ale|lecz|tylko|jen|tikai|только|better|labak|lepiej)(?!\w)"
)
_WORD = re.compile(r"(?<![\w.@])[\w'’]+")
# In plain letters, all languages together: people turn one language down in another.
_TURNED_DOWN = re.compile(
    r"not|no|don't|dont|doesn't|cannot|can't|cant|isn't|isnt|bad|badly|poor|poorly|weak|terrible|barely|hardly|little"
    r"|ne|(?:nesapr|nerun|neprot|nezin|nemak|neparvald)\w*|neesmu|nav|slikt\w*|vaj[ias]|grut\w*|maz"
    r"|не|нет|без|еле|плох\w*|слаб\w*|трудно|тяжело|nie|slab\w*|zle|kiepsk\w*|ledwo|trudno"
    r"|(?:neroz|nemluv|neum|nezn|nehovor|spatn)\w*|blbe|tezko|nejsem|nejde|nemam"
)
_RATHER_THAN = re.compile(r"instead|than|nevis|вместо|zamiast|misto")  # turns down what follows
_WITHOUT_A_MARK = str.maketrans({"ł": "l", "’": "'", "-": " "})


def find_language_asked_for(text: str, called: Mapping[str, Sequence[str]]) -> str | None:
    """Return the language a text asks for by name, in whatever language it does so; None when it names none, or only
    turns one down.

    :param called: by language, what it is called, in any language; "*" stands for any ending.
    """
    folded = _plain(text[:LONGEST])
    asked, turned_down = [], []
    for part in _PART.split(folded):
        words = _WORD.findall(part)
        named = [(place, code) for place, word in enumerate(words) if (code := _language_of(word, called))]
        refused = {_refused(place, word, named) for place, word in enumerate(words)}
        asked += [code for place, code in named if place not in refused]
        turned_down += [code for place, code in named if place in refused]
    if asked:
        return asked[-1]
    is_question = text.rstrip(" )!").endswith("?")
    return turned_down[0] if is_question and len(set(turned_down)) == 1 else None


def _language_of(word: str, called: Mapping[str, Sequence[str]]) -> str | None:
    return next((code for code, names in called.items() if _pattern_of(tuple(names)).fullmatch(word)), None)


def _refused(place: int, word: str, named: Sequence[tuple[int, str]]) -> int | None:
    """Return the place of the name that this word turns down, if it turns down one."""
    if _RATHER_THAN.fullmatch(word):
        return _nearest(place, [one for one in named if one[0] > place])
    return _nearest(place, named) if _TURNED_DOWN.fullmatch(word) else None


def _nearest(place: int, named: Sequence[tuple[int, str]]) -> int | None:
    """Return the place of the name nearest to a word; of two as near, of the one behind it."""
    return min((other for other, _ in named), key=lambda other: (abs(other - place), other < place), default=None)


@cache
def _pattern_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(_plain(name)).replace(r"\*", r"\w*") for name in names))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_WITHOUT_A_MARK))
    return "".join(sign for sign in folded if not unicodedata.combining(sign))
