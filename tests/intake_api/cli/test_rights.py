"""`intake_api rights`: cases and restrictions, for the operator's eyes, without an address."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from intake_api.catalogue.model import Catalogue
from intake_api.cli.rights import rights
from intake_api.flows.ask_for_right import ask_for_right
from intake_api.queue import Queue
from intake_api.rules.rights import RightsKind
from intake_api.store.base import Store
from intake_api.store.leads import restrict
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, keep_lead


@pytest.fixture
def run(environment: dict[str, str], store: Store) -> Callable[..., str]:
    def command(*arguments: str) -> str:
        answer = CliRunner().invoke(rights, list(arguments), env=environment, catch_exceptions=False)
        assert answer.exit_code == 0
        return answer.output

    return command


class TestListing:
    def test_s04_s16_cases_stand_with_status_and_day_and_no_address(
        self, run: Callable[..., str], store: Store, queue: Queue, clock: DrivenClock
    ) -> None:
        assert run("list") == "Nobody asked for anything.\n"
        asked = {"kind": RightsKind.ACCESS, "email": "zane@guest.example", "locale": "en", "door": "public"}
        ask_for_right(store, queue, TOKEN_KEY, **asked, now=clock())  # type: ignore[arg-type]
        text = run("list", "--json")
        (one,) = json.loads(text)["cases"]
        assert (one["right"], one["status"], one["due_at"]) == (
            "access",
            "identity_unverified",
            "2026-12-21T09:00:00.000Z",
        )
        assert "zane" not in text

    def test_s10_restricted_leads_stand_by_reference(
        self, run: Callable[..., str], store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        assert run("restricted") == "No lead is restricted.\n"
        with store.writing() as tx:
            restrict(tx, lead.id, clock().replace(year=2027))
        assert run("restricted") == f"{lead.reference}  request_demo  until 2027-11-21T09:00:00.000Z\n"
