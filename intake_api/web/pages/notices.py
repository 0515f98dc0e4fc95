"""Notices for people: the very sentences of the hashed text, in the order Article 13 asks for them."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup, escape

from intake_api.catalogue.model import FormUnknown
from intake_api.store.notices import NoticeUnknown, get_notice_body
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.pages.forms import choose_another
from intake_api.web.pages.language import choose_language, only_in, other_languages

notice_pages = Blueprint("notice_pages", __name__, template_folder="templates")

HASH = re.compile("[0-9a-f]{64}")
CACHE_A_DAY = "public, max-age=86400"


@notice_pages.app_template_filter("linked")
def linked(text: str, notice: Mapping[str, Any]) -> Markup:
    """Make links of the mail addresses and the authority that the notice itself names, and of nothing else (SEC-14)."""
    targets = _targets(notice)
    names = re.compile("|".join(re.escape(name) for name in sorted(targets, key=len, reverse=True)) or r"(?!)")
    made, end = Markup(), 0
    for found in names.finditer(text):
        anchor = Markup('<a href="{}">{}</a>').format(targets[found.group()], found.group())
        made, end = made + escape(text[end : found.start()]) + anchor, found.end()
    return made + escape(text[end:])


@notice_pages.get("/notices/<notice_hash>")
@open_to("anyone")
def get_notice_page(notice_hash: str) -> Response:
    """Show a notice, also one that is no longer current."""
    if not HASH.fullmatch(notice_hash):
        raise NoticeUnknown
    with door().store.reading() as tx:
        notice = json.loads(get_notice_body(tx, notice_hash))
    language = only_in(notice["locale"])
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


def _targets(notice: Mapping[str, Any]) -> dict[str, str]:
    """Return what becomes a link in a notice's sentences, and where it leads."""
    controller, authority = notice["controller"], notice["authority"]
    addresses = [address for key in ("email", "dpo") if (address := controller.get(key)) and "@" in address]
    targets = {address: f"mailto:{quote(address, safe='@+')}" for address in addresses}
    if authority.get("url", "").startswith("https://"):
        targets[authority["name"]] = authority["url"]
    return targets
