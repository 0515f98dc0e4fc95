"""Reads a free text before anything is written: what must not be kept is left out, and a child is told apart.

M-05 (numbers of cards, accounts, documents), C-11 (health, faith and the like), K-03 (a writer under age). Not a word
of any language stands here: the lists do, and the words to put in place come from the catalogue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from intake_api.rules.phrases import Phrases, folded_words, words_of
from intake_api.rules.sensitive_numbers import (
    CARD,
    IBAN,
    PASSPORT,
    PERSONAL_CODE,
    Beside,
    Found,
    find_numbers,
)
from intake_api.rules.sensitive_statements import SPECIAL, StatementWords, find_statements
from intake_api.rules.young_writer import TOO_YOUNG, AgeWords, tells_young_age

LEFT_OUT_CODES = (CARD, IBAN, PERSONAL_CODE, PASSPORT, SPECIAL)
SHORT_PLACEHOLDER = "[…]"

__all__ = ["LEFT_OUT_CODES", "TOO_YOUNG", "ReadText", "SensitiveWords", "TextReader"]


@dataclass(frozen=True, slots=True)
class SensitiveWords:
    """The word lists of all languages, ready to search."""

    statements: Sequence[StatementWords]
    ages: Sequence[AgeWords]
    beside: Beside

    everything: Phrases = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Join all that begins a search, so that most texts are asked once."""
        lists = [phrases for each in self.statements for phrases in (each.terms, each.statements)]
        object.__setattr__(self, "everything", Phrases.joined((*lists, *(each.phrases for each in self.ages))))


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as it may be kept, the codes of what was left out of it in the order it stood there, and who wrote it."""

    text: str
    left_out: tuple[str, ...] = ()
    too_young: bool = False


class TextReader:
    """Reads texts on behalf of one language: all lists are searched, the placeholders are that language's."""

    __slots__ = ("_placeholders", "_words")

    def __init__(self, words: SensitiveWords, placeholders: Mapping[str, str]) -> None:
        """Take the placeholders by code (`LEFT_OUT_CODES`)."""
        self._words = words
        self._placeholders = placeholders

    def read(self, typed: str, max_length: int) -> ReadText:
        """Return a text as it may be kept: never longer than `max_length`, if what was typed is not.

        What was read once reads the same again: a placeholder gives no reason to leave anything out.
        """
        found, too_young, folded = list[Found](), False, folded_words(typed)
        if self._words.everything.may_stand(folded):
            text = words_of(typed)
            too_young = tells_young_age(typed, text, self._words.ages)
            speaking = [each for each in self._words.statements if each.may_speak(folded)]
            found = find_statements(typed, text.words, speaking)
        numbers = find_numbers(typed, folded, self._words.beside)
        if not found and not numbers:
            return ReadText(typed, (), too_young)
        codes = dict.fromkeys(each.code for each in sorted((*found, *numbers), key=lambda each: each.start))
        return ReadText(self._without(typed, _apart(found, numbers), max_length), tuple(codes), too_young)

    def _without(self, typed: str, parts: Sequence[Found], max_length: int) -> str:
        text = _replaced(typed, parts, self._placeholders)
        if len(text) <= max_length:
            return text
        return _replaced(typed, parts, dict.fromkeys(LEFT_OUT_CODES, SHORT_PLACEHOLDER))


def _apart(statements: Sequence[Found], numbers: Sequence[Found]) -> list[Found]:
    """Join what overlaps: a card number inside a statement goes with it."""
    parts: list[Found] = []
    for each in sorted((*statements, *numbers), key=lambda each: (each.start, each.end)):
        if parts and each.start < parts[-1].end:
            code = SPECIAL if SPECIAL in (each.code, parts[-1].code) else parts[-1].code
            parts[-1] = Found(parts[-1].start, max(each.end, parts[-1].end), code)
        else:
            parts.append(each)
    return parts


def _replaced(typed: str, parts: Sequence[Found], placeholders: Mapping[str, str]) -> str:
    pieces, at = [], 0
    for part in parts:
        pieces += [typed[at : part.start], placeholders[part.code]]
        at = part.end
    return "".join((*pieces, typed[at:]))
