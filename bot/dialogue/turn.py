"""What one turn needs and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.client import FormApi
from bot.dialogue.replies import Reply
from bot.dialogue.state import State
from bot.dialogue.topics import Topics
from bot.wording import Wording, Words


@dataclass(frozen=True)
class Turn:
    """The state after a turn, what to say, whether the form is over, and whether one is to be opened with this text."""

    state: State
    says: list[Reply]
    is_over: bool = False
    opens_form: bool = False


@dataclass(frozen=True)
class Desk:
    """What a turn may use: the API, the words of the language spoken, all words, and the table of topics."""

    api: FormApi
    words: Words
    wording: Wording
    topics: Topics

    @property
    def language(self) -> str:
        """Return the language spoken, which is a complete one."""
        return self.words.language
