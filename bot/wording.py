"""The bot's words, one file per language, and which languages are complete.

English is the measure. A language that lacks one of its texts, or has one with other gaps in it, is begun and is not
offered (N-17): half a conversation in one language and half in another is worse than one that says so.
"""
# ruff: noqa: ARG002 - the libraries prescribe what these methods are given

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.language_names import find_language_asked_for

WORDS = Path(__file__).parent / "words"
GIVEN_NAMES = WORDS / "details" / "given_names.yml"
LISTS_FOR_DETAILS = (
    "value_ends",
    "about",
    "thousands",
    "prices",
    "greetings",
    "places",
    "company_words",
    "roles",
    "role_modifiers",
    "role_tails",
)
LISTS_TO_LISTEN_FOR = ("clear_yes", "clear_no", "fillers", "hedges", "finishes", "everything", "spelled_out")
LANGUAGES = ("en", "lv", "ru", "pl", "cs")
MEASURE = "en"


class WordsError(Exception):
    """A file of words is broken or English lacks a text; the message names file and key."""


@dataclass(frozen=True)
class Lexicon:
    """What the bot listens for beside the classifier. All phrases are in lower case."""

    clear_yes: tuple[str, ...]
    clear_no: tuple[str, ...]
    fillers: tuple[str, ...]  # words that may stand beside a clear yes without changing it
    hedges: tuple[str, ...]
    finishes: tuple[str, ...]  # "send", "that's all": nothing more is to be asked
    everything: tuple[str, ...]  # may finish, and may answer "what do you like?"
    spelled_out: tuple[str, ...]  # the signs of an e-mail address as words, without diacritics
    lead_ins: Mapping[str, tuple[str, ...]]
    weak_lead_ins: Mapping[str, tuple[str, ...]]  # "I am": a name only if what follows is written like one
    units: Mapping[str, tuple[str, ...]]
    value_ends: tuple[str, ...]  # words with which something new begins: "Anna *and* my number is"
    about: tuple[str, ...]  # words that may stand before a number: "up to", "around"
    number_words: Mapping[str, int]
    thousands: tuple[str, ...]
    prices: tuple[str, ...]  # an amount beside one of these is a price asked about, not a budget
    greetings: tuple[str, ...]
    given_names: tuple[str, ...]  # of all the languages: a Jan writes in English too
    places: tuple[str, ...]  # "from Riga" names no company
    company_words: tuple[str, ...]
    roles: tuple[str, ...]
    role_modifiers: tuple[str, ...]
    role_tails: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]  # what people call a choice of the catalogue, by its value


@dataclass(frozen=True)
class Words:
    """One language: its own name, replies by name, button titles, and what to listen for."""

    language: str
    own_name: str
    called: tuple[str, ...]
    replies: Mapping[str, str]
    buttons: Mapping[str, str]
    lexicon: Lexicon

    def say(self, reply: str, values: Mapping[str, Any]) -> str:
        """Return the text of a reply. Values are put in once and are never read as text with gaps of their own."""
        return _Once().vformat(self.replies[reply], (), dict(values))

    def title(self, title: str | None, word: str | None) -> str:
        """Return the title of a button: its own, else that of its word."""
        return title or self.buttons[word or ""]


@dataclass(frozen=True)
class Wording:
    """All languages, and those of them that are complete."""

    languages: Mapping[str, Words]
    complete: tuple[str, ...]

    def for_language(self, language: str | None) -> Words:
        """Return the words of a complete language; English for any other."""
        return self.languages[language if language in self.complete else MEASURE]

    def language_named_in(self, text: str) -> str | None:
        """Find the language a text asks for by name, in whatever language it does so; None for one it turns down."""
        return find_language_asked_for(text, {code: words.called for code, words in self.languages.items()})


class _Once(string.Formatter):
    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        # No attributes and no indexes: a text asks for a value by name, nothing else.
        return kwargs[field_name], field_name


@cache
def load_wording(folder: Path = WORDS) -> Wording:
    """Read all languages.

    :raises WordsError: when a file cannot be read as words, or English lacks what the code says.
    """
    languages = {code: _read(folder / f"{code}.yml", code) for code in LANGUAGES}
    measure = languages[MEASURE]
    complete = tuple(code for code, words in languages.items() if not missing_in(words, measure))
    return Wording(languages, complete)


@cache
def read_given_names(file: Path) -> tuple[str, ...]:
    """Return the given names of all languages, in lower case."""
    listed = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return _phrases([name for names in listed.values() for name in names])


def missing_in(words: Words, measure: Words) -> list[str]:
    """Return what a language lacks to be complete, as `section.key`."""
    missing = []
    for section in ("replies", "buttons"):
        have, need = getattr(words, section), getattr(measure, section)
        missing += [f"{section}.{key}" for key in need if not have.get(key) or _gaps(have[key]) != _gaps(need[key])]
        missing += [f"{section}.{key} (unknown)" for key in have if key not in need]
    missing += [f"lexicon.{name}" for name in LISTS_TO_LISTEN_FOR if not getattr(words.lexicon, name)]
    return missing


def _gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _read(file: Path, code: str) -> Words:
    try:
        raw = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        lexicon = raw.get("lexicon") or {}
        details = _of_details(file.parent / "details" / file.name, lexicon)
        return Words(
            language=code,
            own_name=raw["own_name"],
            called=tuple(raw["called"]),
            replies=dict(raw.get("replies") or {}),
            buttons=dict(raw.get("buttons") or {}),
            lexicon=Lexicon(
                clear_yes=_phrases(lexicon.get("clear_yes")),
                clear_no=_phrases(lexicon.get("clear_no")),
                fillers=_phrases(lexicon.get("fillers")),
                hedges=_phrases(lexicon.get("hedges")),
                finishes=_phrases(lexicon.get("finishes")),
                everything=_phrases(lexicon.get("everything")),
                spelled_out=_phrases(lexicon.get("spelled_out")),
                **details,
            ),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise WordsError(f"{file.name}: cannot be read as words ({type(error).__name__}: {error})") from error


def _of_details(file: Path, lexicon: Mapping[str, Any]) -> dict[str, Any]:
    raw = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) if file.exists() else {}
    by_name = {
        name: _joined(_by_field(lexicon.get(name)), _by_field(raw.get(name)))
        for name in ("lead_ins", "weak_lead_ins", "units", "choices")
    }
    lists = {name: _phrases(raw.get(name)) for name in LISTS_FOR_DETAILS}
    return {
        **by_name,
        **lists,
        "number_words": {str(word): int(value) for word, value in (raw.get("number_words") or {}).items()},
        "given_names": read_given_names(GIVEN_NAMES),
    }


def _joined(one: dict[str, tuple[str, ...]], other: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: (*one.get(name, ()), *other.get(name, ())) for name in {**one, **other}}


def _by_field(phrases: Any) -> dict[str, tuple[str, ...]]:
    return {name: _phrases(listed) for name, listed in (phrases or {}).items()}


def _phrases(phrases: Any) -> tuple[str, ...]:
    if not all(isinstance(phrase, str) for phrase in phrases or ()):
        raise TypeError(f"a phrase is not text; put it in quotes: {phrases}")
    return tuple(phrase.casefold() for phrase in phrases or ())
