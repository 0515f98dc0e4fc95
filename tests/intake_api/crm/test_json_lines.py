"""The file destination, on real files."""

import json
import multiprocessing
import resource
import signal
import sys
from pathlib import Path

import pytest

from intake_api.crm.json_lines import JsonLinesFile
from intake_api.crm.port import Done, Duplicate, Retry
from tests.intake_api.crm.parcels import NOW, parcel


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def send_many(path: Path, deliveries: list[str]) -> None:
    file = JsonLinesFile(path, "crm")
    for delivery in deliveries:
        file.send("upsert", parcel(delivery), now=NOW)


def send_where_files_cannot_grow(path: Path) -> None:
    """Let the system refuse growth (EFBIG) in the middle of a line; a full disk takes the same way."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = path.stat().st_size + 10
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    outcome = JsonLinesFile(path, "crm").send("upsert", parcel("d2"), now=NOW)
    sys.exit(0 if outcome == Retry("file_not_writable") else 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crm" / "leads.jsonl"


class TestJsonLinesFile:
    def test_x02_a_line_holds_the_fields_with_why_and_until_when_they_may_be_held(self, path: Path) -> None:
        outcome = JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW)

        assert outcome == Done("d1")
        assert lines(path) == [
            {
                "delivery": "d1",
                "operation": "upsert",
                "lead": "l1",
                "reference": "VB-7K3M-Q9TD",
                "subject": "s1",
                "form": "request_demo",
                "locale": "en",
                "channel": "page",
                "submitted_at": "2026-03-02T09:30:00.000Z",
                "notice": "a" * 64,
                "purposes": [
                    {
                        "id": "respond_to_request",
                        "basis": "A6-1-b-enter-into-contract",
                        "state": "acted",
                        "decided_at": "2026-03-02T09:30:00.000Z",
                        "channel": "page",
                        "evidence": "e1",
                    }
                ],
                "delete_after": "2026-09-02T09:30:00.000Z",
                "restricted": False,
                "fields": {"name": "Jānis Bērziņš", "email": "janis@example.lv", "headcount": 40},
                "sent_at": "2026-03-02T09:30:00.000Z",
            }
        ]

    def test_the_same_delivery_twice_is_one_line(self, path: Path) -> None:
        file = JsonLinesFile(path, "crm")
        file.send("upsert", parcel("d1"), now=NOW)

        again = file.send("upsert", parcel("d1"), now=NOW)
        by_another_worker = JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW)

        assert again == by_another_worker == Duplicate("d1")
        assert len(lines(path)) == 1

    def test_two_workers_with_the_same_backlog_write_each_delivery_once(self, path: Path) -> None:
        backlog = [f"d{number}" for number in range(150)]
        spawn = multiprocessing.get_context("spawn")
        workers = [
            spawn.Process(target=send_many, args=(path, backlog)),
            spawn.Process(target=send_many, args=(path, backlog[::-1])),
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert [worker.exitcode for worker in workers] == [0, 0]
        assert sorted(str(line["delivery"]) for line in lines(path)) == sorted(backlog)

    def test_sec41_only_the_owner_may_read_the_file_and_its_folder(self, path: Path) -> None:
        JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW)

        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_a_file_left_open_to_others_is_closed_to_them(self, path: Path) -> None:
        path.parent.mkdir()
        path.touch(mode=0o644)

        JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW)

        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_line_that_a_crash_cut_short_is_taken_off_and_written_again(self, path: Path) -> None:
        JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW)
        with path.open("ab") as file:
            file.write(b'{"delivery": "d2", "operation": "ups')

        outcome = JsonLinesFile(path, "crm").send("upsert", parcel("d2"), now=NOW)

        assert outcome == Done("d2")
        assert [line["delivery"] for line in lines(path)] == ["d1", "d2"]

    def test_a_rotated_file_is_left_alone_and_a_new_one_begun(self, path: Path) -> None:
        file = JsonLinesFile(path, "crm")
        file.send("upsert", parcel("d1"), now=NOW)
        path.rename(path.with_suffix(".1"))

        file.send("upsert", parcel("d2"), now=NOW)

        assert [line["delivery"] for line in lines(path)] == ["d2"]
        assert [line["delivery"] for line in lines(path.with_suffix(".1"))] == ["d1"]

    def test_lines_somebody_wrote_by_hand_are_kept(self, path: Path) -> None:
        path.parent.mkdir()
        path.write_bytes(b"# ours\n[]\n")

        JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW)

        assert path.read_bytes().startswith(b'# ours\n[]\n{"delivery": "d1"')

    def test_a_place_that_cannot_be_written_is_tried_again_later(self, path: Path) -> None:
        path.parent.write_text("a file where the folder should be")

        assert JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW) == Retry("file_not_writable")

    def test_a_link_in_the_place_of_the_file_is_not_followed(self, path: Path, tmp_path: Path) -> None:
        path.parent.mkdir()
        path.symlink_to(tmp_path / "elsewhere")

        assert JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW) == Retry("file_not_writable")
        assert not (tmp_path / "elsewhere").exists()

    def test_a_full_disk_is_tried_again_later_and_leaves_no_half_line(self, path: Path) -> None:
        JsonLinesFile(path, "crm").send("upsert", parcel("d1"), now=NOW)
        spawn = multiprocessing.get_context("spawn")
        worker = spawn.Process(target=send_where_files_cannot_grow, args=(path,))
        worker.start()
        worker.join()

        assert worker.exitcode == 0
        assert [line["delivery"] for line in lines(path)] == ["d1"]
