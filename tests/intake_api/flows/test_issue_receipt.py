"""The receipt as a signed file: what stands in it, and what it is worth when nothing else is left (P, R, W-11)."""

import base64
import hashlib
import json
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pyld import jsonld

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.flows.issue_receipt import LeadUnknown, ReceiptErased, issue_receipt
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.confirmations import confirmation_token
from intake_api.store.leads import Lead
from intake_api.verifier import verify_receipt
from tests.intake_api.conftest import SHARED, DrivenClock
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, confirmation_of, keep_first_yes, keep_lead, receipt_of
from tests.intake_api.signed_receipts import Office, records_of, said_in

# Every term that a receipt uses, as they were looked up in DPV 2.3 and in the vocabularies beside it (R-03, R-04).
DPV = """
ActivityHalted ActivityOngoing Collect ConsentGiven ConsentNotice ConsentReceipt ConsentRecord ConsentRefused
ConsentRequested ConsentWithdrawn DataController DataProcessingRecord DataProcessor DataSubject
DataSubjectDataSource DirectMarketing ExpressedConsent OptingOutFromProcess Optional PersonalData PrivacyNotice
Process Purpose Recipient RequestedServiceProvision Required StorageDeletion StorageDuration StorageLocation
Store TemporalDuration UntilEventDuration Use WithdrawConsent hasActivityStatus hasAddress hasAuthority
hasConsentControl hasConsentStatus hasContact hasDataController hasDataSource hasDataSubject hasDuration
hasEntityControl hasIdentifier hasIndicationMethod hasJurisdiction hasLegalBasis hasLocation hasName
hasNecessity hasNotice hasPersonalData hasProcess hasProcessing hasPurpose hasRecipient hasRecordOfActivity
hasRight hasStorageCondition isExercisedAt isIndicatedAtTime isIndicatedBy
"""
PD = {"EmailAddress", "Name", "TelephoneNumber", "CurrentEmployment", "Communication", "Job", "WorkEnvironment",
      "Financial"}  # fmt: skip
EU_GDPR = {"A6-1-a", "A6-1-b-enter-into-contract", "A15", "A16", "A17", "A18", "A20", "A21", "A7-3", "A77"}
KNOWN = {
    *(f"https://w3id.org/dpv#{term}" for term in DPV.split()),
    *(f"https://w3id.org/dpv/pd#{term}" for term in PD),
    *(f"https://w3id.org/dpv/legal/eu/gdpr#{term}" for term in EU_GDPR),
    *(f"https://w3id.org/dpv/loc#{country}" for country in ("LV", "DE", "LT")),
    "https://w3id.org/dpv/legal/lv#DPA-LV",
}
# What ISO/IEC TS 27560 wants of every record, in the terms of DPV (R-02).
MANDATORY = {"@id", "@type", "dct:conformsTo", "dct:identifier", "dct:created", "dct:publisher", "dpv:hasDataSubject",
             "dpv:hasNotice", "dpv:hasProcess", "dpv:hasAuthority", "li:parties", "li:evidence"}  # fmt: skip
OF_PROCESS = {"dpv:hasPurpose", "dpv:hasLegalBasis", "dpv:hasPersonalData", "dpv:hasProcessing", "dpv:hasDataSource",
              "dpv:hasStorageCondition", "dpv:hasDataController", "dpv:hasRecipient", "dpv:hasJurisdiction",
              "dpv:hasRight"}  # fmt: skip


@pytest.fixture
def office(store: Store, settings: Settings, clock: DrivenClock) -> Office:
    return Office(store, settings, clock)


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    decisions = {"newsletter": False, "product_offers": True}
    return keep_lead(store, catalogue, now=clock(), decisions=decisions, phone="+371 20 000 000")


@pytest.fixture
def receipt(office: Office, lead: Lead) -> bytes:
    office.place()
    return office.issue(lead)


class TestTheRecords:
    def test_r02_every_record_has_every_field(self, receipt: bytes) -> None:
        for record in records_of(receipt).values():
            (process,) = record["dpv:hasProcess"]
            assert record.keys() >= MANDATORY
            assert process.keys() >= OF_PROCESS

    def test_r07_only_consent_has_a_consent_status(self, receipt: bytes) -> None:
        records = records_of(receipt)
        assert list(records) == ["respond_to_request", "newsletter", "product_offers"]
        kinds = {purpose: record["@type"] for purpose, record in records.items()}
        assert kinds == {
            "respond_to_request": "dpv:DataProcessingRecord",
            "newsletter": "dpv:ConsentRecord",
            "product_offers": "dpv:ConsentRecord",
        }
        act = records["respond_to_request"]
        assert "dpv:hasConsentStatus" not in act
        assert [one["@type"] for one in act["dpv:hasActivityStatus"]] == [["dpv:ActivityOngoing"]]
        assert act["dpv:hasProcess"][0]["dpv:hasLegalBasis"] == {"@id": "eu-gdpr:A6-1-b-enter-into-contract"}

    def test_r03_a_status_is_a_term_of_dpv(self, receipt: bytes) -> None:
        given = [one["@type"] for one in records_of(receipt)["product_offers"]["dpv:hasConsentStatus"]]
        refused = [one["@type"] for one in records_of(receipt)["newsletter"]["dpv:hasConsentStatus"]]
        assert given == [["dpv:ConsentRequested"], ["dpv:ConsentGiven", "dpv:ExpressedConsent"]]
        assert refused == [["dpv:ConsentRequested"], ["dpv:ConsentRefused"]]

    def test_r03_a_first_yes_is_no_consent_until_it_is_confirmed(
        self, store: Store, queue: Queue, catalogue: Catalogue, office: Office, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        (record,) = records_of(office.issue(lead)).values()
        assert [one["@type"] for one in record["dpv:hasConsentStatus"]] == [["dpv:ConsentRequested"]] * 2
        assert record["li:evidence"]["contact_confirmed"] is False
        confirm_decision(
            store, confirmation_token(TOKEN_KEY, confirmation_of(store, lead).id), now=clock.advance(minutes=5)
        )
        (record,) = records_of(office.issue(lead)).values()
        last = record["dpv:hasConsentStatus"][-1]
        assert last["@type"] == ["dpv:ConsentGiven", "dpv:ExpressedConsent"]
        assert last["dpv:isIndicatedAtTime"] == "2026-11-21T09:05:00.000Z"
        assert record["li:evidence"]["contact_confirmed"] is True

    def test_r05_no_value_that_was_typed_stands_in_a_record(self, receipt: bytes) -> None:
        text = json.dumps(json.loads(receipt), ensure_ascii=False)
        typed = [*map(str, FIELDS.values()), "Jānis", "20000000", "20 000 000"]
        assert [value for value in typed if value in text] == []
        assert json.loads(receipt)["li:contact_masked"] == {"email": "j***@example.lv", "phone": "+371 •••• ••00"}

    def test_r04_expands_without_a_network_to_terms_that_dpv_has(self, receipt: bytes) -> None:
        def refuse(url: str, *_: object) -> Any:
            raise AssertionError(f"it asks for {url}")

        expanded = jsonld.expand(json.loads(receipt), {"documentLoader": refuse})
        used = {iri for iri in iris_of(expanded) if iri.startswith("https://w3id.org/dpv")}
        profiles = {"https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr",
                    "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"}  # fmt: skip
        assert used - profiles <= KNOWN
        assert len(jsonld.to_rdf(json.loads(receipt), {"documentLoader": refuse})["@default"]) > 200

    def test_r04_uses_the_terms_of_the_sample(self, receipt: bytes) -> None:
        if not (SHARED / "samples" / "record.json").exists():
            pytest.skip("the samples are not beside the repository")
        sample = json.loads((SHARED / "samples" / "record.json").read_text())
        record = records_of(receipt)["product_offers"]
        assert sample.keys() - {"@context"} <= record.keys()
        assert sample["dpv:hasProcess"][0].keys() <= record["dpv:hasProcess"][0].keys()
        assert sample["dpv:hasConsentStatus"][-1].keys() <= record["dpv:hasConsentStatus"][-1].keys()
        told = json.loads((SHARED / "samples" / "receipt.json").read_text())
        assert told.keys() <= json.loads(receipt).keys()


class TestTheSignature:
    def test_p03_plain_cryptography_and_another_canonicaliser_accept_it(self, receipt: bytes, office: Office) -> None:
        """A second implementation, made of libraries only: what the receipt says of itself is enough to write it."""
        document = json.loads(receipt)
        assert rfc8785.dumps(document) == receipt
        value = base64.b64decode(document["li:signature"].pop("value"))
        public = {key["kid"]: base64.b64decode(key["public_key"]) for key in document["li:keys"]}
        key = Ed25519PublicKey.from_public_bytes(public[document["li:signature"]["kid"]])
        key.verify(value, rfc8785.dumps(document))
        document["li:contact_masked"] = {}
        with pytest.raises(InvalidSignature):
            key.verify(value, rfc8785.dumps(document))
        assert set(public.values()) == set(office.keys)

    def test_p03_e05_plain_hashing_and_cryptography_lead_each_entry_to_a_signed_checkpoint(
        self, store: Store, catalogue: Catalogue, lead: Lead, office: Office, clock: DrivenClock
    ) -> None:
        """The same second implementation goes on to the log: RFC 9162 as it is written, on nothing but the file."""
        for _ in range(5):
            keep_lead(store, catalogue, now=clock.advance(seconds=1))
            office.place()
        withdraw_by_receipt(store, receipt_of(lead), ["product_offers"], now=clock.advance(minutes=1))
        office.place()
        document = json.loads(office.issue(lead))
        proof, keys = document["li:proof"], {key["kid"]: key for key in document["li:keys"]}
        roots = {}
        for checkpoint in proof["checkpoints"]:
            assert keys[checkpoint["kid"]]["use"] == "checkpoint"
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(keys[checkpoint["kid"]]["public_key"]))
            key.verify(base64.b64decode(checkpoint["signature"]), checkpoint["text"].encode())
            origin, size, root, _at, end = checkpoint["text"].split("\n")
            assert (origin, int(size), end) == (proof["origin"], checkpoint["size"], "")
            roots[checkpoint["size"]] = base64.b64decode(root)
        for entry in proof["entries"]:
            path = [base64.b64decode(beside) for beside in entry["path"]]
            root = root_above(hashlib.sha256(b"\0" + entry["entry"].encode()), entry["place"], entry["size"], path)
            assert root == roots[entry["size"]]
        assert len(roots) == 2
        first, last = (json.loads(entry["entry"]) for entry in proof["entries"])
        decided = {one["purpose"]: one["state"] for one in first["decisions"]} | {last["purpose"]: last["to"]}
        assert decided == said_in(json.dumps(document).encode())

    def test_p03_every_entry_leads_to_a_signed_checkpoint(self, receipt: bytes, office: Office) -> None:
        checked = verify_receipt(receipt, office.keys)
        assert (checked.faults, checked.promised, checked.pinned) == ([], [], True)

    def test_before_it_has_its_place_it_is_a_promise(self, lead: Lead, office: Office) -> None:
        promised = office.issue(lead)
        assert verify_receipt(promised, office.keys).promised == [lead.evidence_entry]
        office.place()
        proven = office.issue(lead)
        assert verify_receipt(proven, office.keys).promised == []
        ids = [json.loads(one)["dpv:hasIdentifier"] for one in (promised, proven)]
        assert ids[0] != ids[1]

    def test_p03_entries_of_many_batches_each_lead_to_their_own(
        self, store: Store, catalogue: Catalogue, lead: Lead, office: Office, clock: DrivenClock
    ) -> None:
        office.place()
        for number in range(7):
            keep_lead(store, catalogue, now=clock.advance(seconds=1), name=f"Other {number}")
            office.place()
        withdraw_by_receipt(store, receipt_of(lead), ["product_offers"], now=clock.advance(minutes=1))
        office.place()
        keep_lead(store, catalogue, now=clock.advance(seconds=1))
        office.place()
        receipt = office.issue(lead)
        assert verify_receipt(receipt, office.keys).faults == []
        assert len(json.loads(receipt)["li:proof"]["checkpoints"]) == 2

    def test_e02_the_salt_opens_what_the_entry_commits_to(self, receipt: bytes) -> None:
        proof = json.loads(receipt)["li:proof"]
        typed = {**FIELDS, "phone": "+37120000000"}
        opened = hashlib.sha256(rfc8785.dumps({"fields": typed}) + base64.b64decode(proof["commitment"]["salt"]))
        assert json.loads(proof["entries"][0]["entry"])["commitment"] == opened.hexdigest()


class TestLater:
    def test_w11_taking_back_gives_a_new_receipt_that_says_so(
        self, store: Store, lead: Lead, receipt: bytes, office: Office, clock: DrivenClock
    ) -> None:
        withdraw_by_receipt(store, receipt_of(lead), None, now=clock.advance(minutes=1))
        office.place()
        after = office.issue(lead)
        assert said_in(receipt)["product_offers"] == "given"
        assert said_in(after) == {
            "respond_to_request": "acted",
            "newsletter": "refused",
            "product_offers": "withdrawn",
        }
        statuses = records_of(after)["product_offers"]["dpv:hasConsentStatus"]
        assert [one["li:step"] for one in statuses] == ["shown", "given", "withdrawn"]
        assert statuses[-1]["dpv:hasDuration"] == {"@type": "dpv:UntilEventDuration", "rdf:value": "new consent"}
        assert verify_receipt(after, office.keys).stands
        assert verify_receipt(receipt, office.keys).stands  # the one of before stays true of its own time

    def test_r07_a_request_that_is_stopped_is_halted(
        self, store: Store, lead: Lead, office: Office, clock: DrivenClock
    ) -> None:
        withdraw_by_receipt(store, receipt_of(lead), ["respond_to_request"], now=clock.advance(minutes=1))
        after = office.issue(lead)
        types = [one["@type"] for one in records_of(after)["respond_to_request"]["dpv:hasActivityStatus"]]
        assert types == [["dpv:ActivityOngoing"], ["dpv:ActivityHalted"]]
        assert verify_receipt(after, office.keys).stands

    def test_w11_a_yes_that_nobody_confirmed_ends_as_no_by_nobody(
        self, store: Store, queue: Queue, catalogue: Catalogue, office: Office, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"newsletter": True})
        expire_unconfirmed(store, now=clock.advance(days=8))
        receipt = office.issue(lead)
        last = records_of(receipt)["newsletter"]["dpv:hasConsentStatus"][-1]
        assert last["@type"] == ["dpv:ConsentRefused"]
        assert last["dpv:isIndicatedBy"] == {"@id": "urn:vestibule:party:controller"}
        assert verify_receipt(receipt, office.keys).stands

    def test_p06_after_erasure_there_is_none_and_a_kept_one_still_stands(
        self, store: Store, lead: Lead, receipt: bytes, office: Office, clock: DrivenClock
    ) -> None:
        erase_by_receipt(store, receipt_of(lead), now=clock.advance(days=1))
        with pytest.raises(ReceiptErased) as raised:
            office.issue(lead)
        assert raised.value.at == clock()
        assert verify_receipt(receipt, office.keys).stands

    def test_a_wrong_token_opens_none(self, store: Store, lead: Lead, office: Office, clock: DrivenClock) -> None:
        with pytest.raises(LeadUnknown):
            issue_receipt(store, office.receipts, f"{lead.id}-{'a' * 32}", now=clock())


def iris_of(expanded: Any) -> set[str]:
    """Return every IRI of an expanded document: its properties, its types, and what it points to."""
    if isinstance(expanded, list):
        return {iri for one in expanded for iri in iris_of(one)}
    if not isinstance(expanded, dict) or expanded.get("@type") == "@json":
        return set()
    named = {expanded["@id"]} if "@id" in expanded else set()
    types = set(expanded.get("@type", [])) if isinstance(expanded.get("@type"), list) else set()
    inner = {iri for key, value in expanded.items() if not key.startswith("@") for iri in iris_of(value)}
    return named | types | {key for key in expanded if not key.startswith("@")} | inner


def root_above(leaf: Any, place: int, size: int, path: list[bytes]) -> bytes:
    """Climb from a leaf to the root, as RFC 9162 says it in 2.1.3.2."""
    here, last, found = place, size - 1, leaf.digest()
    for beside in path:
        assert last > 0
        if here % 2 or here == last:
            found = hashlib.sha256(b"\1" + beside + found).digest()
            while not here % 2 and here:
                here, last = here >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + beside).digest()
        here, last = here >> 1, last >> 1
    assert last == 0
    return bytes(found)
