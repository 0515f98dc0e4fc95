"""Where something that was typed has left a trace: every file of a copy's state, and all its processes say."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from tests.processes import WholeHouse


def traces_in(house: WholeHouse, marks: Iterable[str]) -> dict[str, list[str]]:
    """Search every file of the house's state and all its output; return by file which marks were found."""
    marks = list(marks)
    files = [file for file in house.state.rglob("*") if file.is_file()]
    assert any(file.suffix == ".sqlite" for file in files)
    found = {str(file.relative_to(house.state)): marks_in(file.read_bytes(), marks) for file in files}
    found["output"] = marks_in(house.process.log.read_bytes(), marks)
    return {name: there for name, there in found.items() if there}


def marks_in(data: bytes, marks: Iterable[str]) -> list[str]:
    """Return the marks found in data, in any of the forms they might have been written in."""
    lower = data.lower()
    return [mark for mark in marks if any(written in lower for written in written_forms(mark))]


def written_forms(mark: str) -> set[bytes]:
    """Return how a mark may stand in a file, in lower case: plain, quoted for an address or for JSON, base64, UTF-16,
    and the digits of a phone number alone."""
    digits = re.sub(r"\D", "", mark)
    only_digits = re.fullmatch(r"[\d\s()+.-]+", mark) is not None and len(digits) > 7
    texts = {
        mark,
        quote(mark),
        json.dumps(mark)[1:-1],
        base64.b64encode(mark.encode()).decode().rstrip("="),
        *({digits, digits[-8:]} if only_digits else ()),
    }
    return {text.encode().lower() for text in texts} | {mark.encode("utf-16-le").lower()}
