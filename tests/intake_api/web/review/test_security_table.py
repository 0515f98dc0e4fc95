"""docs/security-tests.md is true: each id stands in it once, each test that it names is there and carries the id."""

import re

import pytest

from tests.intake_api.conftest import ROOT

TABLE = re.compile(r"^\| ([A-Z]+-\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
ROWS = TABLE.findall((ROOT / "docs" / "security-tests.md").read_text("utf-8"))
IDS = [
    *(f"SEC-{number:02}" for number in range(1, 24)),
    "SEC-33",
    "SEC-52",
    "M-10",
    *(f"A-{number:02}" for number in range(1, 7)),
    "T-08",
    "T-10",
    "X-06",
]


def test_each_id_that_touches_this_door_stands_in_it_once() -> None:
    assert [one for one, _ in ROWS] == IDS


@pytest.mark.parametrize(("wanted", "named"), ROWS, ids=[one for one, _ in ROWS])
def test_each_test_is_there_and_carries_the_id(wanted: str, named: str) -> None:
    tests = re.findall(r"`([\w/]+\.py)::(test_\w+)`", named)
    assert named == ", ".join(f"`{file}::{test}`" for file, test in tests)
    for file, test in tests:
        source = (ROOT / "tests" / "intake_api" / file).read_text("utf-8")
        assert re.search(rf"def {test}\b", source), f"{file} has no {test}"
        assert wanted.lower().replace("-", "") in test.split("_"), f"{test} does not carry {wanted}"
