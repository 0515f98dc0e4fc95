"""The search for traces finds what it is to find: else a clean house and a blind search would look the same."""

import base64
import json
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.traces import marks_in, traces_in_folder

NAME, PHONE = "Žanna Zqvmark", "+371 20 071 713"


class TestMarksIn:
    @pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
    def test_finds_a_mark_in_the_middle_of_base64(self, before: str) -> None:
        assert marks_in(base64.b64encode(f"{before}{NAME} and more".encode()), [NAME]) == [NAME]

    def test_finds_it_plain_in_any_case_in_json_in_an_address_and_in_utf_16(self) -> None:
        for written in (
            NAME.encode(),
            NAME.encode().upper(),
            json.dumps({"name": NAME}).encode(),
            b"?q=%C5%BDanna%20Zqvmark",
            NAME.encode("utf-16-le"),
        ):
            assert marks_in(b"\0\xff" + written + b"\0", [NAME]) == [NAME]

    @pytest.mark.parametrize("written", ["+371 20 071 713", "+37120071713", "20071713", "0037120071713"])
    def test_finds_a_number_however_it_is_spaced(self, written: str) -> None:
        assert marks_in(f"tel:{written};".encode(), [PHONE]) == [PHONE]

    def test_finds_nothing_where_nothing_is(self) -> None:
        assert marks_in(b"Zanna and 20 071 714", [NAME, PHONE]) == []


class TestTracesInFolder:
    def test_finds_a_row_of_a_database_and_one_that_is_only_in_its_log(self, tmp_path: Path) -> None:
        connection = sqlite3.connect(tmp_path / "some.sqlite")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (v TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", (NAME,))
        connection.commit()
        found = traces_in_folder(tmp_path, [NAME, PHONE])
        connection.close()
        assert found
        assert set(map(tuple, found.values())) == {(NAME,)}

    def test_an_empty_folder_is_no_clean_one(self, tmp_path: Path) -> None:
        with pytest.raises(AssertionError):
            traces_in_folder(tmp_path, [NAME])
