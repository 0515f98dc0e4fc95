"""Give out what is answered to everybody: about the company and the product, and when people answer."""

from flask import Blueprint, Response

from intake_api.clock import rfc3339
from intake_api.rules.opening_hours import is_open, next_opening
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.public.schemas.forms import AnswersQuery
from intake_api.web.strict_query import read_query

standing_answers = Blueprint("standing_answers", __name__)

_QUERY = AnswersQuery()


@standing_answers.get("/v1/answers")
@open_to("anyone", "service")
def get_answers() -> Response:
    """Return the answers of a language, in the order in which they are tried, and whether people answer now."""
    here = door()
    locale = read_query(_QUERY).get("locale", here.catalogue.default_locale)
    answers = here.catalogue.answers.get(locale)
    if answers is None:
        raise RequestProblem("locale_not_available", extra={"locales": list(here.catalogue.answers)})
    hours, now = here.catalogue.organisation.opening_hours, here.now()
    opens_at = None if (open_now := is_open(hours, now)) else next_opening(hours, now)
    return json_answer(
        {
            "locale": locale,
            "opening_hours": {
                "text": answers.opening_hours,
                "open_now": open_now,
                "opens_at": rfc3339(opens_at) if opens_at else None,
            },
            "answers": [{"id": one.id, "about": list(one.about), "text": one.text} for one in answers.listed],
        }
    )
