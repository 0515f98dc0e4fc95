"""`intake_api rights` as a real process: cases and restrictions, for the operator's eyes, without an address."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.flows.answer_case import open_case
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


def asked(environment: dict[str, str], *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "intake_api", "rights", *arguments]
    everything = {**os.environ, **environment}
    return subprocess.run(command, env=everything, cwd=ROOT, capture_output=True, text=True, timeout=120, input=typed)


def run(environment: dict[str, str], *arguments: str, typed: str = "") -> str:
    answer = asked(environment, *arguments, typed=typed)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


REASON = "Your data stands in three systems that are being joined."


class TestListing:
    def test_s04_s16_cases_stand_with_status_and_day_and_no_address(
        self, environment: dict[str, str], store: Store, queue: Queue, clock: DrivenClock
    ) -> None:
        wish = {"kind": RightsKind.ACCESS, "email": "zane@guest.example", "locale": "en", "door": "public"}
        ask_for_right(store, queue, TOKEN_KEY, **wish, now=clock())  # type: ignore[arg-type]
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


class TestAnswering:
    def test_s04_s19_a_case_by_hand_is_opened_extended_and_refused(
        self, environment: dict[str, str], store: Store, queue: Queue
    ) -> None:
        said = run(environment, "open", "access", "--locale", "lv", typed="vera@writer.example\n")
        case = said.split()[0]
        assert "vera" not in said
        nothing = asked(environment, "extend", case, "--by", "P1M", "--reason", "")
        assert (nothing.returncode, "reason" in nothing.stderr) == (1, True)
        before = json.loads(run(environment, "list", "--json"))["cases"][0]
        assert case in run(environment, "extend", case, "--by", "P2M", "--reason", REASON)
        (after,) = json.loads(run(environment, "list", "--json"))["cases"]
        assert (before["status"], before["extended"], after["extended"]) == ("requires_manual", False, True)
        assert after["due_at"] > before["due_at"]
        run(environment, "refuse", case, "--reason", REASON)
        assert json.loads(run(environment, "list", "--json"))["cases"][0]["status"] == "denied"

    def test_s04_overdue_and_soon_due_cases_stand_in_the_list_of_what_is_due(
        self, environment: dict[str, str], store: Store, queue: Queue, clock: DrivenClock
    ) -> None:
        days = {"late": 40, "soon": 27, "fresh": 1}
        cases = {
            name: open_case(
                store, kind=RightsKind.ACCESS, email="vera@writer.example", locale="en",
                asked_at=system_clock() - timedelta(days=ago), now=system_clock(),
            ).id
            for name, ago in days.items()
        }  # fmt: skip
        lines = run(environment, "list", "--due").splitlines()
        assert [cases["late"] in lines[0], cases["soon"] in lines[1], len(lines)] == [True, True, 2]
        assert ["OVERDUE" in line for line in lines] == [True, False]

    def test_s10_a_restriction_is_not_lifted_before_its_person_knows(
        self, environment: dict[str, str], store: Store, queue: Queue
    ) -> None:
        answer = asked(environment, "lift", "0" * 32, "--reason", REASON)
        assert (answer.returncode, "no such case" in answer.stderr) == (1, True)
