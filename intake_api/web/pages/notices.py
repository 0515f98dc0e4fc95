"""Notices for people: the very sentences of the hashed text, in the order Article 13 asks for them."""

import json
import re

from flask import Blueprint, Response, render_template, request

from intake_api.catalogue.model import FormUnknown
from intake_api.store.notices import NoticeUnknown, get_notice_body
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.pages.forms import choose_another
from intake_api.web.pages.language import Language, choose_language, other_languages, words_in

notice_pages = Blueprint("notice_pages", __name__, template_folder="templates")

HASH = re.compile("[0-9a-f]{64}")
CACHE_A_DAY = "public, max-age=86400"


@notice_pages.get("/notices/<notice_hash>")
@open_to("anyone")
def get_notice_page(notice_hash: str) -> Response:
    """Show a notice, also one that is no longer current."""
    if not HASH.fullmatch(notice_hash):
        raise NoticeUnknown
    with door().store.reading() as tx:
        notice = json.loads(get_notice_body(tx, notice_hash))
    language = Language(notice["locale"], (notice["locale"],), True, words_in(notice["locale"]))
    text = render_template("pages/notice.html", notice=notice, notice_hash=notice_hash, language=language)
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = CACHE_A_DAY
    return response


@notice_pages.get("/privacy")
@open_to("anyone")
def get_privacy() -> Response:
    """Show the whole notice of one form, and the way to those of the others."""
    catalogue = door().catalogue
    form = request.args.get("form", next(iter(catalogue.forms)))
    if form not in catalogue.forms:
        raise FormUnknown(form)
    language = choose_language(form)
    if not language.is_offered:
        return choose_another(form, language)
    forms = [(key, catalogue.view(key, language.locale).document["title"]) for key in catalogue.forms
             if language.locale in catalogue.locales_of(key)]  # fmt: skip
    notice = catalogue.notice(form, language.locale)
    text = render_template(
        "pages/privacy.html",
        forms=forms,
        form=form,
        notice=notice.document,
        notice_hash=notice.hash,
        language=language,
        languages=other_languages(language),
    )
    return Response(text, content_type="text/html; charset=utf-8")
