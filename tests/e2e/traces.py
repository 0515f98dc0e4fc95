"""Where something that was typed has left a trace: every file of a copy's state, and all its processes say."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from tests.processes import WholeHouse


def traces_in(house: WholeHouse, marks: Iterable[str]) -> dict[str, list[str]]:
    """Search every file of the house's state and all its output; return by file which marks were found."""
    marks = list(marks)
    found = traces_in_folder(house.state, marks)
    if there := marks_in(house.process.log.read_bytes(), marks):
        found["output"] = there
    return found


def traces_in_folder(folder: Path, marks: Iterable[str]) -> dict[str, list[str]]:
    """Search every file below a folder, byte by byte; return by file which marks were found."""
    marks = list(marks)
    found = {}
    for file in sorted(folder.rglob("*")):
        try:
            found[str(file.relative_to(folder))] = marks_in(file.read_bytes(), marks)
        except (IsADirectoryError, FileNotFoundError):  # a file that went while we looked holds nothing any more
            continue
    assert found, f"there is nothing to search in {folder}"
    return {name: there for name, there in found.items() if there}


def marks_in(data: bytes, marks: Iterable[str]) -> list[str]:
    """Return the marks found in data, in any of the forms they might have been written in."""
    lower = data.lower()
    return [mark for mark in marks if any(written in lower for written in written_forms(mark))]


def written_forms(mark: str) -> set[bytes]:
    """Return how a mark may stand in a file, in lower case: plain, quoted for an address or for JSON, in UTF-16, in the
    middle of base64, and the digits of a phone number alone."""
    digits = re.sub(r"\D", "", mark)
    is_number = re.fullmatch(r"[\d\s()+.-]+", mark) is not None and len(digits) > 7
    texts = {mark, quote(mark), json.dumps(mark)[1:-1], *({digits, digits[-8:]} if is_number else ())}
    plain = {text.encode().lower() for text in texts}
    return plain | {mark.encode("utf-16-le").lower()} | {_inside_base64(mark, shift) for shift in range(3)}


def _inside_base64(mark: str, shift: int) -> bytes:
    """Return the signs of base64 that are the mark's alone when `shift` bytes of another text stand before it."""
    data = mark.encode()
    encoded = base64.b64encode(b"\0" * shift + data).rstrip(b"=")
    whole_signs = (shift + len(data)) * 8 // 6
    return encoded[-(-shift * 8 // 6) : whole_signs].lower()
