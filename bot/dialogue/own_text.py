"""What part of a line is the answer to an open text field, once the details that belong elsewhere are taken out of it.

A name or a company is kept and handed on as it is, unmasked: an e-mail address or a phone number must not end up there,
and neither must a question or a correction of something else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from bot.dialogue.asides import PLAIN
from bot.dialogue.details import find_details, find_email, find_phone, value_for
from bot.dialogue.phrases import pattern_of, plain
from bot.dialogue.replies import CORRECT_DETAILS
from bot.dialogue.said import Said
from bot.dialogue.sheet import Field, Sheet
from bot.wording import Lexicon

_BREAK = re.compile(r"[,;|/\n\t()]|\.\s|\s[-–—]\s")
_EDGE = " .,;:!-–—\"'"


def read_text_answer(
    field: Field, said: Said, sheet: Sheet, known: Collection[str], lexicon: Lexicon
) -> dict[str, str]:
    """Return, by field, what a line says while a text field is open; without that field when nothing is left for it.

    `known` names the fields that have a value already.
    """
    found = dict(find_details(said.text, sheet, lexicon))
    is_correction = said.intent == CORRECT_DETAILS and said.confidence >= PLAIN
    own = found.pop(field.name, None)
    for name in _weakly_said(found, said.text, sheet, lexicon):
        # "It's Pine Villa" says no name while the company is asked for, though "it's" may also begin a name.
        if found[name] == own or (own is None and name in known and not is_correction):
            own = found.pop(name)
    if own is None and not said.text.rstrip().endswith("?"):
        own = _own_part(field, said.text, found, sheet, lexicon, is_correction=is_correction)
    own = without_contacts(_with_its_kind(field, own, said.text, lexicon) if own else "").strip(_EDGE)
    return {**found, field.name: own} if own and not _says_nothing(own, lexicon) else found


def _says_nothing(own: str, lexicon: Lexicon) -> bool:
    """Say whether nothing is left but words that stand between values: "and", "my"; "Will" may be a name."""
    between = {plain(word) for word in lexicon.value_ends}
    return own.islower() and all(plain(word) in between for word in re.findall(r"[\w'-]+", own))


def _with_its_kind(field: Field, own: str, text: str, lexicon: Lexicon) -> str:
    """Return a company with the word before it that says what it is, as typed: "Penzion Alfa", "U Tří sov"."""
    before, _, after = text.strip(_EDGE).rpartition(own)
    kinds = re.fullmatch(rf"(?:{pattern_of(lexicon.company_words)}\s{{1,3}})?(?:u\s)?", plain(before))
    return before + own if field.name == "company" and before and not after and kinds else own


def strong_details(text: str, sheet: Sheet, lexicon: Lexicon) -> dict[str, str]:
    """Return the details of a text that are said outright ("my name is …"), none that are only likely ("I'm …")."""
    found = dict(find_details(text, sheet, lexicon))
    weak = _weakly_said(found, text, sheet, lexicon)
    return {name: value for name, value in found.items() if name not in weak}


def counts_something_else(field: Field, text: str, lexicon: Lexicon) -> bool:
    """Say whether a number in the text stands beside another field's unit: "200 euro" are no people."""
    others = pattern_of(tuple(unit for name, units in lexicon.units.items() if name != field.name for unit in units))
    own = pattern_of(lexicon.units.get(field.name, ()))
    folded = plain(text)
    if any(re.match(rf"\s{{0,2}}{own}", folded[number.end() :]) for number in re.finditer(r"\d+", folded)):
        return False
    return any(
        re.match(rf"\s{{0,2}}(?:k\s?)?{others}", folded[number.end() :])
        or re.search(rf"(?:{others}|[€$£])\s{{0,2}}$", folded[: number.start()])
        for number in re.finditer(r"\d+", folded)
    )


def _weakly_said(found: dict[str, str], text: str, sheet: Sheet, lexicon: Lexicon) -> list[str]:
    texts = [field.name for field in sheet.fields() if field.type == "text" and field.name in found]
    return [name for name in texts if not _is_said_outright(name, found[name], text, lexicon)]


def _is_said_outright(name: str, value: str, text: str, lexicon: Lexicon) -> bool:
    lead_ins = pattern_of(lexicon.lead_ins.get(name, ()))
    return re.search(rf"{lead_ins}[\s:,-]{{0,3}}{re.escape(plain(value))}", plain(text)) is not None


def _own_part(
    field: Field, text: str, others: dict[str, str], sheet: Sheet, lexicon: Lexicon, *, is_correction: bool
) -> str:
    rest = text
    for name, value in others.items():
        rest = _cut(rest, name, value, lexicon)
    rest = without_contacts(rest)
    if rest == text:
        return value_for(field, text, lexicon)
    if is_correction:
        return ""  # it corrects what it names, nothing else
    known = _words_of_the_form(sheet) | _words_of(lexicon)
    pieces = [_without_known_edges(piece, known) for piece in _BREAK.split(rest) if not _denies(piece, lexicon)]
    return value_for(field, ", ".join(piece for piece in pieces if piece), lexicon)


def _cut(text: str, name: str, value: str, lexicon: Lexicon) -> str:
    lead_ins = pattern_of((*lexicon.lead_ins.get(name, ()), *lexicon.weak_lead_ins.get(name, ())))
    units = pattern_of(lexicon.units.get(name, ()))
    detail = re.compile(rf"(?:{lead_ins}[\s:,-]{{0,3}})?{re.escape(plain(value))}(?:\s{{0,2}}{units})?")
    match = detail.search(plain(text))
    return f"{text[: match.start()]} , {text[match.end() :]}" if match else text


def without_contacts(text: str) -> str:
    """Return the text with a comma in the place of each e-mail address and phone number."""
    for find in (find_email, find_phone):
        while contact := find(text):
            text = text.replace(contact, " , ")
    return text


def _denies(piece: str, lexicon: Lexicon) -> bool:
    # "No wait, my mail is …"
    first = re.match(r"\s*([\w']+)", piece)
    return first is not None and first.group(1).casefold() in lexicon.clear_no


def _without_known_edges(piece: str, known: Collection[str]) -> str:
    words = piece.strip(_EDGE).split()
    if all(word.strip(_EDGE).casefold() in known for word in words):
        return ""
    while words and words[0].islower() and words[0].strip(_EDGE) in known:
        words.pop(0)
    while words and words[-1].islower() and words[-1].strip(_EDGE) in known:
        words.pop()
    return " ".join(words).strip(_EDGE)


def _words_of_the_form(sheet: Sheet) -> set[str]:
    return {word for field in sheet.fields() for word in _split(f"{field.name} {field.label} {field.question}")}


def _words_of(lexicon: Lexicon) -> set[str]:
    def phrases() -> Iterator[str]:
        for listed in (*lexicon.lead_ins.values(), *lexicon.weak_lead_ins.values(), *lexicon.units.values()):
            yield from listed
        yield from (*lexicon.hedges, *lexicon.clear_no, *lexicon.fillers)

    return {word for phrase in phrases() for word in _split(phrase)}


def _split(text: str) -> set[str]:
    folded = text.casefold()
    return {*folded.replace("_", " ").split(), *re.findall(r"[^\W_]+", folded)}
