"""What a typed text may hold (SEC-27): real words in any script, nothing that hides, reorders or piles up.

What cannot be seen and carries no meaning (controls, direction overrides, tag characters) is dropped, because it
comes along unseen when somebody pastes from a document, and a person cannot correct what they cannot see. What no
honest keyboard produces (lone surrogates, noncharacters, heaps of combining marks) is refused.
"""

import unicodedata

CODES = ("text_too_long", "text_characters", "text_marks", "text_lines")

MARKS_PER_BASE = 4

# Four raw characters for one kept: the longest decompositions (Greek with three marks) shrink four to one under NFC.
_RAW_FACTOR = 4

_LINE_ENDS = {"\r\n": "\n", "\r": "\n", "\u0085": "\n", "\u2028": "\n", "\u2029": "\n", "\v": "\n", "\f": "\n"}
_DROPPED = {
    **{code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)},
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080), 0xFEFF)),
    0x09: " ",
}
# Letters and signs by their category, and nothing to the eye: the fillers of Hangul, the braille pattern without dots.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


class Refused(ValueError):
    """An answer that cannot be taken; `code` says why. It never carries the answer itself."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean(typed: str, max_length: int, *, lines: bool) -> str:
    """Return the text as it may be kept: NFC, trimmed, without invisible controls, at most `max_length` characters.

    A text of which nothing can be seen is an empty one.
    With `lines` line feeds stay (all kinds of line end become LF); without, a line end inside is refused. Raises
    Refused with `text_too_long`, `text_characters`, `text_marks` or `text_lines`. Time is linear: the length is
    bounded before anything else looks at the text.
    """
    if len(typed) > max_length * _RAW_FACTOR:
        raise Refused("text_too_long")
    if typed.isascii() and typed.isprintable():
        return _of_length(typed.strip(), max_length)  # the usual case: nothing hides in plain letters
    _refuse_unreal(typed)
    seen = _one_line_end(typed)
    if not _DROPPED.keys().isdisjoint(map(ord, set(seen))):
        seen = seen.translate(_DROPPED)
    # Before NFC: sorting one long heap of marks is where normalising would turn slow.
    _refuse_heaps(seen)
    text = _of_length(unicodedata.normalize("NFC", seen).strip(), max_length)
    if not lines and "\n" in text:
        raise Refused("text_lines")
    return text if _shows(text) else ""


def _of_length(text: str, max_length: int) -> str:
    if len(text) > max_length:
        raise Refused("text_too_long")
    return text


def _shows(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNPS" for character in set(text) - _BLANK)


def hides(text: str) -> bool:
    """Say whether something in a text cannot be seen: a sign without width, or one that only looks like nothing."""
    return not text.isascii() and any(
        character in _BLANK or character == "\u034f" or unicodedata.category(character) == "Cf" for character in text
    )


def _one_line_end(text: str) -> str:
    for end, line_feed in _LINE_ENDS.items():
        text = text.replace(end, line_feed)
    return text


def _refuse_unreal(text: str) -> None:
    # Each letter once: a text of a thousand characters has perhaps forty.
    if any(_is_unreal(ord(character)) for character in set(text)):
        raise Refused("text_characters")


def _is_unreal(code: int) -> bool:
    surrogate = 0xD800 <= code <= 0xDFFF
    noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return surrogate or noncharacter


def _refuse_heaps(text: str) -> None:
    marks = {character for character in set(text) if unicodedata.category(character) in ("Mn", "Me")}
    heap = 0
    for character in text if marks else ():
        if character in marks:
            heap += 1
        elif unicodedata.category(character) != "Cf":  # a joiner between two marks has no letter for the second
            heap = 0
        if heap > MARKS_PER_BASE:
            raise Refused("text_marks")
