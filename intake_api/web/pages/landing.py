"""The demo landing page of the invented company: the form in the page, the chat beside it."""

from flask import Blueprint, Response, render_template, request

from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.pages.form_page import campaign_of_address
from intake_api.web.pages.forms import choose_another, fresh_page
from intake_api.web.pages.language import choose_language

landing = Blueprint("landing", __name__, template_folder="templates")


@landing.get("/")
@open_to("anyone")
def get_landing() -> Response:
    """Show the landing page with the first form of the catalogue."""
    form = next(iter(door().catalogue.forms))
    language = choose_language(form)
    if request.method == "HEAD":
        return Response(content_type="text/html; charset=utf-8")
    if not language.is_offered:
        return choose_another(form, language)
    page = fresh_page(form, language, campaign_of_address())
    text = render_template(
        "pages/landing.html",
        page=page,
        language=language,
        organisation=door().catalogue.organisation,
    )
    return Response(text, content_type="text/html; charset=utf-8")
