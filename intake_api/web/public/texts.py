"""Look at a free text that stands in no field yet: what a visitor writes in a chat. On the internal door only."""

from typing import cast

from flask import Blueprint, Response

from intake_api.catalogue.shown import FreeTexts
from intake_api.rules.text import Refused, clean
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.public.schemas.submissions import TextBody
from intake_api.web.public.schemas.texts import TEXT_LENGTH
from intake_api.web.strict_json import read_json
from intake_api.web.strict_query import refuse_query

texts = Blueprint("texts", __name__)

_TEXT = TextBody()


@texts.post("/v1/texts/checks")
@open_to("service")
def check_text() -> Response:
    """Tell a text as it might be kept (M-05, C-11), and whether a child wrote it (K-03). Nothing is kept or logged."""
    refuse_query()
    body = cast("dict[str, str]", read_json(_TEXT))
    here = _reader(body["locale"], body.get("form"))
    read = here.reader.read(_as_kept(body["text"]), TEXT_LENGTH)
    return json_answer({"too_young": read.too_young, "value": read.text, "warnings": here.told(read.left_out)})


def _reader(locale: str, form: str | None) -> FreeTexts:
    """Return what reads texts in a locale: of the form that is open, whose age counts, or of none."""
    catalogue = door().catalogue
    if form is not None:
        return catalogue.view(catalogue.form(form).key, locale).free_texts
    if locale not in catalogue.free_texts:
        raise RequestProblem("locale_not_available", extra={"locales": list(catalogue.free_texts)})
    return catalogue.free_texts[locale]


def _as_kept(typed: str) -> str:
    """Clean a text as a field would. What a field refuses is read as it came: the form will say what is wrong."""
    try:
        return clean(typed, TEXT_LENGTH, lines=True)
    except Refused:
        return typed
