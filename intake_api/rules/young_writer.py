"""Does a text tell that the writer is a child? Of the writer only: neither of others nor of companies (K-03).

The threshold is that of the form (K-01); where a form asks for no age, that of the strictest country (16).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from intake_api.rules.phrases import Phrases, Words, fold

TOO_YOUNG = "too_young"
THRESHOLD = 16
YOUNGEST_BARE = 5  # "I'm 3" alone is rather no age
FIRST_GRADE_AT = 7  # years, or a little less: who is in the ninth grade is under 16

AGE, BARE_AGE, GRADE = "#age", "#bare", "#grade"

_OVER = re.compile(r"\s*(?:$|[!?;:)\]…\n\"»”]|[.,](?!\d))")


@dataclass(frozen=True, slots=True)
class AgeWords:
    """How one language tells an age: whole phrases, and the words that may follow without making it something else."""

    phrases: Phrases
    goes_on: Phrases


def ages_written(
    numbers: dict[str, int], ordinals: dict[str, int], threshold: int = THRESHOLD
) -> dict[str, frozenset[str]]:
    """Return which words stand for `#age`, `#bare` and `#grade`: digits, and the number words of a language."""
    numbers = {**{str(number): number for number in range(1, threshold)}, **_folded(numbers)}
    grades = {**numbers, **_folded(ordinals)}
    return {
        AGE: frozenset(word for word, number in numbers.items() if number < threshold),
        BARE_AGE: frozenset(word for word, number in numbers.items() if YOUNGEST_BARE <= number < threshold),
        GRADE: frozenset(word for word, number in grades.items() if number <= threshold - FIRST_GRADE_AT),
    }


def tells_young_age(typed: str, text: Words, languages: Sequence[AgeWords]) -> bool:
    """Say whether the writer tells an age under the threshold. `text` are the words of what was typed."""
    for language in languages:
        found = language.phrases.find(text)
        following = {first for first, _, _ in language.goes_on.find(text)} if found else frozenset[int]()
        for _, last, phrase in found:
            if phrase.open_ended or last in following or _OVER.match(typed, text.words[last - 1].end):
                return True
    return False


def _folded(numbers: dict[str, int]) -> dict[str, int]:
    return {fold(word): number for word, number in numbers.items()}
