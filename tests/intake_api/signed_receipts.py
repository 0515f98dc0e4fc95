"""Receipts of invented people as signed files, and the log they stand in."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from intake_api.flows.issue_receipt import Receipts, issue_receipt
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.signer import Signer
from intake_api.verifier import canonical
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.kept_leads import receipt_of

Document = dict[str, Any]


class Office:
    """Gives out receipts of a store, and lets the worker's round place what waits."""

    def __init__(self, store: Store, settings: Settings, clock: DrivenClock) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self.receipts = Receipts(Signer(settings.secrets.receipt_key), PUBLIC_URL)
        self.evidence = Signer(settings.secrets.evidence_key)

    @property
    def keys(self) -> list[bytes]:
        """The public keys of receipts and checkpoints."""
        return [self.receipts.signer.public_key, self.evidence.public_key]

    def place(self) -> None:
        """Give every waiting entry its place."""
        sequence_evidence(self.store, self.evidence, self.settings.checkpoint_file, now=self.clock())

    def issue(self, lead: Lead) -> bytes:
        """Give out the receipt of a lead as it stands."""
        _, receipt = issue_receipt(self.store, self.receipts, receipt_of(lead), now=self.clock())
        return receipt

    def signed_anew(self, receipt: bytes, change: Callable[[Document], object]) -> bytes:
        """Change a receipt and sign it again, as whoever broke into a door could."""
        document = json.loads(receipt)
        change(document)
        signature = {name: value for name, value in document["li:signature"].items() if name != "value"}
        value = self.receipts.signer.sign(canonical({**document, "li:signature": signature}))
        signed = {**signature, "value": base64.b64encode(value).decode()}
        return canonical({**document, "li:signature": signed})


def records_of(receipt: bytes) -> Mapping[str, Document]:
    """Return the records of a receipt by purpose."""
    records = json.loads(receipt)["dpv:hasRecordOfActivity"]
    return {record["dpv:hasProcess"][0]["@id"].partition("#")[2]: record for record in records}


def said_in(receipt: bytes) -> dict[str, str]:
    """Return what a receipt says was decided, by purpose."""
    return {one["purpose"]: one["answer"] for one in json.loads(receipt)["li:you_said"]}
