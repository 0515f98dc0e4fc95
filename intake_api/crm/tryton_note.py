"""The note on a party: what Tryton has no field for, as lines that people and we can read."""

from collections.abc import Mapping

AFTER_NAME, INDENT = ": ", "\n  "


def write_note(title: str, lines: Mapping[str, str]) -> str:
    """Return the text: the title, then a line for each value; the further lines of a value are set in."""
    told = (f"{name}{AFTER_NAME}{INDENT.join(value.splitlines())}" for name, value in lines.items() if value)
    return "\n".join((title, *told))


def read_note(text: str) -> dict[str, str]:
    """Return the values by their names; what people added without a name is no value."""
    values: dict[str, str] = {}
    name = ""
    for line in text.splitlines()[1:]:
        if line.startswith(INDENT[1:]) and name:
            values[name] += "\n" + line[len(INDENT) - 1 :]
        elif AFTER_NAME in line:
            name, _, value = line.partition(AFTER_NAME)
            values[name] = value
    return values


def same_text(one: str, other: str) -> bool:
    """Say whether two texts are the same but for how their lines end."""
    return one.strip().splitlines() == other.strip().splitlines()
