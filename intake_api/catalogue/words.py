"""The texts of one language: looked up by dotted key, filled in from the catalogue, and counted.

Looking a text up notes that it is needed. What the English version of a form needs is what another language must have
before that form collects in it (N-17): parity is measured, not listed a second time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from intake_api.catalogue.problems import Problem

_PLACE = re.compile(r"\{([a-z0-9_.]+)\}")
# Filled in when a field's problem is said, not when a notice is made.
_LATER = frozenset({"min", "max"})


@dataclass(slots=True)
class Words:
    """The flat texts of one locale. `needed` collects the keys that were looked up, `missing` those not there."""

    locale: str
    texts: Mapping[str, str]
    needed: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)

    def say(self, key: str, filled: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return a text with its places filled in; an empty one, noted as missing, if it is not there."""
        self.needed[key] = None
        text = self.texts.get(key)
        if text is None:
            self.missing[key] = None
            return ""
        return self.fill(text, filled)

    def fill(self, text: str, filled: Mapping[str, str]) -> str:
        """Return a text with its places filled in; a place that has nothing stays as it is."""
        return _PLACE.sub(lambda place: filled.get(place[1], place[0]), text)

    def listed(self, said: Sequence[str]) -> str:
        """Return one or more parts of a sentence as one: a, b and c."""
        return f" {self.say('and')} ".join(part for part in (", ".join(said[:-1]), said[-1]) if part)


def places(text: str) -> frozenset[str]:
    """Return the names in braces of a text."""
    return frozenset(_PLACE.findall(text))


def unfilled(text: str) -> frozenset[str]:
    """Return the names in braces that nothing filled in, though it should have."""
    return places(text) - _LATER


def flatten(file: str, content: Mapping[str, object], problems: list[Problem], path: str = "") -> dict[str, str]:
    """Return the texts of a locale file by dotted key; what is not a text is a Problem."""
    found: dict[str, str] = {}
    for name, value in content.items():
        key = f"{path}{name}"
        if isinstance(value, dict):
            found.update(flatten(file, value, problems, f"{key}."))
        elif not isinstance(value, str) or not value.strip():
            problems.append(Problem(file, key, "is not a text.", "Write the sentence, or leave the key out."))
        else:
            found[key] = value.strip()
    return found
