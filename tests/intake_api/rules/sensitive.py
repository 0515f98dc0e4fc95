"""A reader of free texts with placeholders that are easy to tell apart."""

from intake_api.catalogue.sensitive_words import read_sensitive_words
from intake_api.rules.sensitive_text import LEFT_OUT_CODES, ReadText, TextReader

READER = TextReader(read_sensitive_words(), {code: f"[{code}]" for code in LEFT_OUT_CODES})


def read(typed: str, max_length: int = 1000) -> ReadText:
    """Read a text."""
    return READER.read(typed, max_length)
