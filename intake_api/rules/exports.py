"""Leads taken out as a file: for what, how many, when a second person is asked, how long the file lives (X-06, SEC-10).

What is decided and why stands in docs/decisions/exports.md.
"""

import re
from datetime import timedelta
from enum import StrEnum

from intake_api.rules import text

MOST = 2000  # in one file; more is another look at the list
ALONE = 500  # more than that, together with what the same person took out lately, wants a second person
LATELY = timedelta(days=1)
WAITS = timedelta(days=1)  # for the second person
LIVES = timedelta(days=1)  # the file, from the moment it is made
WORDS_LENGTH = 200
# An address, or digits enough for a telephone number: own words are no place for them.
OF_SOMEBODY = re.compile(r"@|＠|(?:\d[\s()./-]{0,3}){6}")
FREE_TEXT = "long_text"  # a field of this type may say anything about anybody: it stays on the page of the lead


class Reason(StrEnum):
    """What a file is for."""

    CALL = "call"  # to get in touch with the people in it
    HAND_OVER = "hand_over"  # to share the work out
    QUALITY = "quality"  # to see how good what comes in is
    OTHER = "other"  # in own words


class FileShape(StrEnum):
    """What stands between the cells, or a workbook."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    XLSX = "xlsx"


class Gone(StrEnum):
    """Why a file is there no more."""

    EXPIRED = "expired"  # its time was over
    LEAD = "lead"  # somebody in it was erased, took everything back, or wants it kept and not used
    STOPPED = "stopped"  # it was never made whole


class WordsInvalid(ValueError):
    """The reason is not one of the list, or its own words cannot be kept. It never carries the words."""

    code = "words_invalid"


def needs_second_person(leads: int, *, taken_lately: int) -> bool:
    """Say whether somebody else has to agree: parts of a large file count as the large file."""
    return leads + taken_lately > ALONE


def read_words(reason: Reason, typed: str) -> str:
    """Return the own words for a reason as they may be kept.

    :raises WordsInvalid: there are none where they are the reason, or they name somebody.
    """
    try:
        words = text.clean(typed, WORDS_LENGTH, lines=False)
    except text.Refused:
        raise WordsInvalid(f"Own words are one line of {WORDS_LENGTH} characters at most.") from None
    if reason is Reason.OTHER and not words:
        raise WordsInvalid("Say in your own words what it is for.")
    if OF_SOMEBODY.search(words):
        raise WordsInvalid(NAMES_SOMEBODY)
    return words


NAMES_SOMEBODY = "Own words must not hold addresses, numbers or anything else about a person."
