"""What EspoCRM's fields take, and whether they hold it: one name that is too long costs the whole lead (400)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake_api.crm.port import FieldValue

VARCHAR = 255  # characters, where the field says nothing
WIDE = str.maketrans("<>=", "\uff1c\uff1e\uff1d")  # the same signs in full width, which its names and companies take
EXTENSION = " ext. "


@dataclass(frozen=True)
class Place:
    """A field of a lead. The `kind` of one that EspoCRM alone writes is empty."""

    kind: str
    limit: int | None = None  # characters
    plain: bool = False  # takes no <, > and =


def place_of(said: Mapping[str, Any]) -> Place:
    """Read what the metadata say of a field."""
    kind = "" if said.get("readOnly") else str(said.get("type"))
    limit = said.get("maxLength") or (VARCHAR if kind == "varchar" else None)
    return Place(kind, limit if isinstance(limit, int) else None, said.get("pattern") == "$noBadCharacters")


def as_taken(value: object, place: Place) -> object:
    """Write a value as the field takes it: an empty text empties it, and what is cut ends with an ellipsis."""
    if value == "":
        return None
    if not isinstance(value, str):
        return value
    if place.kind == "phone":  # of the spellings of an extension, the one that each of its settings takes
        return value.replace(";ext=", EXTENSION)
    text = value.translate(WIDE) if place.plain else value
    cut = place.limit is not None and len(text) > place.limit
    return text[: (place.limit or 1) - 1] + "\u2026" if cut else text


def holds(held: object, value: FieldValue, place: Place) -> bool:
    """Say whether what EspoCRM shows of a field is the value."""
    taken = as_taken(value, place)
    if held is None or taken is None:
        return not held and not taken
    if place.kind == "email":  # spelt as whoever had it first
        return str(held).lower() == str(taken).lower()
    if place.kind == "phone" and EXTENSION not in str(held):  # extensions are switched off there
        return held == str(taken).partition(EXTENSION)[0]
    return str(held) == str(taken)
