"""Bring a text to the form the classifier learns from: addresses and numbers are masked, so that no value is learnt."""

from __future__ import annotations

import re
import unicodedata

_EMAIL = re.compile(r"\S{1,64}@\S{1,128}")
_URL = re.compile(r"(?:https?://|www\.)\S{1,200}")
_PHONE = re.compile(r"\+?\(?\d(?:[\s().\-/]{0,2}\d){6,14}")
# "Article 15" and "article 17" are two different wishes, in every language.
_ARTICLE = r"(?:article|art\.?|artyku[lł]\w*|[cč]l[aá]n\w*|[cč]l\.?|стать\w*|ст\.?)\s{0,2}"
_NUMBER = re.compile(rf"({_ARTICLE})?(?<!\d)(\d{{1,12}})(\.?\s?pant\w*)?")
# These two do not come apart into a letter and a mark, and people type them without.
_PLAIN = str.maketrans({"ł": "l", "ё": "е"})
_UNSEEN = re.compile(r"[\u200b-\u200f\u2060\ufeff]")
LONGEST = 600


def mask(text: str) -> str:
    """Return the text folded for learning: lower case, one kind of quote, values replaced by what kind they are.

    Bounded: only the first 600 characters are read.
    """
    text = unicodedata.normalize("NFKC", text[:LONGEST].encode("utf-8", "ignore").decode("utf-8"))
    text = _UNSEEN.sub("", text).replace("’", "'").replace("`", "'").lower()
    text = _EMAIL.sub(" xemail ", text)
    text = _URL.sub(" xurl ", text)
    text = _PHONE.sub(" xphone ", text)
    text = _NUMBER.sub(lambda found: found[0] if found[1] or found[3] else " xnumber ", text)
    # "yesss" and "noooo" are "yes" and "no"; three of a kind are one too many in any of the languages.
    text = re.sub(r"(\w)\1{2,}", r"\1", text).translate(_PLAIN)
    return " ".join(text.split())
