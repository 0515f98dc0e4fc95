"""Details in free text: an e-mail address, a phone number, a name, a company, a role, a number of people, a budget;
several in one message.

Only found here, never judged: whether a value is acceptable is the API's check. Every pattern is bounded, so that no
text can make the search slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.dialogue.amounts import Amount, find_budget, find_headcount, find_numbers
from bot.dialogue.companies import find_company, find_company_after
from bot.dialogue.names import find_name
from bot.dialogue.parts import Part
from bot.dialogue.phrases import pattern_of, plain
from bot.dialogue.roles import find_role
from bot.dialogue.sheet import Field, Sheet
from bot.wording import Lexicon

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_PHONE = re.compile(
    r"(?:(?<![\w@])(?<!\d[.,])|(?=\+))(?:\+\s?|00)?\(?\d(?:[\s().\-–/]{0,3}\d){6,14}(?![\w@])",
)
_DATE = re.compile(r"(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?!\d)")
# Numbers of companies and of accounts are as long as telephone numbers.
_REGISTERED = re.compile(
    r"(?<!\w)(?:reg|reg\w{1,12}|vat|pvn|nip|regon|krs|ico|dic|инн|огрн|кпп|iban|order|invoice|pasut\w{0,8}|rekin\w{0,4}|"
    r"zamowieni\w{0,3}|faktur\w{0,3}|objednavk\w{0,3}|заказ\w{0,3}|счет\w{0,3}|рег)\.?"
    r"(?:\s?(?:no|nr|num|number|numur\w{0,2}|numer\w{0,2}|cislo|номер\w{0,2}|id))?[\s.:#№]{0,4}[a-z]{0,3}$"
)
_EURO = re.compile(r"€|(?<![^\W\d])(?:eur|eir|евр)\w{0,4}(?!\w)")
_RANGE = re.compile(r"(under|over|from)_(\d{1,9})(?:_to_(\d{1,9}))?")
_BARE_AMOUNT = re.compile(r"\W*\d[\d .,\u00a0]{0,12}\s?(?:€|(?:eur|eir|евр)\w{0,4})?\W*")
EUROS = "budget in euro"
LONGEST_TEXT = 4_000
FEWEST_DIGITS = 7


def find_details(text: str, sheet: Sheet, lexicon: Lexicon) -> dict[str, str]:
    """Return, by field of the form, what the text plainly says, as the field takes it; the first of each kind."""
    said = said_in(text, lexicon)
    found = {field.name: _as_the_field_takes_it(field, said, lexicon) for field in sheet.fields()}
    return {name: value for name, value in found.items() if value}


def said_in(text: str, lexicon: Lexicon) -> dict[str, str]:
    """Return, by kind, what the text plainly says, in its own words; e-mail and phone are `any email`, `any phone`."""
    rest = text[:LONGEST_TEXT]
    said: dict[str, str] = {}
    for kind, part in _contacts_in(rest, lexicon):
        said.setdefault(kind, part.value)
        rest = _hidden(rest, part.start, part.end)
    # Each is hidden from the next, so that no part of a text is two details.
    for kind, find_amount in (("budget", find_budget), ("headcount", find_headcount)):
        if amount := find_amount(rest, lexicon):
            said[kind] = str(amount.value)
            if kind == "budget" and _in_euro(rest, amount):
                said[EUROS] = said[kind]
            rest = _hidden(rest, amount.start, amount.end)
    said.update(_people_in(rest, lexicon, among_details=bool(said)))
    return said


def find_email(text: str) -> str | None:
    """Find the first thing that looks like an e-mail address."""
    match = _EMAIL.search(text)
    return match.group().rstrip(".'-") if match else None


def find_phone(text: str) -> str | None:
    """Find the first thing that looks like a phone number of seven digits or more; a date or the number of a company
    is none."""
    return next((match.group().strip() for match in _phones(text)), None)


def value_for(field: Field, text: str, lexicon: Lexicon) -> str:
    """Take from an answer the part that answers this field; the whole of it when nothing plainly stands out."""
    text = text.strip()
    if field.type == "email":
        return find_email(text) or text
    if field.type == "phone":
        return find_phone(text) or text
    if field.type == "text":
        lead_ins = (*lexicon.lead_ins.get(field.name, ()), *lexicon.weak_lead_ins.get(field.name, ()))
        if match := re.match(rf"{pattern_of(lead_ins)}[\s:,-]{{0,3}}", plain(text)):
            return text[match.end() :].strip(" .,;:!\"'") or text
    return text


def choice_in(field: Field, text: str, lexicon: Lexicon) -> str | None:
    """Return the value of the only choice a text speaks of, in the words of its value, of its label or of the lexicon;
    nothing when it speaks of two."""
    wanted = plain(text).strip(" .!")
    exact = [value for value, label in field.choices if wanted in (plain(value), plain(label).strip(" ."))]
    words = set(re.findall(r"\w+", wanted))
    # "I'm the owner", "under 100": the value's own words are in it, and no other value's are.
    by_value = [value for value, _ in field.choices if set(plain(value).split("_")) <= words]
    by_words = [value for value, _ in field.choices if re.search(pattern_of(lexicon.choices.get(value, ())), wanted)]
    by_label = [value for value, stems in _own_stems(field).items() if any(_has_stem(words, stem) for stem in stems)]
    for chosen in (exact, sorted({*by_value, *by_words}), by_label):
        if chosen:
            return chosen[0] if len(chosen) == 1 else None
    return _range_of(field, wanted) if _BARE_AMOUNT.fullmatch(wanted) else None


def _range_of(field: Field, amount: str) -> str | None:
    """Return the choice that an amount falls into, where the choices are amounts: `from_100_to_300`."""
    numbers = find_numbers(amount)
    for value, _ in field.choices:
        match = _RANGE.fullmatch(value)
        if match is None or len(numbers) != 1:
            continue
        bound, number = int(match[2]), numbers[0]
        if {"under": number < bound, "over": number > bound, "from": bound <= number <= int(match[3] or number)}[
            match[1]
        ]:
            return value
    return None


def _in_euro(text: str, amount: Amount) -> bool:
    beside = f"{text[max(0, amount.start - 4) : amount.end]}{re.split(r'[,;.!?]', text[amount.end :][:8])[0]}"
    return _EURO.search(plain(beside)) is not None


def _own_stems(field: Field) -> dict[str, set[str]]:
    """Return, by choice, the stems of the words only its own label has; numbers are left out: ranges share them."""
    stems = {
        value: {word[: max(4, len(word) - 3)] for word in re.findall(r"[^\W\d_]{4,30}", plain(label))}
        for value, label in field.choices
    }
    return {
        value: {stem for stem in own if not any(stem in others for other, others in stems.items() if other != value)}
        for value, own in stems.items()
    }


def _has_stem(words: set[str], stem: str) -> bool:
    return any(word.startswith(stem) and len(word) <= len(stem) + 6 for word in words)


def _as_the_field_takes_it(field: Field, said: dict[str, str], lexicon: Lexicon) -> str | None:
    if field.type in ("email", "phone"):
        return said.get(f"any {field.type}")
    value = said.get(field.name)
    if value is None or field.type == "integer":
        return value
    if field.type == "choice":
        if field.name == "budget":  # the choices are in euro
            return _range_of(field, said[EUROS]) if EUROS in said else None
        return choice_in(field, value, lexicon) if field.name == "role" else None
    return value if field.type == "text" else None


def _people_in(text: str, lexicon: Lexicon, *, among_details: bool) -> dict[str, str]:
    said = {}
    rest = text
    company = find_company(rest, lexicon)
    if company:
        rest = _hidden(rest, company.start, company.end)
    role = find_role(rest, lexicon)
    if role:
        rest = _hidden(rest, role.start, role.end)
    name = find_name(rest, lexicon, among_details=among_details or company is not None or role is not None)
    if name and company is None:
        company = find_company_after(rest, name, lexicon)
    for kind, part in (("name", name), ("company", company), ("role", role)):
        if part:
            said[kind] = part.value
    return said


def _contacts_in(text: str, lexicon: Lexicon) -> Iterator[tuple[str, Part]]:
    rest = text
    for match in _EMAIL.finditer(text):
        yield "any email", Part(match.group().rstrip(".'-"), match.start(), match.end())
        rest = _hidden(rest, match.start(), match.end())
    counted = re.compile(
        rf"\s{{0,2}}(?:{pattern_of(lexicon.units.get('headcount', ()), glued=True)}"
        rf"|{pattern_of(lexicon.units.get('budget', ()), glued=True)}|{pattern_of(lexicon.thousands)})"
    )
    for match in _phones(rest):
        number = match.group()
        if counted.match(plain(rest[match.end() : match.end() + 40])):
            # "29123456 12 people": the last group is a count, not a part of the number
            number = number[: len(number) - len(re.split(r"[\s,]", number)[-1])].rstrip()
        if len(re.sub(r"\D", "", number)) >= FEWEST_DIGITS:
            yield "any phone", Part(number.strip(), match.start(), match.start() + len(number))


def _phones(text: str) -> Iterator[re.Match[str]]:
    folded = plain(text)
    for match in _PHONE.finditer(text):
        if _DATE.match(match.group()) or _REGISTERED.search(folded[max(0, match.start() - 50) : match.start()]):
            continue
        if re.search(r"[€$£]\s?$", text[max(0, match.start() - 2) : match.start()]):
            continue
        yield match


def _hidden(text: str, start: int, end: int) -> str:
    """Put a boundary in the place of a part of the text, so that every other place stays where it is."""
    return f"{text[:start]};{' ' * (end - start - 1)}{text[end:]}"
