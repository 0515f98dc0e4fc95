"""Show forms: the list, and one form with its notice and a fresh presentation."""

import json

from flask import Blueprint, Response, request

from intake_api.clock import rfc3339
from intake_api.flows.ask_for_proof import ask_for_proof
from intake_api.flows.show_form import ShownForm
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.public.schemas.forms import FormQuery, FormsQuery
from intake_api.web.showing import show_at
from intake_api.web.strict_query import read_query

forms = Blueprint("forms", __name__)

_FORMS_QUERY, _FORM_QUERY = FormsQuery(), FormQuery()


@forms.get("/v1/forms")
@open_to("anyone", "service")
def list_forms() -> Response:
    """List the forms, each with the languages it collects in."""
    catalogue = door().catalogue
    locale = read_query(_FORMS_QUERY).get("locale", catalogue.default_locale)
    if locale not in catalogue.locales:
        raise RequestProblem("locale_not_available", extra={"locales": list(catalogue.locales)})
    return json_answer({"forms": catalogue.listed(locale)})


@forms.get("/v1/forms/<form>")
@open_to("anyone", "service")
def get_form(form: str) -> Response:
    """Show a form. A GET changes nothing."""
    here = door()
    query = read_query(_FORM_QUERY)
    locale, channel = query.get("locale", here.catalogue.default_locale), query.get("channel", "page")
    if request.method == "HEAD":
        return json_answer(here.catalogue.view(form, locale).json)
    return json_answer(form_json(show_at(here, form, locale, channel)))


def form_json(shown: ShownForm) -> str:
    """Write a shown form as JSON: most of it was written when the catalogue was loaded."""
    presentation = {"id": shown.signed_id, "expires_at": rfc3339(shown.presentation.expires_at)}
    told: dict[str, object] = {"channel": shown.presentation.channel, "presentation": presentation}
    if shown.presentation.asks_proof:
        told["proof"] = ask_for_proof(door().settings.secrets.token_key, shown.presentation)
    own = json.dumps(told)
    return f"{shown.view.json[:-1]},{own[1:]}"
