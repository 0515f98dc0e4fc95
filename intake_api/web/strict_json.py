"""JSON read strictly: what two parsers could understand differently is refused, not interpreted (SEC-25).

The order matters: size, content type, encoding, nesting, and only then the parser. Nothing of the body goes into an
error, and whatever is sent, the answer is a 4xx with a code.
"""

import json
import math
import re
from typing import NoReturn

from flask import request
from marshmallow import Schema, ValidationError
from werkzeug.http import parse_options_header

from intake_api.web.errors import FieldProblem, RequestProblem
from intake_api.web.limits import BODY_BYTES, JSON_DEPTH, JSON_KEY_LENGTH, JSON_KEYS, JSON_NUMBER_LENGTH

# A text without its closing quote reaches to the end: so no quote is ever looked at twice, whatever is sent.
BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")

# What is wrong with the shape of a body, by the code of one key.
SHAPE_CODES = {
    "missing": "This is needed.",
    "unknown": "There is no such key here.",
    "type_wrong": "This is not the kind of value that belongs here.",
    "value_wrong": "This value is not one that can stand here.",
}


def read_json(shape: type[Schema] | Schema, *, max_bytes: int = BODY_BYTES) -> dict[str, object]:
    """Read the request's body as one JSON object of a shape.

    :raises RequestProblem: 400 not strict JSON, 413 too large, 415 another content type, 422 another shape.
    """
    need_json()
    document = parse_object(read_body(max_bytes))
    return load_shape(shape, document, code="body_invalid")


def is_body_sent() -> bool:
    """Say whether the request has a body, or says that it has."""
    return bool(request.content_type or request.content_length or "Transfer-Encoding" in request.headers)


def load_shape(shape: type[Schema] | Schema, values: object, *, code: str) -> dict[str, object]:
    """Check names, types and lengths against a schema.

    :raises RequestProblem: `code`, with a code for each key that is wrong; keys are named, values are not (M-01).
    """
    schema = shape() if isinstance(shape, type) else shape
    try:
        loaded: dict[str, object] = schema.load(values)  # type: ignore[arg-type]
    except ValidationError as error:
        raise RequestProblem(code, fields=_by_key(error.messages)) from None
    return loaded


def parse_object(body: bytes) -> dict[str, object]:
    """Parse bytes as one strict JSON object.

    :raises RequestProblem: 400 or 422.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestProblem("json_invalid") from None
    _refuse_depth(text)
    try:
        document = _DECODER.decode(text)
    except ValueError:
        raise RequestProblem("json_invalid") from None
    if not isinstance(document, dict):
        raise RequestProblem("body_invalid", "The body must be one JSON object.")
    if HALF_CHARACTER.search(text):
        _refuse_half_characters(document)
    return document


def read_body(max_bytes: int = BODY_BYTES) -> bytes:
    """Read the request's body, however it is framed.

    :raises RequestProblem: 413 too large.
    """
    # One byte more than allowed: a chunked body has no length to refuse beforehand, it just ends at the limit.
    request.max_content_length = max_bytes + 1
    body = request.get_data(cache=False)
    if len(body) > max_bytes:
        raise RequestProblem("body_too_large")
    return body


def need_json() -> None:
    """Refuse a body that is not said to be JSON in UTF-8.

    :raises RequestProblem: 415 another content type.
    """
    kind, options = parse_options_header(request.headers.get("Content-Type"))
    plain = not options or (list(options) == ["charset"] and options["charset"].lower() == "utf-8")
    if kind.lower() != "application/json" or not plain:
        raise RequestProblem("content_type_not_accepted", "Send the body as application/json.")


def _refuse_depth(text: str) -> None:
    """Refuse deep nesting before the parser recurses into it. Few brackets cannot be deep: most bodies end here."""
    if text.count("{") + text.count("[") <= JSON_DEPTH:
        return
    depth = 0
    for found in BRACKETS.finditer(text):
        bracket = found.group()
        if bracket in "[{":
            depth += 1
            if depth > JSON_DEPTH:
                raise RequestProblem("json_too_deep")
        elif bracket in "]}":
            depth -= 1


def _refuse_half_characters(value: object) -> None:
    """Refuse a lone surrogate: it is no character, and neither the database nor a hash can take it."""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise RequestProblem("json_invalid")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_half_characters(key)
            _refuse_half_characters(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_half_characters(inner)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > JSON_KEYS:
        raise RequestProblem("json_too_many_keys")
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RequestProblem("json_duplicate_key")
    if any(len(key) > JSON_KEY_LENGTH for key in found):
        raise RequestProblem("json_key_too_long")
    return found


def _whole(digits: str) -> int:
    if len(digits) > JSON_NUMBER_LENGTH:
        raise RequestProblem("json_invalid", "A number is too long.")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits) if len(digits) <= JSON_NUMBER_LENGTH else math.inf
    if math.isinf(number):
        raise RequestProblem("json_invalid", "A number is too long or too large.")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise RequestProblem("json_invalid")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant
)


def _by_key(messages: object) -> dict[str, FieldProblem]:
    """Flatten the schema's messages, which are codes, to one for each key; inner keys are written with a dot."""
    found: dict[str, FieldProblem] = {}
    if not isinstance(messages, dict):
        return found
    for key, inner in messages.items():
        if isinstance(inner, dict):
            found |= {
                str(key) if name in ("key", "value") else f"{key}.{name}": it for name, it in _by_key(inner).items()
            }
        else:
            code = next((code for code in inner if code in SHAPE_CODES), "value_wrong")
            found[str(key)] = {"code": code, "text": SHAPE_CODES[code]}
    return found
