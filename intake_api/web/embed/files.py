"""What other sites load: one line, and behind it the scripts of the chat and of forms, without dependencies.

`/embed.js` is what the line names; `/embed/chat.js` and `/embed/form-<locale>.js` are asked for when a visitor presses
a button or comes near a form (H-19). They are put together once per process, with their words and their styles inside,
so that a page needs no permission for anything but this script and its calls.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from intake_api.catalogue.definitions import Form
from intake_api.catalogue.model import Catalogue
from intake_api.rules.attribution import CAMPAIGN, CAMPAIGN_LENGTH, CAMPAIGN_NAMES, CODE, OTHER, SOURCES
from intake_api.web.access import open_to
from intake_api.web.embed.spoken import FORM_WORDS, LINE_WORDS, spoken
from intake_api.web.errors import RequestProblem
from intake_api.web.words import Words, all_words

widget = Blueprint("widget", __name__)

FOLDER = Path(__file__).parent / "scripts"
# Each script is joined in this order: the visitor waits for one answer, and no bundler is needed.
LINE = (
    "line.js", "elements.js", "host.js", "announcing.js", "corner.js", "inline.js", "button.js", "popup.js", "embed.js"
)  # fmt: skip
CHAT = ("elements.js", "service.js", "token.js", "texts.js", "panel.js", "box.js", "chat.js")
FORM = ("elements.js", "service.js", "fields.js", "decisions.js", "sheet.js", "solving.js", "form.js", "window.js")
KEY = "vestibule.widget"
COMMENT = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)\n", re.DOTALL | re.MULTILINE)
SET_IN = re.compile(r"^\s+", re.MULTILINE)
# Any page may load them: who may call the service from there is decided by its origin (SEC-13).
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
    """The scripts of a door: what the line names, and what it loads, by name."""

    line: Script
    loaded: Mapping[str, Script]


def put_widget(app: Flask, catalogue: Catalogue, public_url: str) -> None:
    """Put the scripts together for an app that has its words.

    :param public_url: links the assistant gives begin with it, and only those become links.
    """
    with app.app_context():
        words = {locale: said for locale, said in all_words().items() if locale in catalogue.locales}
    chat, forms = _chat(words, public_url), {locale: _form(said) for locale, said in words.items()}
    versions = {"chat": chat.tag, "form": _tag(b"".join(script.plain for script in forms.values()))}
    loaded = {
        "chat": chat,
        "frame": _script(_joined(("frame.js",))),
        "proof": _script(_joined(("solving.js", "proof.js"))),
        **{f"form-{locale}": script for locale, script in forms.items()},
    }
    app.extensions[KEY] = Widget(_line(words, catalogue, versions), loaded)


@widget.get("/embed.js")
@open_to("anyone")
def get_line() -> Response:
    """Give out the script that other pages name in their one line."""
    return _given(_widget().line)


@widget.get("/embed/<name>.js")
@open_to("anyone")
def get_loaded(name: str) -> Response:
    """Give out what the line loads; the query only keeps copies of different versions apart."""
    script = _widget().loaded.get(name)
    if script is None:
        raise RequestProblem("not_found")
    return _given(script)


def _line(words: Mapping[str, Words], catalogue: Catalogue, versions: Mapping[str, str]) -> Script:
    served = {
        "words": {locale: spoken(said, LINE_WORDS) for locale, said in words.items()},
        "locale": catalogue.default_locale,
        "form": next(iter(catalogue.forms)),
        "forms": {form.key: _about(catalogue, form) for form in catalogue.forms.values()},
        "style": _read("embed.css"),
        "versions": versions,
    }
    return _script(f'(function (served) {{\n"use strict";\n{_joined(LINE)}}})({_json(served)});\n')


def _about(catalogue: Catalogue, form: Form) -> dict[str, Any]:
    """Return what is known of a form before it is asked for: nothing that a visitor would be asked."""
    titles = {
        locale: catalogue.view(form.key, locale).notice.texts["form_title"] for locale in catalogue.locales_of(form.key)
    }
    popup = {"popup": asdict(form.popup)} if form.popup else {}
    event = {"event": form.event} if form.event else {}
    return {"titles": titles, **popup, **event}


def _chat(words: Mapping[str, Words], public_url: str) -> Script:
    served = {
        "words": {locale: said["chat"] for locale, said in words.items()},
        "style": _read("chat.css"),
        "address": public_url,
    }
    return _module(CHAT, served)


def _form(words: Words) -> Script:
    """Make the script of forms in one language: a page shows them in one, and it is most of what they weigh."""
    takes = {
        **dict.fromkeys(CAMPAIGN_NAMES, f"(?=.{{1,{CAMPAIGN_LENGTH}}}$){CAMPAIGN}"),
        "source": "|".join(SOURCES),
        "code": CODE,
    }
    said = {"words": spoken(words, FORM_WORDS), "takes": takes, "other": OTHER}
    return _module(FORM, {**said, "style": _read("form.css")})


def _module(files: tuple[str, ...], served: Mapping[str, Any]) -> Script:
    return _script(f"const SERVED = {_json(served)};\n{_joined(files)}")


def _joined(files: tuple[str, ...]) -> str:
    return "\n".join(map(_read, files))


def _script(text: str) -> Script:
    plain = text.encode()
    return Script(plain, gzip.compress(plain, mtime=0), _tag(plain))


def _tag(plain: bytes) -> str:
    return hashlib.sha256(plain).hexdigest()[:16]


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
    """Read a file without what is for those who write it: comments that fill their lines, and how it is set in."""
    text = (FOLDER / name).read_text("utf-8")
    return SET_IN.sub("", COMMENT.sub("", text))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
