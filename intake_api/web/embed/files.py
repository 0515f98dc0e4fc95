"""The chat widget: one line on any page, two scripts without dependencies.

`/embed.js` shows the button; `/embed/chat.js` is the chat, asked for when a visitor presses it (H-19). Both are put
together once per process, with the words of all languages and their styles inside, so that a page needs no permission
for anything but this script and its calls.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from intake_api.catalogue.model import Catalogue
from intake_api.web.access import open_to
from intake_api.web.words import Words, all_words

widget = Blueprint("widget", __name__)

FOLDER = Path(__file__).parent / "scripts"
# One module, joined in this order: the visitor waits for one answer, and no bundler is needed.
CHAT = ("elements.js", "service.js", "texts.js", "panel.js", "chat.js")
KEY = "vestibule.widget"
BUTTON_WORDS = ("title", "open", "away", "form")
# Any page may load them: who may call the chat from there is decided by its origin (SEC-13).
FOR_ANY_PAGE = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
}


@dataclass(frozen=True)
class Script:
    """A script as it is given out, plain and packed."""

    plain: bytes
    packed: bytes
    tag: str


@dataclass(frozen=True)
class Widget:
    """Both scripts of a door."""

    button: Script
    chat: Script


def put_widget(app: Flask, catalogue: Catalogue, public_url: str) -> None:
    """Put the scripts together for an app that has its words.

    :param public_url: links the assistant gives begin with it, and only those become links.
    """
    with app.app_context():
        words = {locale: said["chat"] for locale, said in all_words().items() if locale in catalogue.locales}
    chat = _chat(words, public_url)
    app.extensions[KEY] = Widget(_button(words, catalogue, chat.tag), chat)


@widget.get("/embed.js")
@open_to("anyone")
def get_button() -> Response:
    """Give out the script that other pages name in their one line."""
    return _given(_widget().button)


@widget.get("/embed/chat.js")
@open_to("anyone")
def get_chat() -> Response:
    """Give out the chat; the query only keeps copies of different versions apart."""
    return _given(_widget().chat)


def _button(words: Mapping[str, Words], catalogue: Catalogue, version: str) -> Script:
    served = {
        "words": {locale: {name: said[name] for name in BUTTON_WORDS} for locale, said in words.items()},
        "locale": catalogue.default_locale,
        "form": next(iter(catalogue.forms)),
        "style": _read("embed.css"),
        "version": version,
    }
    return _script(f"{_read('embed.js').rstrip()}({_json(served)});\n")


def _chat(words: Mapping[str, Words], public_url: str) -> Script:
    served = {"words": words, "style": _read("chat.css"), "address": public_url}
    return _script("\n".join((f"const SERVED = {_json(served)};", *map(_read, CHAT))))


def _script(text: str) -> Script:
    plain = text.encode()
    return Script(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:16])


def _given(script: Script) -> Response:
    is_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(
        script.packed if is_packed else script.plain,
        content_type="text/javascript; charset=utf-8",
        headers=FOR_ANY_PAGE,
    )
    response.vary.add("Accept-Encoding")
    if is_packed:
        response.content_encoding = "gzip"
    response.set_etag(script.tag, weak=True)
    response.make_conditional(request)
    return response


def _widget() -> Widget:
    found: Widget = current_app.extensions[KEY]
    return found


def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
