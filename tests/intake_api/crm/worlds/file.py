"""The file, read as whoever takes its lines reads them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from intake_api.crm.json_lines import JsonLinesFile
from tests.intake_api.crm.worlds.folding import fold
from tests.intake_api.crm.worlds.world import World


class FileWorld(World):
    """A file in a folder of the test."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.destination = JsonLinesFile(path, "crm", self.map())

    def records(self, lead: str) -> list[Mapping[str, object]]:
        if not self._path.exists():
            return []
        lines = [json.loads(line) for line in self._path.read_text("utf-8").splitlines()]
        return [record for of_lead, record in fold(lines).items() if of_lead == lead]

    def writes_but_hangs_up(self) -> AbstractContextManager[object] | None:
        """A file does not hang up."""
        return None

    def says(self, status: int, body: bytes) -> AbstractContextManager[object] | None:
        """A file says nothing."""
        return None


@contextmanager
def file_world(folder: Path) -> Iterator[World]:
    """Open it."""
    yield FileWorld(folder / "leads.jsonl")
