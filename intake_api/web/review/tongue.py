"""In which language the pages of the review door speak: whoever is signed in says so, else their browser.

English stands in the code and in the templates; `translations/<language>/LC_MESSAGES/review.po` say the same in the
others. `python -m tools.words` brings them in line with what stands here and checks that nothing is left out.
"""

import io
from pathlib import Path
from typing import cast

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale, gettext, lazy_gettext
from flask_babel import ngettext as _ngettext

from intake_api.store.staff import Reviewer

# Each under its own name, as those who read it look for it.
LANGUAGES = {"en": "English", "lv": "Latviešu", "ru": "Русский", "pl": "Polski", "cs": "Čeština"}
ENGLISH = "en"
TRANSLATIONS = Path(__file__).parent / "translations"


def speak(app: Flask) -> None:
    """Let an app's pages speak the language of whoever reads them."""
    babel = Babel(app, default_locale=ENGLISH, locale_selector=choose_language)
    babel.domain_instance = _Catalogues()
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals.update(tongue=language, tongues=LANGUAGES)


def choose_language() -> str:
    """Return the language of the present request: the reader's own choice, else what their browser prefers (C-07).

    A browser that prefers none of ours, or says nothing, gets English.
    """
    person: Reviewer | None = g.get("reviewer") if has_request_context() else None
    if person is not None and person.language in LANGUAGES:
        return person.language
    return (request.accept_languages.best_match(LANGUAGES) if has_request_context() else None) or ENGLISH


def language() -> str:
    """Return the code of the language that is spoken now; English where nobody asks."""
    return speech().language


def speech() -> Locale:
    """Return how the language that is spoken now writes days and numbers."""
    return get_locale() or Locale(ENGLISH)


def _(text: str, **named: object) -> str:
    """Say a sentence of ours in the language of the reader. `text` is written out, so that it can be collected."""
    return str(gettext(text, **named))


def ngettext(one: str, many: str, number: int, **named: object) -> str:
    """Say a sentence about a number of things, which it holds as `%(num)s`."""
    return str(_ngettext(one, many, number, **named))


def _l(text: str, **numbers: int) -> str:
    """Say a sentence later: for tables of words, made before anybody asks.

    It stands in pages as it is, so it takes numbers only, and no names that somebody else could have written.
    """
    return cast(str, lazy_gettext(text, **numbers))


def from_below(text: str) -> str:
    """Say a sentence that a lower floor wrote in English: of a closed table, or an error. `below.py` names them all."""
    return str(gettext(text))


class _Catalogues(Domain):  # type: ignore[misc]
    """The sentences of each language, read from their text when they are first asked for: nothing has to be built."""

    def __init__(self) -> None:
        super().__init__(str(TRANSLATIONS), "review")

    def get_translations(self) -> NullTranslations:
        """Return the sentences of the language that is spoken now."""
        code = language()
        if code not in self.cache:
            self.cache[code] = read_translations(code)
        return cast(NullTranslations, self.cache[code])


def read_translations(code: str) -> NullTranslations:
    """Read the sentences of a language; English has none but its own."""
    path = TRANSLATIONS / code / "LC_MESSAGES" / "review.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain="review")
