"""Details in free text: an e-mail address, a phone number, a number of people, a name after "my name is".

Only found here, never judged: whether a value is acceptable is the API's check. Every pattern is bounded, so that no
text can make the search slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.dialogue.sheet import Field, Sheet
from bot.wording import Lexicon

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_PHONE = re.compile(r"(?<![\w@.])(?:\+|00)?\(?\d(?:[\s().\-/]{0,2}\d){6,14}(?![\w@])")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:[ ,.\u00a0]\d{3}){1,3}(?![\w])|(?<![\w.,])\d{1,9}(?![\w])")
_VALUE_END = re.compile(r"[,;.!?\n]|\s(?:and|un|и|i|a|from|at|my|phone|email|e-mail|mail)\s", re.IGNORECASE)
LONGEST_NAME = 80


def find_details(text: str, sheet: Sheet, lexicon: Lexicon) -> dict[str, str]:
    """Return, by field of the form, what the text plainly says; the first of each kind."""
    found: dict[str, str] = {}
    rest = text
    for field in sheet.fields():
        value = None
        if field.type == "email":
            value = find_email(text)
        elif field.type == "phone":
            value = find_phone(text)
        elif field.type == "integer":
            value = _number_with_unit(rest, lexicon.units.get(field.name, ()))
        elif field.type == "text":
            value = _named(text, field.name, lexicon)
        if value:
            found[field.name] = value
            rest = rest.replace(value, " ")
    return found


def find_email(text: str) -> str | None:
    """Find the first thing that looks like an e-mail address."""
    match = _EMAIL.search(text)
    return match.group().rstrip(".'-") if match else None


def find_phone(text: str) -> str | None:
    """Find the first thing that looks like a phone number of seven digits or more."""
    match = _PHONE.search(text)
    return match.group() if match else None


def find_numbers(text: str) -> list[int]:
    """Return the whole numbers in the text; "1 200" and "1,200" are one."""
    return [int(re.sub(r"\D", "", number)) for number in _NUMBER.findall(text)]


def value_for(field: Field, text: str, lexicon: Lexicon) -> str:
    """Take from an answer the part that answers this field; the whole of it when nothing plainly stands out."""
    text = text.strip()
    if field.type == "email":
        return find_email(text) or text
    if field.type == "phone":
        return find_phone(text) or text
    if field.type == "text":
        lead_ins = (*lexicon.lead_ins.get(field.name, ()), *lexicon.weak_lead_ins.get(field.name, ()))
        for rest in _after(text, lead_ins, only_at_start=True):
            return _trimmed(rest) or text
    return text


def _named(text: str, name: str, lexicon: Lexicon) -> str | None:
    for rest in _after(text, lexicon.lead_ins.get(name, ())):
        if value := _first_phrase(rest):
            return value
    for rest in _after(text, lexicon.weak_lead_ins.get(name, ())):
        value = _first_phrase(rest)
        if value and len(value.split()) <= 4 and all(word[:1].isupper() for word in value.split()):
            return value
    return None


def _after(text: str, lead_ins: tuple[str, ...], *, only_at_start: bool = False) -> Iterator[str]:
    folded = text.lower().replace("’", "'")
    if len(folded) != len(text):  # a letter that becomes two would shift every place behind it
        return
    for lead_in in sorted(lead_ins, key=len, reverse=True):  # "company is called" before "company is"
        match = re.search(rf"(?<!\w){re.escape(lead_in)}(?!\w)[\s:,-]{{0,3}}", folded)
        if match and not (only_at_start and match.start() > 0):
            yield text[match.end() :]


def _first_phrase(rest: str) -> str | None:
    return _trimmed(_VALUE_END.split(rest, maxsplit=1)[0])


def _trimmed(value: str) -> str | None:
    value = value.strip(" .,;:!\"'")
    return value if value and len(value) <= LONGEST_NAME and "@" not in value else None


def _number_with_unit(text: str, units: tuple[str, ...]) -> str | None:
    for unit in units:
        match = re.search(rf"(?<![\w.,-])(\d{{1,6}})\s{{0,2}}{re.escape(unit)}(?!\w)", text.casefold())
        if match:
            return match.group(1)
    return None
