"""What proves a yes that was said again: receipt, export and log name the notice it was said to (E-09, W-11)."""

import hashlib
import json
from typing import Any

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.ask_again import ask_again
from intake_api.flows.export_evidence import export_evidence
from intake_api.flows.issue_receipt import signed
from intake_api.flows.show_receipt import show_receipt
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.verifier import verify_archive, verify_receipt
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.publishing import MATERIAL, Press
from tests.intake_api.flows.renewals import answer, token_of
from tests.intake_api.kept_leads import TOKEN_KEY, keep_lead, receipt_of
from tests.intake_api.signed_receipts import Office, records_of, said_in


@pytest.fixture
def proofs(store: Store, settings: Settings, clock: DrivenClock) -> Office:
    return Office(store, settings, clock)


@pytest.fixture
def agreed(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})


@pytest.fixture
def asked(store: Store, queue: Queue, agreed: Lead, press: Press, clock: DrivenClock) -> str:
    """The hash of the notice that somebody is asked about again."""
    today = press.publish(MATERIAL)
    ask_again(store, queue, TOKEN_KEY, now=clock())
    return today.view("request_demo", "en").notice.hash


@pytest.fixture
def renewed(store: Store, agreed: Lead, asked: str, clock: DrivenClock, proofs: Office) -> str:
    answer(store, token_of(store, agreed), "product_offers", clock, yes=True)
    proofs.place()
    return asked


class TestTheReceipt:
    def test_c17_says_that_a_yes_does_not_count_and_then_that_it_does(
        self, store: Store, agreed: Lead, asked: str, clock: DrivenClock
    ) -> None:
        assert show_receipt(store, receipt_of(agreed)).changed == {"product_offers"}
        answer(store, token_of(store, agreed), "product_offers", clock, yes=True)
        assert show_receipt(store, receipt_of(agreed)).changed == frozenset()

    def test_w11_r03_names_the_renewed_yes_and_its_notice(self, agreed: Lead, renewed: str, proofs: Office) -> None:
        receipt = proofs.issue(agreed)
        assert verify_receipt(receipt, proofs.keys).faults == []
        assert said_in(receipt)["product_offers"] == "renewed"
        status = records_of(receipt)["product_offers"]["dpv:hasConsentStatus"][-1]
        assert status["@type"] == ["dpv:RenewedConsentGiven", "dpv:ExpressedConsent"]
        assert status["li:notice"] == {"@id": f"sha256:{renewed}"}
        assert records_of(receipt)["product_offers"]["li:evidence"]["contact_confirmed"] is True


class TestTheExport:
    def files(self, store: Store, proofs: Office, agreed: Lead, clock: DrivenClock) -> dict[str, bytes]:
        exported = export_evidence(store, proofs.evidence, PUBLIC_URL, agreed.reference, now=clock())
        return dict(exported.files)

    def test_e09_holds_the_notice_of_the_second_yes(
        self, store: Store, proofs: Office, agreed: Lead, renewed: str, clock: DrivenClock
    ) -> None:
        files = self.files(store, proofs, agreed, clock)
        assert verify_archive(files, [proofs.evidence.public_key]).faults == []
        assert b"Otherledger" in files[f"notices/{renewed}.json"]
        assert b"Otherledger" not in files["notice.json"]
        assert json.loads(files["labels.json"])["not_at_hand"] == []

    def test_e09_another_notice_in_its_place_is_found_though_its_signer_put_it_there(
        self, store: Store, proofs: Office, agreed: Lead, renewed: str, clock: DrivenClock
    ) -> None:
        files = self.files(store, proofs, agreed, clock)
        name = f"notices/{renewed}.json"
        files[name] = files[name].replace(b"Otherledger", b"Thirdledger")
        manifest: dict[str, Any] = json.loads(files["manifest.json"])
        manifest["files"][name] = hashlib.sha256(files[name]).hexdigest()
        del manifest["li:signature"]
        files["manifest.json"] = signed(manifest, proofs.evidence)
        faults = verify_archive(files, [proofs.evidence.public_key]).faults
        assert [(one.code, one.part) for one in faults] == [("notice_differs", name)]


class TestTheLog:
    def test_e05_a_renewed_yes_is_what_its_entry_proves(
        self, store: Store, proofs: Office, agreed: Lead, renewed: str, settings: Settings
    ) -> None:
        assert verify_evidence(store, proofs.evidence, settings.checkpoint_file).faults == []
        with store.writing() as tx:
            tx.exec_driver_sql("UPDATE decisions SET state = 'withdrawn' WHERE control = 'renewal'")
        assert verify_evidence(store, proofs.evidence, settings.checkpoint_file).faults != []
