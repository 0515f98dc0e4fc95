"""Reads the word lists of `rules/sensitive_text.py`: one file for each language, the same lists in each.

They belong to the product, not to the catalogue of one company: no company should be able to look for less. All
languages are searched, whatever the page's language; how a list is written: docs/sensitive-text.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from intake_api.rules.phrases import Phrase, Phrases, PhraseUnreadable, read_phrase
from intake_api.rules.sensitive_numbers import Beside
from intake_api.rules.sensitive_statements import StatementWords
from intake_api.rules.sensitive_text import SensitiveWords
from intake_api.rules.young_writer import THRESHOLD, AgeWords, ages_written

FOLDER = Path(__file__).parent / "sensitive_words"

KINDS = ("health", "union", "religion", "politics", "origin", "intimacy", "crime", "body")
ABOUT_PERSONS = ("people", "crowds", "things", "harmless", "joins", "starts")
AGES = ("young", "goes_on")
COUNTED = ("numbers", "ordinals")
BESIDE = ("card", "personal_code", "passport", "phone", "thing")
LISTS = ("statements", "terms", *ABOUT_PERSONS, *AGES, *COUNTED, "beside")


class SensitiveWordsWrong(Exception):
    """A word list cannot be used; the message names the file and the place."""

    code = "sensitive_words_wrong"


def read_sensitive_words(folder: Path = FOLDER, threshold: int = THRESHOLD) -> SensitiveWords:
    """Read the lists of all languages; of an age those that tell of a writer under the threshold, in years.

    :raises SensitiveWordsWrong: a list is missing, unknown or not readable.
    """
    return _sensitive_words(folder, threshold)


@cache  # the files come with the program and do not change while it runs
def _sensitive_words(folder: Path, threshold: int) -> SensitiveWords:
    files = _read_files(folder)
    if threshold != THRESHOLD:  # all but the ages is the same
        return replace(_sensitive_words(folder, THRESHOLD), ages=_ages(files, threshold))
    lists = [_phrases_of(name, content) for name, content in files.items()]
    return SensitiveWords(
        statements=tuple(
            StatementWords(
                _all(each, "statements"), _all(each, "terms"), *(Phrases(each[one]) for one in ABOUT_PERSONS)
            )
            for each in lists
        ),
        ages=_ages(files, threshold),
        beside=Beside(*(Phrases(phrase for each in lists for phrase in each[f"beside.{one}"]) for one in BESIDE)),
    )


@cache
def _read_files(folder: Path) -> Mapping[str, Any]:
    files = {
        file.name: yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader) for file in sorted(folder.glob("*.yml"))
    }
    for name, content in files.items():
        _check_names(name, content)
    return files


def _ages(files: Mapping[str, Any], threshold: int) -> tuple[AgeWords, ...]:
    counted = {name: {one: content[one] for one in (*AGES, *COUNTED)} for name, content in files.items()}
    lists = [_phrases_of(name, content, threshold) for name, content in counted.items()]
    return tuple(AgeWords(*(Phrases(each[one]) for one in AGES)) for each in lists)


def _check_names(file: str, content: Any) -> None:
    wanted = {"": LISTS, "statements": KINDS, "terms": KINDS, "beside": BESIDE}
    for place, names in wanted.items():
        there = content if not place else content.get(place)
        if not isinstance(there, dict) or set(there) != set(names):
            odd = sorted(set(names) ^ set(there if isinstance(there, dict) else ()))
            raise SensitiveWordsWrong(f"{file}: {place or 'the file'}: {', '.join(odd)} is missing or unknown.")


def _phrases_of(file: str, content: Mapping[str, Any], threshold: int = THRESHOLD) -> dict[str, list[Phrase]]:
    """Return every list of a file as phrases, the inner ones by `outer.inner`."""
    words, ordinals = (_numbers(file, content[name]) for name in COUNTED)
    numbers = ages_written(words, ordinals, threshold)
    found = {}
    for name, inner in content.items():
        if name in COUNTED:
            continue
        for place, written in _flat(name, inner):
            try:
                found[place] = [read_phrase(phrase, numbers) for phrase in _entries(written)]
            except PhraseUnreadable as error:
                raise SensitiveWordsWrong(f"{file}: {place}: {error}") from None
    return found


def _flat(name: str, inner: Any) -> Iterable[tuple[str, str]]:
    if isinstance(inner, dict):
        return [(f"{name}.{kind}", str(written or "")) for kind, written in inner.items()]
    return [(name, str(inner or ""))]


def _entries(written: str) -> list[str]:
    """Split a list at commas and line ends."""
    return [entry.strip() for line in written.splitlines() for entry in line.split(",") if entry.strip()]


def _numbers(file: str, written: object) -> dict[str, int]:
    """Read `twelve 12, thirteen 13`."""
    numbers = {}
    for entry in _entries(str(written or "")):
        word, _, number = entry.rpartition(" ")
        if not word.isalpha() or not number.isdecimal():
            raise SensitiveWordsWrong(f"{file}: numbers: “{entry}” is not a word and a number.")
        numbers[word] = int(number)
    return numbers


def _all(lists: Mapping[str, list[Phrase]], name: str) -> Phrases:
    return Phrases(phrase for kind in KINDS for phrase in lists[f"{name}.{kind}"])
