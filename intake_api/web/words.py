"""The words of pages and widget: one file per language, the same keys in each, checked when a door is made."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, current_app

Words = Mapping[str, Any]
FOLDER = Path(__file__).parent / "words"
REFERENCE = "en"
KEY = "vestibule.words"


class WordsDiffer(Exception):
    """A language lacks words that the reference has, or has others."""

    code = "words_differ"


def put_words(app: Flask, folder: Path = FOLDER) -> None:
    """Give an app the words of all languages.

    :raises WordsDiffer: names the file and the first key that is wrong.
    """
    app.extensions[KEY] = read_words(folder)


def read_words(folder: Path) -> dict[str, Words]:
    """Read every language and compare its keys with the reference's.

    :raises WordsDiffer: as above.
    """
    found: dict[str, Words] = {
        file.stem: yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader) for file in sorted(folder.glob("*.yml"))
    }
    wanted = set(_keys(found[REFERENCE]))
    for locale, words in found.items():
        if odd := sorted(wanted ^ set(_keys(words))):
            raise WordsDiffer(f"web/words/{locale}.yml: {odd[0]} stands only there or only in {REFERENCE}.yml.")
    return found


def all_words() -> Mapping[str, Words]:
    """Return the words by language."""
    found: Mapping[str, Words] = current_app.extensions[KEY]
    return found


def words_for(locale: str) -> Words:
    """Return the words of a language, or the reference's where it has none."""
    words = all_words()
    return words.get(locale) or words[REFERENCE]


def _keys(words: Any, place: str = "") -> list[str]:
    if isinstance(words, dict):
        return [key for name, inner in words.items() for key in _keys(inner, f"{place}.{name}" if place else str(name))]
    if isinstance(words, list):
        return [key for number, inner in enumerate(words) for key in _keys(inner, f"{place}.{number}")]
    return [place]
