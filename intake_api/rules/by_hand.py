"""How somebody of staff settles a delivery that failed: for which reason, and in which words."""

from enum import StrEnum

from intake_api.rules import text
from intake_api.rules.exports import NAMES_SOMEBODY, OF_SOMEBODY, WORDS_LENGTH, WordsInvalid


class ClosedFor(StrEnum):
    """Why nothing is sent any more."""

    NOT_WANTED = "not_wanted"  # nobody needs it over there
    WRONG_DATA = "wrong_data"  # what was typed cannot be used
    NOT_POSSIBLE = "not_possible"  # the other side will never take it
    OTHER = "other"  # in own words


def read_words(typed: str, *, needed: bool) -> str | None:
    """Return own words as they may be kept; None where there are none.

    :raises WordsInvalid: there are none though they are needed, or they name somebody.
    """
    try:
        words = text.clean(typed, WORDS_LENGTH, lines=False)
    except text.Refused:
        raise WordsInvalid(f"Own words are one line of {WORDS_LENGTH} characters at most.") from None
    if needed and not words:
        raise WordsInvalid("Say in your own words what was done.")
    if OF_SOMEBODY.search(words):
        raise WordsInvalid(NAMES_SOMEBODY)
    return words or None
