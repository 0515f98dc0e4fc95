"""The corpora of others that tests read from beside the project; absent, the tests that need them skip and say so."""

import json
from pathlib import Path

import pytest

from tests.intake_api.conftest import SHARED

CORPORA = SHARED / "corpora"
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the folder ../shared/corpora is not here")


def json_files() -> list[Path]:
    """Return the files of JSONTestSuite: `y_` valid, `n_` not, `i_` either."""
    return sorted((CORPORA / "json-parsing").glob("*.json"))


def naughty_strings() -> list[str]:
    """Return the Big List of Naughty Strings."""
    strings: list[str] = json.loads((CORPORA / "naughty-strings.json").read_text())
    return strings
