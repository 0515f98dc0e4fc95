"""Taking a mapping of the catalogue apart, with one Problem for each thing that is not as it should be.

Reading goes on after a problem (an empty value stands in), so that one look at the output shows them all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from intake_api.catalogue.problems import Problem
from intake_api.catalogue.yaml_file import WHOLE_FILE

NONE = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping in one file, under `path` (dotted; empty at the top)."""

    file: str
    path: str
    values: Mapping[str, object]
    problems: list[Problem]

    def wrong(self, name: str, wrong: str, instead: str) -> None:
        """Note a problem with the key `name` of this mapping."""
        self.problems.append(Problem(self.file, self.key(name), wrong, instead))

    def key(self, name: str) -> str:
        """The dotted key of an entry of this mapping."""
        return ".".join(part for part in (self.path, name) if part) or WHOLE_FILE

    def only(self, *known: str) -> None:
        """Refuse every key that is not known."""
        for name in self.values:
            if name not in known:
                self.wrong(name, "is not a key that is known here.", f"Known are: {', '.join(known)}.")

    def text(self, name: str, instead: str, default: str | None = None) -> str:
        """Return a text that must not be empty; `default` makes it one that may be left out."""
        value = self.values.get(name, default)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(name, "is missing." if value is None else "is not a text.", instead)
        return ""

    def text_or_none(self, name: str, instead: str) -> str | None:
        """Return a text, or None for the written word `none`; a key left out is a problem (N-02)."""
        value = self.text(name, f"{instead} If there is none, write: {name}: none.")
        return None if value == NONE else value

    def one_of(self, name: str, known: Collection[str], default: str | None = None) -> str:
        """Return one of a closed list of words."""
        choice = f"Write one of: {', '.join(sorted(known))}."
        value = self.text(name, choice, default)
        if value and value not in known:
            self.wrong(name, f"is {value}, which is not known.", choice)
            return ""
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.values.get(name)
        if type(value) is int and low <= value <= high:
            return value
        self.wrong(
            name, "is missing." if value is None else "is not such a number.", f"Write one from {low} to {high}."
        )
        return low

    def flag(self, name: str) -> bool:
        """Return true or false, which must be written."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            self.wrong(name, "is missing." if value is None else "is not true or false.", "Write true or false.")
        return value is True

    def words(self, name: str, instead: str) -> tuple[str, ...]:
        """Return a list of texts that is not empty and repeats nothing."""
        value = self.values.get(name)
        if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
            if len(set(value)) == len(value):
                return tuple(value)
            self.wrong(name, "names something twice.", "Name each once.")
        else:
            empty = "is missing." if value is None else "is empty."
            self.wrong(name, empty if value in (None, []) else "is not a list of words.", instead)
        return ()

    def entry(self, name: str, instead: str) -> "Entry":
        """Return the mapping under a key; an empty one if it is not there."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            self.wrong(name, "is missing." if value is None else "is not a list of `key: value`.", instead)
            value = {}
        return Entry(self.file, self.key(name), value, self.problems)

    def entries(self, name: str, instead: str) -> list["Entry"]:
        """Return the mappings of a list under a key."""
        value = self.values.get(name)
        if not isinstance(value, list) or not value:
            self.wrong(name, "is missing." if value is None else "is not a list.", instead)
            return []
        found = []
        for position, item in enumerate(value, start=1):
            if isinstance(item, dict):
                found.append(Entry(self.file, f"{self.key(name)}.{position}", item, self.problems))
            else:
                self.wrong(f"{name}.{position}", "is not a list of `key: value`.", instead)
        return found

    def named_entries(self) -> dict[str, "Entry"]:
        """Return the mapping's own entries by name; names are lower case with underscores."""
        found = {}
        for name in self.values:
            if not (name.isascii() and name.replace("_", "").isalnum() and name == name.lower()):
                self.wrong(name, "is not a name we can use.", "Use lower-case letters, digits and underscores.")
            else:
                found[name] = self.entry(name, "Write its keys under it.")
        return found
