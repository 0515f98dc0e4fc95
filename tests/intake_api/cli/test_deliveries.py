"""`intake_api deliveries` as a real process: would the destination take a lead, and what would travel to it?"""

import json
import shutil
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.store.base import Store
from tests.intake_api.catalogue.conftest import REAL, Copy
from tests.intake_api.cli.test_evidence import run
from tests.intake_api.crm.receiver import Receiver, answer
from tests.intake_api.kept_leads import deliveries_now, entries, keep_lead


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/vestibule.sqlite"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The catalogue, to change."""
    return Copy(Path(shutil.copytree(REAL, tmp_path / "catalogue")))


@pytest.fixture
def hooked(environment: dict[str, str], receiver: Receiver) -> dict[str, str]:
    """The environment of a worker that sends to a webhook."""
    return {**environment, "VESTIBULE_DESTINATION": "webhook", "VESTIBULE_WEBHOOK_URL": receiver.url}


class TestCheck:
    def test_a_webhook_that_takes_the_test_message(self, hooked: dict[str, str], receiver: Receiver) -> None:
        done = run(hooked, "worker", "deliveries", "check")
        assert (done.returncode, done.stdout) == (0, "webhook would take a lead.\n")
        assert [json.loads(one.body)["type"] for one in receiver.requests] == ["test"]
        assert [json.loads(one.body)["data"] for one in receiver.requests] == [{}]

    def test_one_that_refuses_us_is_told_and_none_of_its_words(
        self, hooked: dict[str, str], receiver: Receiver
    ) -> None:
        receiver.behaviour = answer(401)
        done = run(hooked, "worker", "deliveries", "check")
        assert done.returncode == 1
        assert "webhook would take no lead: credential_refused, HTTP status 401." in done.stderr
        assert "REMOTE-TEXT" not in done.stdout + done.stderr

    def test_the_file_is_not_written_to(self, environment: dict[str, str]) -> None:
        done = run(environment, "worker", "deliveries", "check")
        assert (done.returncode, done.stdout) == (0, "file would take a lead.\n")
        assert Path(environment["VESTIBULE_DESTINATION_FILE"]).read_bytes() == b""


class TestPreview:
    def test_x02_it_prints_what_would_travel_and_records_the_reading(
        self, environment: dict[str, str], store: Store, catalogue: Catalogue
    ) -> None:
        lead = keep_lead(store, catalogue, now=system_clock(), message="Tues\x1b[2Jday")
        done = run(environment, "operate", "deliveries", "preview", lead.reference)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{lead.reference} to Brightledger Example GmbH, by file. Nothing was sent." in done.stdout
        assert "  email <- email: janis.berzins@example.lv\n" in done.stdout
        assert "  respond_to_request: acted, basis A6-1-b-enter-into-contract, evidence " in done.stdout
        assert "\x1b" not in done.stdout
        (read,) = entries(store, lead, "lead.read")
        assert (read["actor"], read["why"]) == ("operator", "preview")
        assert deliveries_now(store, lead) == []

    def test_x01_it_says_why_nothing_may_go_and_what_to_do_next(
        self, environment: dict[str, str], store: Store, catalogue: Catalogue, copy: Copy
    ) -> None:
        lead = keep_lead(store, catalogue, now=system_clock())
        ledger = "ledger:\n  name: Ledger Example SIA\n  role: processor\n  country: LV\n  safeguard: none\n"
        copy.change("recipients.yml", "mail:\n", f"{ledger}\nmail:\n")
        copy.change("purposes.yml", "recipients: [crm, mail]", "recipients: [crm, ledger, mail]")
        copy.change("locales/en.yml", "\nrecipients:\n", "\nrecipients:\n  ledger:\n    does: bookkeeping\n")
        switched = {"VESTIBULE_CATALOGUE": str(copy.folder), "VESTIBULE_DESTINATION_RECIPIENT": "ledger"}
        elsewhere = {**environment, **switched}
        shown = json.loads(run(elsewhere, "operate", "deliveries", "preview", lead.reference, "--json").stdout)
        assert [one["code"] for one in shown["obstacles"]] == ["recipient_not_disclosed"]
        assert (shown["parcel"], set(shown["stays"])) == (None, {"name", "email", "company", "message"})

    def test_asked_a_destination_that_only_takes_cannot_tell(
        self, environment: dict[str, str], store: Store, catalogue: Catalogue
    ) -> None:
        lead = keep_lead(store, catalogue, now=system_clock())
        done = run(environment, "worker", "deliveries", "preview", lead.reference, "--ask")
        assert "There: cannot be known" in done.stdout


class TestMap:
    def test_x02_it_says_what_never_leaves(self, environment: dict[str, str], copy: Copy) -> None:
        (copy.folder / "destinations").mkdir()
        (copy.folder / "destinations" / "file.yml").write_text(
            "fields: {name: contact_name, email: email_from}\nfixed: {source: Website}\n"
            "consent: {newsletter: {state: x_newsletter}}\n"
        )
        changed = {**environment, "VESTIBULE_CATALOGUE": str(copy.folder)}
        done = run(changed, "migrate", "deliveries", "map", "request_demo")
        assert done.stdout.splitlines()[:4] == [
            "request_demo to file:",
            "  name -> contact_name, for respond_to_request",
            "  email -> email_from, for respond_to_request or newsletter or product_offers",
            "  phone: never leaves, destinations/file.yml does not name it",
        ]
        assert done.stdout.endswith("  source = Website, the same for every new one\n  newsletter -> x_newsletter\n")

    def test_a_form_that_is_not_there(self, environment: dict[str, str]) -> None:
        done = run(environment, "migrate", "deliveries", "map", "nothing")
        assert (done.returncode, "There is no form nothing; there are: " in done.stderr) == (1, True)
