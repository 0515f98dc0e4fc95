"""`intake_api catalogue codes` as a real process: what came back, in numbers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from intake_api.store.base import Store
from intake_api.store.code_uses import count_use
from tests.intake_api.conftest import ROOT


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/vestibule.sqlite"


class TestCodes:
    def test_says_each_code_with_its_number_and_its_forms(self, store: Store, environment: dict[str, str]) -> None:
        with store.writing() as tx:
            for code, form in (
                ("AUTUMN-SMS", "order"),
                ("AUTUMN-SMS", "order"),
                ("AUTUMN-SMS", "trial"),
                ("OLD", "order"),
            ):
                count_use(tx, code, form)
        done = subprocess.run(
            [sys.executable, "-m", "intake_api", "catalogue", "codes"],
            env={"PATH": os.environ.get("PATH", ""), **environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "AUTUMN-SMS  3  Text message to hosts who asked for it in October (until 2026-12-31)",
            "  order: 2",
            "  trial: 1",
            "FAIR-RIGA  0  Card handed out at the hotel fair (until 2027-03-31)",
            "OLD  1  not in codes.yml any more",
            "  order: 1",
        ]
