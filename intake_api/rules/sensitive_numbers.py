"""Numbers that a free text must not carry: cards, accounts, personal codes, passports (M-05).

A number counts when its own check digits (python-stdnum) and its grouping agree, so that phones, prices, dates and
order numbers stay. Which words beside a number speak for or against it, the word lists say.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from stdnum import luhn
from stdnum.cz import rc
from stdnum.iso7064 import mod_97_10
from stdnum.lv import pvn
from stdnum.pl import pesel

from intake_api.rules.phrases import Phrases, words_of

CARD, IBAN, PERSONAL_CODE, PASSPORT = "card_number", "iban", "personal_code", "passport"

FEWEST_DIGITS, FEWEST_PASSPORT_DIGITS = 9, 5
BEFORE, AFTER, JUST_BEFORE = 45, 24, 24  # how near a word must stand, in characters

_BLANKS = " \t\u00a0\u2007\u2009\u200b\u202f\u2060\u00ad"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212-"  # the plain one last, as a class of characters needs it
_BETWEEN = f"[{_BLANKS}{_DASHES}]{{1,3}}"
_RUN = re.compile(rf"\d+(?:(?:{_BETWEEN}|\.)\d+)*")
_DIGIT, _GROUP = re.compile(r"\d"), re.compile(r"\d+")
_ACCOUNT = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}")
_LATVIAN = re.compile(rf"(?<![\w+])(\d{{6}})\s?([{_DASHES}])\s?(\d{{5}})(?!\w)")
_CZECH = re.compile(r"(?<![\w+/])(\d{6})\s?/\s?(\d{3,4})(?![\w/])")
_SIX_FIVE = re.compile(rf"(?<![\w+])(\d{{6}})[{_BLANKS}](\d{{5}})(?!\w)")
_PLAIN = re.compile(r"(?<![\w+/.-])\d{10,11}(?!\w|[./-]\d)")
_DOCUMENT = re.compile(
    r"(?<![\w+])(?:[A-ZА-Я]{1,3} ?|[a-z]{1,3})?(?:\d{2} ?\d{2} ?\d{6}|\d{2} ?\d{7}|\d{3} \d{3} \d{3}|\d{6,9})(?!\w)"
    r"|(?<![\w+])[A-Za-z0-9]{7,10}(?!\w)"
)

# How long an account number is, by country (ISO 13616): the country, then the whole length.
_ACCOUNTS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 "
    "EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 "
    "KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 "
    "PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 "
    "UA29 VA22 VG24 XK20 YE30"
)
_ACCOUNT_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _ACCOUNTS.split()}
_POLISH_ACCOUNT_DIGITS = 26

# Which first digits cards have: what looks like a year or a Latvian phone number begins with others.
_CARD_FIRST = re.compile(r"4|5[0-8]|6|3[04-9]|22[0-9]{2}|2[3-6]|27[01]|2720")
_NO_CARD_FIRST = "01"
_OTHER_CARD_FIRST = re.compile(r"[789]")  # petrol, health and national cards, when they look like a card in all else
_CARD_SHAPES = frozenset(
    {(4, 6, 5), (4, 6, 4), (6, 13), (4, 4, 5), *((4, 4, 4, last) for last in range(1, 5)),
     *((4, 4, 4, 4, last) for last in range(1, 4))}
)  # fmt: skip
_COMMON_CARD_DIGITS = (15, 16)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that must not be kept: its place in the text, and the code it is told under."""

    start: int
    end: int
    code: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The words that speak for or against a number near them, of all languages together."""

    card: Phrases
    personal_code: Phrases
    passport: Phrases
    phone: Phrases
    thing: Phrases


def find_numbers(typed: str, folded: Collection[str], beside: Beside) -> list[Found]:
    """Return the numbers that must not be kept, in order, none inside another. `folded` are the words of the text."""
    count = len(_DIGIT.findall(typed))
    names_passport = count >= FEWEST_PASSPORT_DIGITS and beside.passport.may_stand(folded)
    if count < FEWEST_DIGITS and not names_passport:
        return []
    text = _with_plain_digits(typed)
    searches = (_accounts, _cards, _personal_codes, *((_passports,) if names_passport else ()))
    found: list[Found] = []
    for search in searches:
        for each in search(text, beside):
            if all(each.end <= other.start or other.end <= each.start for other in found):
                found.append(each)
    return sorted(found, key=lambda each: each.start)


def _with_plain_digits(text: str) -> str:
    """Write digits of any script as 0 to 9, each in its place."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(each)) if not each.isascii() and each.isdecimal() else each for each in text)


def _accounts(text: str, _: Beside) -> Iterator[Found]:
    for anchor in _ACCOUNT.finditer(text):
        length = _ACCOUNT_LENGTHS.get(anchor[0][:2].upper(), 0)
        end = _end_after(text, anchor.start(), length)
        if end and mod_97_10.is_valid(_iban_order(_letters_and_digits(text[anchor.start() : end]))):
            yield Found(anchor.start(), end, IBAN)
    for run in _RUN.finditer(text):
        digits = _letters_and_digits(run[0])
        if len(digits) == _POLISH_ACCOUNT_DIGITS and mod_97_10.is_valid(_iban_order("PL" + digits)):
            yield Found(run.start(), run.end(), IBAN)


def _end_after(text: str, start: int, length: int) -> int:
    """Return where `length` letters and digits end, single blanks and dashes between them not counted; else 0."""
    at, left = start, length
    while at < len(text) and left:
        if text[at].isascii() and text[at].isalnum():
            left -= 1
        elif text[at] not in _BLANKS + _DASHES or not text[at - 1].isalnum():
            return 0
        at += 1
    ends_there = at == len(text) or not text[at].isalnum()
    return at if length and not left and ends_there else 0


def _letters_and_digits(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _iban_order(number: str) -> str:
    return number[4:] + number[:4]


def _cards(text: str, beside: Beside) -> Iterator[Found]:
    for run in _RUN.finditer(text):
        groups = [(found.start() + run.start(), found.end() + run.start()) for found in _GROUP.finditer(run[0])]
        is_phone = run.start() > 0 and text[run.start() - 1] == "+"
        first = 1 if is_phone else 0
        while first < len(groups):
            last = _card_from(text, groups, first, beside)
            if last:
                yield Found(groups[first][0], groups[last - 1][1], CARD)
            first = last or first + 1


def _card_from(text: str, groups: list[tuple[int, int]], first: int, beside: Beside) -> int:
    """Return the index after the last group of a card number that begins with group `first`, or 0."""
    digits, shape, best = "", [], 0
    for at in range(first, len(groups)):
        start, end = groups[at]
        digits += text[start:end]
        shape.append(end - start)
        if len(digits) > 19:
            break
        if len(digits) >= 13 and _is_card(digits, tuple(shape), text, groups[first][0], beside):
            best = at + 1
    return best


def _is_card(digits: str, shape: tuple[int, ...], text: str, start: int, beside: Beside) -> bool:
    if digits[0] in _NO_CARD_FIRST or not luhn.is_valid(digits):
        return False
    named = _stands(beside.card, text, start - BEFORE, start)
    usual_shape = len(shape) == 1 or shape in _CARD_SHAPES or set(shape) == {1}
    if named:
        return usual_shape or len(set(shape)) > 1 or shape[0] > 3
    if not usual_shape:
        return False
    may_be_a_thing = len(shape) == 1 and len(digits) not in _COMMON_CARD_DIGITS  # else it is too much like a card
    if may_be_a_thing and _stands(beside.thing, text, start - JUST_BEFORE, start):
        return False
    if _CARD_FIRST.match(digits):
        return True
    return bool(_OTHER_CARD_FIRST.match(digits)) and len(digits) == max(_COMMON_CARD_DIGITS)


def _personal_codes(text: str, beside: Beside) -> Iterator[Found]:
    for code in _LATVIAN.finditer(text):
        if _is_latvian(code[1] + code[3]) or pesel.is_valid(code[1] + code[3]) or _named(text, code, beside):
            yield Found(code.start(), code.end(), PERSONAL_CODE)
    for code in _CZECH.finditer(text):
        if rc.is_valid(code[1] + code[2]) or _named(text, code, beside):
            yield Found(code.start(), code.end(), PERSONAL_CODE)
    for code in _SIX_FIVE.finditer(text):
        digits = code[1] + code[2]
        if _is_personal(digits) or (_named(text, code, beside) and _is_latvian(digits)):
            yield Found(code.start(), code.end(), PERSONAL_CODE)
    for code in _PLAIN.finditer(text):
        named = _named(text, code, beside)
        if named or (_is_personal(code[0]) and not _is_something_else(text, code, beside)):
            yield Found(code.start(), code.end(), PERSONAL_CODE)


def _is_latvian(digits: str) -> bool:
    """Say whether eleven digits are a personal code: 32 and anything, or a day of birth, century and check digit."""
    return digits.startswith("32") or (digits[0] <= "3" and digits[6] <= "2" and pvn.is_valid(digits))


def _is_personal(digits: str) -> bool:
    if len(digits) == 10:
        return rc.is_valid(digits)
    is_latvian = digits[0] <= "3" and digits[6] <= "2" and pvn.is_valid(digits)
    # A month of 1 to 12 is the century of 1900, of 21 to 32 that of 2000; nobody of the others writes to us.
    is_polish = pesel.is_valid(digits) and (int(digits[2:4]) <= 12 or (int(digits[2:4]) <= 32 and digits[0] <= "3"))
    return is_latvian or is_polish


def _is_something_else(text: str, code: re.Match[str], beside: Beside) -> bool:
    """Say whether a number is rather a phone number, a company's, or that of a thing, though its digits agree."""
    digits, before = code[0], (code.start() - JUST_BEFORE, code.start())
    latvian_phone = digits.startswith(("3712", "3716"))
    latvian_company = digits[0] in "45" and digits[2:5] == "103" and pvn.is_valid(digits)
    named = _stands(beside.phone, text, *before) or _stands(beside.thing, text, *before)
    return latvian_phone or latvian_company or named


def _named(text: str, code: re.Match[str], beside: Beside) -> bool:
    return _stands(beside.personal_code, text, code.start() - BEFORE, code.start())


def _passports(text: str, beside: Beside) -> Iterator[Found]:
    for number in _DOCUMENT.finditer(text):
        start, end = number.span()
        if sum(map(str.isdecimal, number[0])) < FEWEST_PASSPORT_DIGITS or _stands(
            beside.phone, text, start - JUST_BEFORE, end
        ):
            continue
        if _stands(beside.passport, text, start - BEFORE, start) or _stands(beside.passport, text, end, end + AFTER):
            yield Found(start, end, PASSPORT)


def _stands(phrases: Phrases, text: str, start: int, end: int) -> bool:
    """Say whether one of some phrases stands in a stretch of the text, cut at whole words."""
    start = max(start, 0)
    while 0 < start < end and text[start - 1].isalnum():
        start += 1
    return bool(phrases.find(words_of(text[start:end])))
