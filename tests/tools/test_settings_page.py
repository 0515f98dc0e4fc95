"""docs/settings.md has a row for each setting that the code reads, and none for one that nobody reads."""

import re
from pathlib import Path

import pytest

from intake_api.settings import EVERY_SECRET, NEEDED_BY

ROOT = Path(__file__).resolve().parents[2]
# The ways in which a setting is read; the name is always written out there.
READ = re.compile(
    r"(?:\bread\.(?:text|url|path|flag|one_of|secret|key|token)\(|_loopback\(read, |_(?:text|port)\(environ, "
    r'|self\.text\(|read_token\(|f"\{PREFIX\})\s*"?([A-Z][A-Z_]+)"'
)
COMPOSE = re.compile(r"\$\{(VESTIBULE_[A-Z_]+)")
ROW = re.compile(r"^\| `(VESTIBULE_[A-Z_]+)` \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
# Read by the form `VESTIBULE_…` of their own: the ports by their names, and what only `make run` knows.
PORTS = {f"VESTIBULE_{door}_PORT" for door in ("PUBLIC", "REVIEW", "INTERNAL", "RASA", "ACTIONS")}


class TestTheSettingsPage:
    def test_every_setting_that_is_read_has_one_row(self) -> None:
        rows = ROW.findall((ROOT / "docs/settings.md").read_text())
        assert len(rows) == len(set(rows))
        assert read_by_the_code() - set(rows) == set()

    def test_every_row_is_a_setting_that_is_read(self) -> None:
        rows = set(ROW.findall((ROOT / "docs/settings.md").read_text()))
        assert rows - read_by_the_code() == set()

    @pytest.mark.parametrize("process", NEEDED_BY)
    def test_sec47_shows_which_process_reads_which_secret(self, process: str) -> None:
        text = (ROOT / "docs/settings.md").read_text()
        (row,) = re.findall(rf"^\| {process} \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
        assert set(re.findall(r"[A-Z_]{2,}", row)) == {*NEEDED_BY[process], "DATABASE_URL"}

    def test_the_scan_finds_what_it_is_for(self) -> None:
        assert {"VESTIBULE_MODE", "VESTIBULE_MASTER_KEY", "VESTIBULE_REDIS_URL", "VESTIBULE_VAR"} <= read_by_the_code()


def read_by_the_code() -> set[str]:
    sources = [ROOT / "intake_api/settings.py", ROOT / "bot/settings.py", *(ROOT / "tools").glob("*.py")]
    read = {f"VESTIBULE_{name}" for source in sources for name in READ.findall(source.read_text())}
    compose = set(COMPOSE.findall((ROOT / "docker-compose.yml").read_text()))
    return read | compose | PORTS | {f"VESTIBULE_{name}" for name in EVERY_SECRET}
