"""What the visitor said in one turn, and whether it is a yes, a no, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bot.dialogue.replies import AFFIRM, DENY
from bot.wording import Lexicon

SHORT = 6
SURE = 0.8  # C-08: a typed yes or no below this is neither
NOT_A_COMMAND = "\u2060"  # the channel puts it before a slash, so that "/affirm" stays a text (H-09)


class Heard(Enum):
    """How an answer to a yes-or-no question was understood."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Said:
    """One user turn. `button` is the payload when a button was pressed, and then there is no text.

    `guesses` are the likeliest intents, best first, when none of them is sure enough to act on.
    """

    intent: str
    confidence: float
    text: str = ""
    button: str | None = None
    locale: str | None = None
    guesses: tuple[str, ...] = ()
    language: str | None = None  # the likeliest one of the text, and how sure that is
    language_confidence: float = 0.0

    @property
    def detail(self) -> str | None:
        """Return what stands behind the colon of the button."""
        return self.button.partition(":")[2] or None if self.button else None

    def means(self, intent: str, at_least: float) -> bool:
        """Say whether this intent was meant, by button or well enough by words."""
        return self.intent == intent and (self.button is not None or self.confidence >= at_least)


def hear_decision(said: Said, lexicon: Lexicon) -> Heard:
    """Hear a yes only where nothing else can be meant: a button, or clear words, all of them, that the classifier is
    sure of too (C-08).

    "ok", "hmm", "sure, whatever", an emoji, "yes but no" and "definitely spam" are unclear: a second question is asked.
    """
    if said.button is not None:
        return {AFFIRM: Heard.YES, DENY: Heard.NO}.get(said.intent, Heard.UNCLEAR)
    if is_plain_yes(said.text, lexicon) and said.means(AFFIRM, SURE):
        return Heard.YES
    words = _words(said.text)
    if _has_any(words, lexicon.hedges):
        return Heard.UNCLEAR
    says_yes, says_no = _has_any(words, lexicon.clear_yes), _has_any(words, lexicon.clear_no)
    # A no needs less: whoever says no and means yes is asked nothing worse than the question again later.
    if says_no and not says_yes and said.intent in (DENY, "decline_field", "cancel", "withdraw_consent"):
        return Heard.NO
    if said.means(DENY, SURE) or (
        _begins_with_any(words, lexicon.clear_no) and len(words.split()) <= SHORT and not says_yes
    ):
        return Heard.NO
    return Heard.UNCLEAR


def is_plain_yes(text: str, lexicon: Lexicon) -> bool:
    """Say whether a text is clear words of a yes and nothing else; that alone is no consent."""
    words = _words(text)
    return not _has_any(words, (*lexicon.hedges, *lexicon.clear_no)) and _is_wholly(
        words, lexicon.clear_yes, lexicon.fillers
    )


def says_nothing_more(said: Said, lexicon: Lexicon, *, to_open_question: bool = False) -> bool:
    """Say whether a typed text only asks to be done with: "send it please", "that's all".

    :param to_open_question: any text may be the answer, "everything" too.
    """
    finishes = tuple(one for one in lexicon.finishes if not (to_open_question and one in lexicon.everything))
    return said.button is None and _is_wholly(_words(said.text), finishes, lexicon.fillers)


def _words(text: str) -> str:
    return " " + re.sub(r"[^\w'?]+", " ", text.casefold().replace("’", "'").replace("?", " ? ")).strip() + " "


def _begins_with_any(words: str, phrases: tuple[str, ...]) -> bool:
    return any(words.startswith(f" {phrase} ") for phrase in phrases)


def _has_any(words: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {phrase} " in words for phrase in phrases)


def _is_wholly(words: str, phrases: tuple[str, ...], fillers: tuple[str, ...]) -> bool:
    """Say whether a text is one of the phrases or more, and beside them nothing but words such as "please"."""
    apart = words.replace(" ", "  ")  # so that two phrases in a row do not share the blank between them
    rest = apart
    for phrase in sorted(phrases, key=len, reverse=True):
        rest = rest.replace(f" {phrase.replace(' ', '  ')} ", " ")
    return rest != apart and set(rest.split()) <= set(fillers)
