"""What the intents are told by: letters, words, beginnings of words, and what a text looks like.

A name is a name whoever bears it, and no training set holds them all. So beside its letters a text shows how it is
made: a given name in front, words in capitals, a company's legal form, a question mark, how many words.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer, strip_accents_unicode
from sklearn.pipeline import FeatureUnion

from bot.nlu.masking import LONGEST, mask

STEM = 4  # letters: the languages spoken here end a word in many ways
LENGTHS = (0, 1, 2, 4, 8)  # words; a longer text is long
MOST_WORDS = 60
_WORD = re.compile(r"[^\W\d_][\w'’-]{0,40}")
_TOKEN = re.compile(r"[\w']+")
_COMPANY_FORM = re.compile(
    r"(?i)(?<!\w)(?:sia|as|ltd|llc|inc|gmbh|ооо|ип|ао|s\.?\s?r\.?\s?o|sp\.?\s?z\s?o\.?\s?o|a\.s|z\.s|uab|spol)(?!\w)"
)
_LONG_NUMBER = re.compile(r"\d{6,}|\d[\d \-()]{6,20}\d")


class Read(NamedTuple):
    """A text as the features take it: folded for learning, and the names of what it looks like."""

    folded: str
    look: str


class Reader:
    """Reads texts; knows the given names people here introduce themselves with."""

    def __init__(self, given_names: Collection[str]) -> None:
        self._given_names = frozenset(strip_accents_unicode(name) for name in given_names)

    def read(self, text: str) -> Read:
        """Return the text as the features take it; only its first 600 characters count."""
        return Read(strip_accents_unicode(mask(text)), " ".join(self._look(text[:LONGEST])))

    def _look(self, text: str) -> list[str]:
        words = _WORD.findall(text)[:MOST_WORDS]
        given = [strip_accents_unicode(word.lower()) in self._given_names for word in words]
        # Someone who shouts shows nothing by capitals.
        capitals = [word[0].isupper() and not text.isupper() for word in words]
        looks = {
            "given": any(given),
            "given_first": any(given[:1]),
            "given_of_two": any(given[:1]) and len(words) == 2,
            "all_capitals": len(words) > 1 and all(capitals),
            "capital_inside": any(capitals[1:]),
            "capitals_inside": sum(capitals[1:]) > 1,
            "company_form": _COMPANY_FORM.search(text) is not None,
            "mail": "@" in text,
            "long_number": _LONG_NUMBER.search(text) is not None,
            "asks": text.rstrip().endswith("?"),
            "calls_out": text.rstrip().endswith("!"),
        }
        length = next((f"words_{most}" for most in LENGTHS if len(words) <= most), "words_many")
        return [*(name for name, is_so in looks.items() if is_so), length]


def new_features(seen_at_least: int) -> Any:
    """Return untrained features of what a `Reader` read.

    :param seen_at_least: in how many texts something must stand before it counts: what stands in one only teaches
        little and takes half of the memory.
    """
    folded = {"preprocessor": itemgetter(0), "sublinear_tf": True, "min_df": seen_at_least, "dtype": np.float32}
    return FeatureUnion(
        [
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), **folded)),
            ("words", TfidfVectorizer(ngram_range=(1, 2), tokenizer=_words, token_pattern=None, **folded)),
            ("stems", TfidfVectorizer(ngram_range=(1, 2), tokenizer=_stems, token_pattern=None, **folded)),
            (
                "look",
                TfidfVectorizer(
                    preprocessor=itemgetter(1), tokenizer=str.split, token_pattern=None, use_idf=False, dtype=np.float32
                ),
            ),
        ],
        transformer_weights={"stems": 0.7, "look": 0.5},
    )


def _words(folded: str) -> list[str]:
    return _TOKEN.findall(folded)


def _stems(folded: str) -> list[str]:
    return [word[:STEM] for word in _TOKEN.findall(folded)]
