"""Names and values in addresses and in sent HTML forms: each known, each once (SEC-26, parameter pollution)."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from flask import request
from marshmallow import Schema
from werkzeug.http import parse_options_header

from intake_api.web.errors import RequestProblem
from intake_api.web.limits import FORM_KEYS
from intake_api.web.strict_json import is_body_sent, load_shape, read_body

FORM_TYPE = "application/x-www-form-urlencoded"
UPLOAD_TYPE = "multipart/form-data"
REPEATED = {"code": "repeated", "text": "This stands there more than once."}


def read_query(shape: Schema) -> dict[str, str]:
    """Read the query of the address as a shape of texts.

    :raises RequestProblem: 422 `query_invalid`.
    """
    values = _each_once(list(request.args.items(multi=True)), code="query_invalid")
    return {name: str(value) for name, value in load_shape(shape, values, code="query_invalid").items()}


def refuse_query() -> None:
    """Refuse any query: for addresses that take none.

    :raises RequestProblem: 422 `query_invalid`.
    """
    if request.query_string:
        fields = {name: {"code": "unknown", "text": "There is no such parameter here."} for name in request.args}
        raise RequestProblem("query_invalid", fields=fields)


def read_form(known: Sequence[str]) -> dict[str, str]:
    """Read a sent HTML form: names that are known, each at most once, in UTF-8.

    :raises RequestProblem: 400 unreadable, 413 too large, 415 another content type, 422 unknown or repeated names.
    """
    kind, _ = parse_options_header(request.headers.get("Content-Type"))
    if kind != FORM_TYPE:
        raise RequestProblem("content_type_not_accepted", "Send the form as browsers do by default.")
    try:
        text = read_body().decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FORM_KEYS)
    except ValueError:
        raise RequestProblem("request_malformed") from None
    values = _each_once(pairs, code="body_invalid")
    if unknown := sorted(values.keys() - set(known)):
        fields = {name: {"code": "unknown", "text": "There is no such field here."} for name in unknown}
        raise RequestProblem("body_invalid", fields=fields)
    return values


def read_form_if_sent(known: Sequence[str]) -> dict[str, str]:
    """Read a form as `read_form` does; nothing at all is a bare button, and as good as an empty form.

    :raises RequestProblem: as `read_form`.
    """
    return read_form(known) if is_body_sent() else {}


def read_upload(known: Sequence[str], file: str) -> tuple[dict[str, str], bytes]:
    """Read a sent HTML form with one file: its values as `read_form` does, and the content of the file.

    :raises RequestProblem: 400 unreadable, 413 too large, 415 another content type, 422 unknown or repeated names.
    """
    kind, _ = parse_options_header(request.headers.get("Content-Type"))
    if kind != UPLOAD_TYPE:
        raise RequestProblem("content_type_not_accepted", "Send the form as browsers send one with a file.")
    values = _each_once(list(request.form.items(multi=True)), code="body_invalid")
    files = list(request.files.items(multi=True))
    if unknown := sorted((values.keys() - set(known)) | {name for name, _ in files if name != file}):
        fields = {name: {"code": "unknown", "text": "There is no such field here."} for name in unknown}
        raise RequestProblem("body_invalid", fields=fields)
    if len(files) > 1:
        raise RequestProblem("body_invalid", fields={file: REPEATED})
    return values, files[0][1].read() if files else b""


def _each_once(pairs: list[tuple[str, str]], *, code: str) -> dict[str, str]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise RequestProblem(code, fields={name: REPEATED for name in values if names.count(name) > 1})
    return values
