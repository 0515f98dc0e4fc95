"""The corpora of others that tests read from beside the project. On a machine without them the tests that need them
skip and say so; in CI they must run, so there a missing folder is a failure."""

import json
import os
from pathlib import Path

import pytest

from intake_api.rules.text import Refused, clean
from tests.intake_api.conftest import SHARED

CORPORA = SHARED / "corpora"
may_be_absent = not CORPORA.is_dir() and "CI" not in os.environ
needs_corpora = pytest.mark.skipif(may_be_absent, reason="the folder ../shared/corpora is not here")


def json_files() -> list[Path]:
    """Return the files of JSONTestSuite: `y_` valid, `n_` not, `i_` either."""
    files = sorted((CORPORA / "json-parsing").glob("*.json"))
    if not files and not may_be_absent:
        raise FileNotFoundError(CORPORA)
    return files


def naughty_strings() -> list[str]:
    """Return the Big List of Naughty Strings."""
    strings: list[str] = json.loads((CORPORA / "naughty-strings.json").read_text())
    return strings


def naughty_chunks(size: int = 1000) -> list[str]:
    """Return the naughty strings that the text policy takes, many to a message, so that a few pages show them all."""
    chunks, chunk = [], ""
    for string in naughty_strings():
        try:
            cleaned = clean(string, size, lines=True)
        except Refused:
            continue
        if len(chunk) + len(cleaned) + 1 > size:
            chunks.append(chunk)
            chunk = ""
        chunk += cleaned + "\n"
    return [*chunks, chunk]
