"""`make nlu-report ENTITIES=file.tsv`, with the real door and a store of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.details_report import OF_THE_COPY, own_environment
from tools.run import ROOT

pytestmark = pytest.mark.processes

ROWS = (
    "lang\ttext\tfield\tvalue",
    "en\tI'm Tom Hughes, 020 7946 0958\tphone\t+442079460958",
    "en\tI'm Tom Hughes, 020 7946 0958\tname\ttom  hughes",
    "en\tcall (212) 555-0123\tphone\t+1 212 555 0123",
    "en\tcall (212) 555-0123\temail\t",
    "en\tmy mail is Tom@Kettle.EXAMPLE\temail\ttom@kettle.example",
    "en\tmy mail is Tom@Kettle.EXAMPLE\tcompany\tBlue Kettle",
    "lv\tzvaniet 29 123 456, esmu īpašnieks\tphone\t+37129123456",
    "lv\tzvaniet 29 123 456, esmu īpašnieks\trole\towner",
    "lv\tzvaniet 29 123 456, esmu īpašnieks\trole\tīpašnieks",
    "lv\tanna at firma punkts lv\temail\tINVALID",
    "pl\tjan@@firma.pl\temail\tINVALID",
    "pl\t600 100 200, jest nas 12\theadcount\t12",
    "pl\t600 100 200, jest nas 12\tphone\t+48600100200",
    "cs\t601 12\tphone\tINVALID",
    "cs\ttel 601 123 456\tphone\tINVALID",
    "ru\t8 900 123-45-67, Иван\tphone\t+79001234567",
)


def run_report(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.details_report", str(file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("rows") / "rows.tsv"
    file.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    done = run_report(file)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


class TestReport:
    def test_compares_what_the_api_makes_of_what_the_bot_finds(self, report: dict[str, Any]) -> None:
        assert (report["rows"], report["texts"]) == (16, 10)
        assert [(one["line"], one["field"], one["wanted"], one["found"]) for one in report["wrong"]] == [
            (7, "company", "Blue Kettle", None),
            (16, "phone", "INVALID", "+420601123456"),
        ]

    def test_counts_by_field_and_by_language(self, report: dict[str, Any]) -> None:
        phone = report["by_field"]["phone"]
        assert phone["invalid"] == {"rows": 2, "accepted": 1, "refused_with_a_reason": 1}
        assert (phone["rows"], phone["right"], phone["recall"]) == (7, 6, 1.0)
        assert phone["precision"] == round(5 / 6, 4)
        assert report["by_field"]["email"]["nothing_to_find"] == {"rows": 1, "found": 0}
        assert report["by_field"]["email"]["invalid"] == {"rows": 2, "accepted": 0, "refused_with_a_reason": 2}
        assert report["by_language"]["lv"]["by_field"]["role"]["recall"] == 1.0
        assert report["by_language"]["en"]["by_field"]["company"]["recall"] == 0.0

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("lang\ttext\n", "must begin with the line lang, text, field, value"),
            ("lang\ttext\tfield\tvalue\nen\thello\tshoe_size\t42\n", "line 2: the form has no field 'shoe_size'"),
            ("lang\ttext\tfield\tvalue\nxx\thello\tname\tx\n", "cannot be asked for in 'xx'"),
        ],
    )
    def test_says_what_is_wrong_with_a_file(self, tmp_path: Path, text: str, says: str) -> None:
        file = tmp_path / "rows.tsv"
        file.write_text(text, encoding="utf-8")
        done = run_report(file)
        assert (done.returncode, done.stdout) == (2, "")
        assert says in done.stderr


class TestOwnEnvironment:
    def test_knows_nothing_of_a_copy_that_runs(self, tmp_path: Path) -> None:
        given = {"PATH": os.environ["PATH"], "VESTIBULE_DATABASE_URL": "postgresql://x", "VESTIBULE_CATALOGUE": "own"}
        own = own_environment(given, tmp_path)
        assert (own["PATH"], own["VESTIBULE_CATALOGUE"]) == (given["PATH"], "own")
        assert "VESTIBULE_DATABASE_URL" not in own
        assert own["VESTIBULE_VAR"] == str(tmp_path)
        ports = [value for name, value in own.items() if name.endswith("_PORT")]
        assert len(set(ports)) == len(ports) == 5
        assert OF_THE_COPY == ("CATALOGUE",)
