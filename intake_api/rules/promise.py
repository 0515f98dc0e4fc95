"""What a notice promises, apart from the words it is said in."""

from collections.abc import Mapping
from typing import Any

WORDS = frozenset({"texts", "version", "effective_from", "material_change", "rights", "withdraw"})
WORDS_OF_A_PURPOSE = frozenset({"title", "text", "if_not_given", "legitimate_interest"})


def same_promise(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two notices tell the same in other words: same purposes, bases, fields, recipients, ends and people.

    A change that is called material is another promise, whatever it changes (C-17).
    """
    return not other["material_change"] and _promised(one) == _promised(other)


def _promised(document: Mapping[str, Any]) -> dict[str, Any]:
    purposes = [
        {name: told for name, told in purpose.items() if name not in WORDS_OF_A_PURPOSE}
        for purpose in document["purposes"]
    ]
    return {**{name: told for name, told in document.items() if name not in WORDS}, "purposes": purposes}
