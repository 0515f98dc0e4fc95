"""How these pages call what the catalogue names, in the language of whoever reads them.

A name of the catalogue's `staff` words, else what visitors read in that language, else the bare key as words: a form or
a purpose of an old lead may be in the catalogue no more.
"""

from collections.abc import Mapping

from babel import Locale, UnknownLocaleError

from intake_api.web.door import door
from intake_api.web.review.tongue import language, speech


def form_name(form: str) -> str:
    """Return how a form is called, to stand alone."""
    return capital(_named(f"forms.{form}", form))


def purpose_name(purpose: str) -> str:
    """Return how a purpose is called within a sentence."""
    return _named(f"purposes.{purpose}", purpose)


def field_name(field: str) -> str:
    """Return how a field is called within a sentence."""
    return _named(f"fields.{field}", field)


def team_name(team: str) -> str:
    """Return what a team does."""
    return _named(f"teams.{team}", team)


def rule_name(rule: str) -> str:
    """Return how a rule that gives leads to a team is called."""
    return _named(f"rules.{rule}", rule)


def score_says(form: str, line: Mapping[str, object]) -> str:
    """Return what a line of a score says, as it is kept with the lead.

    A version of the lines that the catalogue has no more may have meant something else by the same id: its own words
    stand, in the language in which they were written.
    """
    known = door().catalogue.forms.get(form)
    is_of_today = known is not None and known.qualification_version == line["version"]
    says = str(line["says"])
    return _said().get(f"score.{form}.{line['id']}", says) if is_of_today else says


def language_name(code: str) -> str:
    """Return how a language is called, to stand alone; one that nobody has a name for, by its code."""
    try:
        return capital(Locale.parse(code).get_display_name(speech()) or code)
    except (UnknownLocaleError, ValueError):
        return code


def spoken(name: str) -> str:
    """Write an id as words: `product_offers` is `product offers`."""
    return name.replace("_", " ")


def capital(text: str) -> str:
    """Write a name as it begins a line; the letters behind the first stay, since some are names."""
    return text[:1].upper() + text[1:]


def _named(key: str, bare: str) -> str:
    return _said().get(key) or spoken(bare)


def _said() -> Mapping[str, str]:
    names = door().catalogue.staff_names.get(language())
    return names.said if names else {}
