"""Whether two leads may be of one person, and which signs say so: a suggestion for staff, never more (C 16).

A name alone suggests nobody, nor does an address that nobody confirmed. People are found by what they typed, never by
a cookie or a network.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

SHORT, LONG = 5, 9  # letters: a slip is forgiven from the first on, two from the second on
JOINED = 88.0  # of 100: how like two companies must be when they are written as one word each
UNMARKED = str.maketrans("łđøæœıþð", "ldoaoitd")  # what does not fall apart into a letter and its mark
LEGAL_FORMS = frozenset(
    {"ab", "ag", "aps", "as", "bv", "co", "gmbh", "inc", "kft", "kg", "limited", "llc", "ltd", "nv", "oo", "ooo", "ou"}
    | {"oy", "plc", "sa", "se", "sia", "sp", "spzoo", "srl", "sro", "ug", "uab", "z", "zoo", "ооо", "зао"}
)


class Sign(StrEnum):
    """In what two leads agree."""

    CONFIRMED_EMAIL = "confirmed_email"
    PHONE = "phone"
    EMAIL = "email"  # the same, and nobody has confirmed it
    NAME = "name"
    COMPANY = "company"


ENOUGH: tuple[frozenset[Sign], ...] = (
    frozenset({Sign.CONFIRMED_EMAIL}),
    frozenset({Sign.PHONE}),
    frozenset({Sign.NAME, Sign.COMPANY}),
    frozenset({Sign.NAME, Sign.EMAIL}),
)


@dataclass(frozen=True)
class Person:
    """What somebody typed of themselves; what they did not type is empty."""

    name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Person":
        """Take it from the values of a lead."""
        return cls(**{name: str(values.get(name) or "") for name in cls.__dataclass_fields__})


def why_alike(one: Person, other: Person, *, confirmed: bool) -> tuple[Sign, ...]:
    """Return the signs that two leads are of one person, the strongest first; none if they are not enough.

    :param confirmed: whether the address of one of the two was confirmed by the link that was mailed to it.
    """
    signs = frozenset(_signs(one, other, confirmed=confirmed))
    return tuple(sign for sign in Sign if sign in signs) if any(some <= signs for some in ENOUGH) else ()


def _signs(one: Person, other: Person, *, confirmed: bool) -> list[Sign]:
    agree = {
        Sign.CONFIRMED_EMAIL if confirmed else Sign.EMAIL: bool(one.email) and _same(one.email, other.email),
        Sign.PHONE: bool(one.phone) and _number(one.phone) == _number(other.phone),
        Sign.NAME: are_names_alike(one.name, other.name),
        Sign.COMPANY: are_companies_alike(one.company, other.company),
    }
    return [sign for sign, does in agree.items() if does]


def are_names_alike(one: str, other: str) -> bool:
    """Say whether two names may be one: in any order, without marks, with a slip, a middle name or an initial.

    Two words at least have to agree, one of them whole: half the world shares a first name.
    """
    fewer, more = sorted((_words(one.replace(".", " ")), _words(other.replace(".", " "))), key=len)
    whole = [word for word in fewer if len(word) > 1 and any(len(of) > 1 and _agree(word, of) for of in more)]
    return len(fewer) > 1 and bool(whole) and _each_agrees(fewer, more)


def are_companies_alike(one: str, other: str) -> bool:
    """Say whether two companies may be one: without legal form and marks, with a slip, shortened or in one word."""
    fewer, more = sorted((_company_words(one), _company_words(other)), key=len)
    if not fewer:
        return False
    says_something = any(len(word) >= SHORT - 1 for word in fewer)
    return (says_something and _each_agrees(fewer, more)) or _are_joined_alike("".join(fewer), "".join(more))


def _each_agrees(fewer: list[str], more: list[str]) -> bool:
    """Find for each word one of its own among the others, those that are the same first."""
    left = list(more)
    for word in sorted(fewer, key=lambda word: (word not in more, len(word) == 1)):
        found = word if word in left else next((of for of in left if _agree(word, of)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _agree(one: str, other: str) -> bool:
    if one[0] != other[0]:
        return False
    if one == other or 1 in (len(one), len(other)):
        return True
    shortest = min(len(one), len(other))
    slips = 0 if shortest < SHORT else 1 if shortest < LONG else 2
    return OSA.distance(one, other, score_cutoff=slips) <= slips


def _are_joined_alike(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= SHORT and fuzz.ratio(one, other, score_cutoff=JOINED) >= JOINED


def _company_words(company: str) -> list[str]:
    words = _words(company.replace(".", ""))
    return [word for word in words if word not in LEGAL_FORMS] or words


def _words(text: str) -> list[str]:
    """Return the words of a text without marks, in small letters."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(UNMARKED))
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() else " " for letter in plain).split()


def _same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFKC", one).casefold() == unicodedata.normalize("NFKC", other).casefold()


def _number(phone: str) -> str:
    return phone.partition(";ext=")[0]
