"""When a file of leads is put aside, and that nothing is lost or written twice by it."""

import json
import multiprocessing
from datetime import timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.crm.csv_file import CsvFile
from intake_api.crm.json_lines import JsonLinesFile
from intake_api.crm.lead_file import Rotation, RotationInvalid, read_rotation
from intake_api.crm.port import Done, Duplicate
from intake_api.crm.registry import open_destination
from intake_api.settings import SettingsError, read_settings
from tests.intake_api.crm.parcels import NOW, parcel

DAILY, SMALL = Rotation(daily=True), Rotation(max_bytes=2000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crm" / "leads.jsonl"


def ids(path: Path) -> list[str]:
    return [json.loads(line)["delivery"] for line in path.read_text("utf-8").splitlines()]


def aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob("leads-*.jsonl"))


def send_many(path: Path, deliveries: list[str]) -> None:
    file = JsonLinesFile(path, "crm", rotation=SMALL)
    for delivery in deliveries:
        file.send("upsert", parcel(delivery), now=NOW)


class TestRotation:
    def test_another_day_begins_another_file(self, path: Path) -> None:
        file = JsonLinesFile(path, "crm", rotation=DAILY)
        for number, hours in enumerate((0, 14, 15, 40)):  # from 09:30
            assert file.send("upsert", parcel(f"d{number}"), now=NOW + timedelta(hours=hours)) == Done(f"d{number}")
        assert [ids(one) for one in (*aside(path), path)] == [["d0", "d1"], ["d2"], ["d3"]]
        assert [one.name for one in aside(path)] == [
            "leads-20260303T003000Z-001.jsonl",
            "leads-20260304T013000Z-001.jsonl",
        ]

    def test_no_file_gets_larger_than_it_may(self, path: Path) -> None:
        send_many(path, [f"d{number}" for number in range(9)])
        assert all(one.stat().st_size <= 2000 for one in (*aside(path), path))
        assert [one for file in (*aside(path), path) for one in ids(file)] == [f"d{number}" for number in range(9)]

    def test_a_line_larger_than_a_file_is_written_all_the_same(self, path: Path) -> None:
        file = JsonLinesFile(path, "crm", rotation=Rotation(max_bytes=10))
        assert [file.send("upsert", parcel(one), now=NOW) for one in ("d1", "d2")] == [Done("d1"), Done("d2")]
        assert [ids(one) for one in (*aside(path), path)] == [["d1"], ["d2"]]

    def test_what_was_put_aside_last_is_not_written_again(self, path: Path) -> None:
        JsonLinesFile(path, "crm", rotation=DAILY).send("upsert", parcel("d1"), now=NOW)
        tomorrow = NOW + timedelta(days=1)
        begun = JsonLinesFile(path, "crm", rotation=DAILY)
        assert begun.send("upsert", parcel("d2"), now=tomorrow) == Done("d2")
        assert begun.send("upsert", parcel("d1"), now=tomorrow) == Duplicate("d1")
        assert JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=tomorrow) == Duplicate("d1")

    def test_two_workers_lose_nothing_and_write_nothing_twice_near_to_each_other(self, path: Path) -> None:
        spawn = multiprocessing.get_context("spawn")
        halves = ([f"a{number}" for number in range(60)], [f"b{number}" for number in range(60)])
        workers = [spawn.Process(target=send_many, args=(path, half)) for half in halves]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]
        assert sorted(one for file in (*aside(path), path) for one in ids(file)) == sorted(halves[0] + halves[1])
        assert {one.stat().st_mode & 0o777 for one in aside(path)} == {0o600}


class TestSettings:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("", Rotation()),
            ("day", DAILY),
            ("50MB", Rotation(max_bytes=50 << 20)),
            ("day 1MB", Rotation(True, 1 << 20)),
        ],
    )
    def test_a_rotation_is_read(self, written: str, read: Rotation) -> None:
        assert read_rotation(written) == read

    @pytest.mark.parametrize("written", ["daily", "day ", "0MB", "MB", "50", "day50MB", "50MB day", "1GB"])
    def test_another_is_refused(self, written: str) -> None:
        with pytest.raises(RotationInvalid):
            read_rotation(written)

    def test_the_name_says_what_is_written(
        self, environment: dict[str, str], catalogue: Catalogue, tmp_path: Path
    ) -> None:
        for name, kind in (("leads.jsonl", JsonLinesFile), ("leads.csv", CsvFile)):
            environment["VESTIBULE_DESTINATION_FILE"] = str(tmp_path / name)
            opened = open_destination(read_settings(environment, "worker"), catalogue)
            assert type(opened) is kind
            assert opened.send("upsert", parcel("d1"), now=NOW) == Done("d1")
        assert "headcount" in (tmp_path / "leads.csv").read_text("utf-8").splitlines()[0].split(",")

    def test_a_wrong_one_stops_the_start_with_a_sentence(
        self, environment: dict[str, str], catalogue: Catalogue
    ) -> None:
        environment["VESTIBULE_DESTINATION_FILE_ROTATION"] = "weekly"
        with pytest.raises(SettingsError, match="VESTIBULE_DESTINATION_FILE_ROTATION is 'weekly'"):
            open_destination(read_settings(environment, "worker"), catalogue)
