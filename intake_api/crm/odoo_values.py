"""What Odoo's fields are given, and whether they hold it."""

import html
import re
from typing import Any

from intake_api.crm.port import FieldValue

YES = frozenset({"given", "acted", "1", "true", "yes"})  # of a check box: what was decided, or a fixed value
TAG = re.compile(r"<[^>]*>")
SPACE = re.compile(r"\s+")
TIME_LENGTHS = {"date": 10, "datetime": 19}


def as_loaded(value: FieldValue, kind: str) -> str:
    """Write a value as `load` reads it for a field of a kind, the way a file is imported; empty empties the field."""
    text = str(value)
    if kind == "html":  # what a visitor typed is no markup
        return html.escape(text).replace("\n", "<br/>")
    if kind == "boolean":  # `load` takes any word for yes
        return "1" if text.lower() in YES else "0"
    return text[: TIME_LENGTHS.get(kind)]


def holds(held: Any, value: FieldValue, kind: str) -> bool:
    """Say whether what `read` gave for a field is the value."""
    text = str(value)
    if kind == "boolean":
        return held is (text.lower() in YES)
    if held is False or held is None:
        return not text
    if kind == "html":
        return _plain(held) == SPACE.sub(" ", text).strip()
    if kind == "many2one":
        return isinstance(held, list) and held[-1:] == [text]
    if kind in ("many2many", "one2many"):
        return True  # ids, of which we know no names
    return str(held) == text[: TIME_LENGTHS.get(kind)]


def _plain(markup: object) -> str:
    return SPACE.sub(" ", html.unescape(TAG.sub(" ", str(markup)))).strip()
