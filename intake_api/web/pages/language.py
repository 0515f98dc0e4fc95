"""In which language a visitor is spoken to: the one they ask for, if it is whole; never silently another (N-17)."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from intake_api.web.door import door
from intake_api.web.words import Words, all_words


@dataclass(frozen=True)
class Language:
    """The language of a page. `is_offered` is false when another one was asked for that the form is not offered in."""

    locale: str
    offered: tuple[str, ...]
    is_offered: bool
    words: Words


def choose_language(form: str, asked: str | None = None) -> Language:
    """Choose by what was asked for, else by what the browser prefers, else the catalogue's first.

    :raises FormUnknown: no such form.
    """
    catalogue = door().catalogue
    offered = tuple(locale for locale in catalogue.locales_of(form) if locale in all_words())
    wanted = asked or request.args.get("lang")
    if wanted is not None and wanted not in offered:
        return Language(offered[0], offered, False, words_in(offered[0]))
    locale = wanted or request.accept_languages.best_match(offered) or offered[0]
    return Language(locale, offered, True, words_in(locale))


def only_in(locale: str) -> Language:
    """Return the language of a page that stands in this one alone."""
    return Language(locale, (locale,), True, words_in(locale))


def words_in(locale: str) -> Words:
    """Return the words of a language, or the first one's where a language has none."""
    words = all_words()
    return words.get(locale) or words[door().catalogue.default_locale]


def other_languages(language: Language) -> Sequence[tuple[str, str]]:
    """Return code and own name of each language that is offered."""
    names = door().catalogue.language_names
    return [(locale, names[locale]) for locale in language.offered]
