"""Stop what mails are about, by the link in each of them (W-04, W-05, RFC 8058).

A mail program presses it without anybody looking: no cookie, no origin, no redirect, and the same 200 whatever it has.
Nothing here counts how many come: a stop is never too many (W-10).
"""

from flask import Blueprint, Response, render_template

from intake_api.flows.stop_by_link import Stoppable, show_stop, stop_by_link
from intake_api.web.access import from_anywhere, open_to
from intake_api.web.door import door
from intake_api.web.headers import unseen
from intake_api.web.pages.language import choose_language, only_in, words_in

stopping = Blueprint("stopping", __name__, template_folder="templates")


@stopping.get("/u/<path:token>")
@open_to("anyone")
def get_stop(token: str) -> Response:
    """Show what is stopped, and a button for it."""
    found = _found(token)
    return _page("pages/stop.html", found, token)


@stopping.post("/u/<path:token>")
@open_to("anyone")
@from_anywhere
def stop(token: str) -> Response:
    """Stop it. What is sent along says nothing more, so it is not read."""
    found = _found(token)
    if found is not None and found.is_alive:
        button = str(words_in(found.locale)["stop"]["button"])
        here = door()
        stop_by_link(here.store, here.settings.secrets.token_key, token, words=button, now=here.now())
    return _page("pages/stopped.html", found, token)


def _found(token: str) -> Stoppable | None:
    return show_stop(door().store, door().settings.secrets.token_key, token)


def _page(template: str, found: Stoppable | None, token: str) -> Response:
    language = only_in(found.locale) if found else choose_language(next(iter(door().catalogue.forms)))
    text = render_template(template, found=found, token=token, language=language)
    response = Response(text, content_type="text/html; charset=utf-8")
    return unseen(response)
