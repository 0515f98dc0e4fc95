"""`intake_api rights` as a real process: cases and restrictions, for the operator's eyes, without an address."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.ask_for_right import ask_for_right
from intake_api.queue import Queue
from intake_api.rules.rights import RightsKind
from intake_api.store.base import Store
from intake_api.store.leads import restrict
from tests.intake_api.conftest import ROOT, DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, keep_lead


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_sqlite, tmp_path / "vestibule.sqlite")
    return f"sqlite:///{tmp_path}/vestibule.sqlite"


def run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "intake_api", "rights", *arguments]
    answer = subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


class TestListing:
    def test_s04_s16_cases_stand_with_status_and_day_and_no_address(
        self, environment: dict[str, str], store: Store, queue: Queue, clock: DrivenClock
    ) -> None:
        asked = {"kind": RightsKind.ACCESS, "email": "zane@guest.example", "locale": "en", "door": "public"}
        ask_for_right(store, queue, TOKEN_KEY, **asked, now=clock())  # type: ignore[arg-type]
        said = run(environment, "list", "--json")
        (one,) = json.loads(said)["cases"]
        assert (one["right"], one["status"], one["due_at"]) == (
            "access",
            "identity_unverified",
            "2026-12-21T09:00:00.000Z",
        )
        assert "zane" not in said

    def test_s10_restricted_leads_stand_by_reference(
        self, environment: dict[str, str], store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        with store.writing() as tx:
            restrict(tx, lead.id, clock().replace(year=2027))
        assert run(environment, "restricted") == f"{lead.reference}  request_demo  until 2027-11-21T09:00:00.000Z\n"
