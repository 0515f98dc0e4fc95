"""Which question of the form a text names: "the phone", "I want the newsletter after all"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.dialogue.phrases import plain
from bot.dialogue.sheet import Field, Sheet
from bot.wording import Lexicon

SHORTEST = 3
SHORTEST_OF_A_FORM = 4
LONGEST_TEXT = 8  # in words: a longer one speaks of something


def field_named(text: str, sheet: Sheet) -> Field | None:
    """Find the one field whose name or label a short text has most words of; None when two are as likely."""
    words = {field.name: _words(f"{field.name} {field.label}") for field in sheet.fields()}
    return sheet.field(_best(text, _only_own(words)))


def purpose_named(text: str, sheet: Sheet, lexicon: Lexicon) -> str | None:
    """Find the one opt-in purpose a short text names, by words that neither a field nor a plain yes or no has."""
    elsewhere = _words(" ".join((*lexicon.clear_yes, *lexicon.clear_no, *lexicon.hedges, *lexicon.fillers)))
    for field in sheet.fields():
        elsewhere |= _words(f"{field.name} {field.label}")
    for act in sheet.acts:
        elsewhere |= _words(f"{act.get('id', '')} {act.get('title', '')} {act.get('label', '')}")
    words = {str(one["id"]): _words(f"{one['id']} {one.get('title', '')}") - elsewhere for one in sheet.opt_ins}
    return _best(text, _only_own(words))


def purpose_titled(text: str, titles: Mapping[str, str]) -> str | None:
    """Find the one purpose of `titles` (by id) that a text names, however long it is."""
    words = {purpose: _words(f"{purpose} {title}") for purpose, title in titles.items()}
    long_words = {purpose: {word for word in own if len(word) >= SHORTEST_OF_A_FORM} for purpose, own in words.items()}
    return _best_of(re.findall(r"[^\W_]+", plain(text)), _only_own(long_words))


def form_named(text: str, forms: Sequence[Mapping[str, Any]]) -> str | None:
    """Find the one form of the catalogue whose key or title a text has most words of, however long it is."""
    words = {str(form["form"]): _words(f"{form['form']} {form.get('title', '')}") for form in forms}
    long_words = {form: {word for word in owned if len(word) >= SHORTEST_OF_A_FORM} for form, owned in words.items()}
    return _best_of(re.findall(r"[^\W_]+", plain(text)), _only_own(long_words))


def _best(text: str, words: Mapping[str, set[str]]) -> str | None:
    said = re.findall(r"[^\W_]+", plain(text))
    if not 0 < len(said) <= LONGEST_TEXT or text.rstrip().endswith("?"):
        return None
    return _best_of(said, words)


def _best_of(said: list[str], words: Mapping[str, set[str]]) -> str | None:
    scores = Counter(
        {name: sum(any(_is_same(word, own) for own in owned) for word in said) for name, owned in words.items()}
    )
    (best, most), (_, second) = [*scores.most_common(2), ("", 0), ("", 0)][:2]
    return best if most > second else None


def _only_own(words: Mapping[str, set[str]]) -> dict[str, set[str]]:
    shared = Counter(word for owned in words.values() for word in owned)
    return {name: {word for word in owned if shared[word] == 1} for name, owned in words.items()}


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[^\W_]+", plain(text)) if len(word) >= SHORTEST}


def _is_same(said: str, own: str) -> bool:
    # "telefona" is "telefons" too: the languages spoken here end a word in many ways.
    if said == own:
        return True
    shorter = min(len(said), len(own))
    stem = max(4, shorter - 2)
    return shorter >= 4 and said[:stem] == own[:stem] and abs(len(said) - len(own)) <= 3
