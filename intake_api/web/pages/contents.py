"""What a form gives away: a page to print, for whoever has its address."""

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.pages.language import only_in

content_pages = Blueprint("content_pages", __name__, template_folder="templates")


@content_pages.get("/downloads/<content>/<locale>")
@open_to("anyone")
def get_content(content: str, locale: str) -> Response:
    """Show a content in a language; nothing about the visitor is asked or written."""
    found = door().catalogue.contents.get((content, locale))
    if found is None:
        raise NotFound
    text = render_template("pages/content.html", content=found, language=only_in(locale))
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
