"""Ask for a right at a door, by the API or on a page: the same to everybody, and not without end (S-03, SEC-37)."""

from flask import Flask, current_app

from intake_api.flows.ask_for_right import ask_for_right
from intake_api.rules.rights import RightsKind
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.limits import Bucket

KEY = "vestibule.asking"
# For a whole door. An office that all writes on one day gets through, a flood of rows does not.
BURST, PER_SECOND = 500, 2.0


def open_asking(app: Flask) -> None:
    """Give an app its measure."""
    app.extensions[KEY] = Bucket(burst=BURST, per_second=PER_SECOND)


def ask(kind: str, email: str, locale: str) -> None:
    """Open a case; whether anything is held about the address, nobody here finds out.

    :raises RequestProblem: 409 another language, 429 too many.
    :raises Refused: this is no e-mail address.
    """
    here, now = door(), door().now()
    if locale not in here.catalogue.locales:
        raise RequestProblem("locale_not_available", extra={"locales": list(here.catalogue.locales)})
    measure: Bucket = current_app.extensions[KEY]
    if not measure.take(at=now.timestamp()):
        raise RequestProblem("too_many_requests", headers={"Retry-After": "5"})
    ask_for_right(
        here.store,
        here.queue,
        here.settings.secrets.token_key,
        kind=RightsKind(kind),
        email=email,
        locale=locale,
        door=here.name,
        now=now,
    )


def problem_with(locale: str, code: str) -> str:
    """Say in a language what is wrong with an address, in the words that forms say it in."""
    return door().catalogue.any_view(locale).problem_text("email", code)
