"""The file for spreadsheets, on real files."""

import csv
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from intake_api.crm.csv_file import CsvFile
from intake_api.crm.port import Done, Duplicate
from tests.intake_api.corpora import naughty_strings, needs_corpora
from tests.intake_api.crm.parcels import NOW, parcel

FIELDS = ("name", "email", "headcount", "message", "form")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crm" / "leads.csv"


def opened(path: Path, *fields: str) -> CsvFile:
    return CsvFile(path, "crm", fields=fields or FIELDS)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


class TestCsvFile:
    def test_x02_a_row_holds_the_fields_with_why_and_until_when_they_may_be_held(self, path: Path) -> None:
        assert opened(path).send("upsert", parcel("d1"), now=NOW) == Done("d1")
        (row,) = rows(path)
        assert row == {
            "delivery": "d1",
            "operation": "upsert",
            "lead": "l1",
            "reference": "VB-7K3M-Q9TD",
            "subject": "s1",
            "form": "request_demo",
            "locale": "en",
            "channel": "page",
            "submitted_at": "2026-03-02T09:30:00.000Z",
            "sent_at": "2026-03-02T09:30:00.000Z",
            "delete_after": "2026-09-02T09:30:00.000Z",
            "restricted": "no",
            "notice": "a" * 64,
            "purposes": "respond_to_request: acted since 2026-03-02T09:30:00.000Z"
            " (A6-1-b-enter-into-contract, evidence e1)",
            "emptied": "",
            "email": "janis@example.lv",
            "field form": "",
            "headcount": "40",
            "message": "",
            "name": "Jānis Bērziņš",
            "other_fields": "",
        }

    def test_the_same_delivery_twice_is_one_row(self, path: Path) -> None:
        opened(path).send("upsert", parcel("d1"), now=NOW)
        assert opened(path).send("upsert", parcel("d1"), now=NOW) == Duplicate("d1")
        assert len(rows(path)) == 1

    def test_an_erasure_is_a_row_with_nothing_typed(self, path: Path) -> None:
        opened(path).send("erase", replace(parcel("d2"), fields={}, purposes=()), now=NOW)
        (row,) = rows(path)
        assert (row["operation"], row["reference"]) == ("erase", "VB-7K3M-Q9TD")
        assert {row[name] for name in ("name", "email", "headcount", "message", "purposes", "emptied")} == {""}

    def test_what_a_correction_took_away_is_named(self, path: Path) -> None:
        opened(path).send("correct", parcel("d2", email="", name="Anna"), now=NOW)
        (row,) = rows(path)
        assert (row["name"], row["email"], row["emptied"]) == ("Anna", "", "email")

    def test_what_has_no_column_is_not_lost(self, path: Path) -> None:
        opened(path, "name").send("upsert", parcel("d1", name="Anna", shoe="ā 38"), now=NOW)
        assert rows(path)[0]["other_fields"] == '{"shoe": "ā 38"}'

    def test_other_columns_begin_another_file(self, path: Path) -> None:
        opened(path).send("upsert", parcel("d1"), now=NOW)
        changed = opened(path, *FIELDS, "phone")
        assert changed.send("upsert", parcel("d1"), now=NOW) == Duplicate("d1")
        assert changed.send("upsert", parcel("d2", phone="+37120000000"), now=NOW) == Done("d2")
        (aside,) = path.parent.glob("leads-*.csv")
        assert [row["delivery"] for row in rows(aside)] == ["d1"]
        assert [row["phone"] for row in rows(path)] == ["'+37120000000"]

    def test_a_line_that_a_crash_cut_short_is_taken_off(self, path: Path) -> None:
        opened(path).send("upsert", parcel("d1", message="one\ntwo"), now=NOW)
        with path.open("ab") as file:
            file.write(b'd2,upsert,"l1')
        assert opened(path).send("upsert", parcel("d2"), now=NOW) == Done("d2")
        assert [row["delivery"] for row in rows(path)] == ["d1", "d2"]
        assert rows(path)[0]["message"] == "one ↵ two"

    @needs_corpora
    def test_sec16_naughty_strings_stay_one_line_and_no_formula(self, path: Path) -> None:
        file = opened(path, "message")
        texts = [text for text in naughty_strings() if text]
        for number, text in enumerate(texts):
            file.send("upsert", parcel(f"d{number}", message=text), now=NOW)
        assert [row["delivery"] for row in rows(path)] == [f"d{number}" for number in range(len(texts))]
        assert path.read_bytes().count(b"\n") == len(texts) + 1
        assert not [row["message"] for row in rows(path) if row["message"][:1] in ("=", "+", "-", "@", "\t", "\r")]

    def test_a_spreadsheet_reckons_nothing(self, path: Path, tmp_path: Path) -> None:
        assert shutil.which("soffice"), "LibreOffice is not installed: `.ci/run` does it."
        opened(path, "message").send("upsert", parcel("d1", message="=1+1"), now=NOW)
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "fods", "--outdir", str(tmp_path), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=200)
        sheet = (tmp_path / "leads.fods").read_text()
        assert "&apos;=1+1</text:p>" in sheet
        assert "table:formula" not in sheet
