"""Which form of the catalogue a visitor's topic means (bot/topics.yml)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.dialogue.replies import CHOOSE_FORM, INFORM
from bot.dialogue.said import Said

TOPICS = Path(__file__).parent.parent / "topics.yml"


@dataclass(frozen=True)
class Topics:
    """Forms by intent, the forms that have their place elsewhere, and the form that brings a person."""

    forms: Mapping[str, str]
    by_page: frozenset[str]
    person: str

    def is_topic(self, intent: str) -> bool:
        """Say whether an intent asks for something; giving details does not by itself."""
        return intent in self.forms and intent != INFORM

    def may_open_a_form(self, said: Said) -> bool:
        """Say whether the likeliest meaning asks for something or gives details."""
        return said.intent in self.forms

    def form_for(self, said: Said) -> str:
        """Return the form a topic asks for: by the button, by the table, or by the intent's own name."""
        if said.intent == CHOOSE_FORM and said.detail:
            return said.detail
        if said.button is None and (said.intent == INFORM or said.guesses):
            # "Jan Nowak, jan@hotel.example, newsletter": the details say who, the next likely intent says what for.
            passing = next((self.forms[guess] for guess in said.guesses if self.is_topic(guess)), None)
            return passing or self.forms.get(INFORM, INFORM)
        return self.forms.get(said.intent, said.intent)

    def of_the_chat(self, forms: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return those of the catalogue's forms that the chat offers by itself: a new one is among them."""
        return [form for form in forms if form["form"] not in self.by_page]


@cache
def load_topics(file: Path = TOPICS) -> Topics:
    """Read the table."""
    raw = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Topics(forms=dict(raw["forms"]), by_page=frozenset(raw["by_page"]), person=raw["person"])
