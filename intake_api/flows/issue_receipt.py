"""Issue a visitor their receipt as a signed file that anybody can verify, also when we are gone (P-01 to P-03, P-06).

It is made anew each time it is asked for, of what stands then: a decision made later gives a new receipt (W-11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.clock import rfc3339
from intake_api.flows.make_records import Told, told_of
from intake_api.flows.show_receipt import ReceiptErased, opened_receipt
from intake_api.rules.contact import masked_email, masked_phone
from intake_api.store import evidence, keyring
from intake_api.store.base import Store
from intake_api.store.checkpoints import ORIGIN, Checkpoint
from intake_api.store.evidence import Proven
from intake_api.store.leads import LeadUnknown, open_values
from intake_api.store.signer import Signer
from intake_api.store.subjects import get_data_key
from intake_api.store.vault import DataKey
from intake_api.verifier import in_base64

__all__ = ["LeadUnknown", "ReceiptErased", "Receipts", "issue_receipt"]

PROFILE = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
SIGNED_OVER = "RFC 8785 (JCS) of this object without 'value' in 'li:signature'"
COMMITTED_OVER = 'SHA-256 of RFC 8785 (JCS) of {"fields": what was sent, as it is kept} and these bytes'
# What a key is for, as receipts name it.
USES: Mapping[str, str] = {keyring.RECEIPTS: "receipt", keyring.CHECKPOINTS: "checkpoint"}
JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Receipts:
    """What receipts are issued with: the key that signs them, and the address that visitors reach us at."""

    signer: Signer
    public_url: str


def issue_receipt(store: Store, receipts: Receipts, token: str, *, now: datetime) -> tuple[str, bytes]:
    """Return the reference of what was sent, and the receipt: a file of canonical JSON (RFC 8785), signed.

    :raises LeadUnknown: no such receipt.
    :raises ReceiptErased: what it was about was erased; a receipt that was kept still verifies.
    :raises KeyNotHeld: the key was rotated, and this process has the one of before.
    """
    with store.reading() as tx:
        signer = receipts.signer.using(keyring.current_id(tx, keyring.RECEIPTS))
        lead = opened_receipt(tx, token)
        key = get_data_key(tx, store.vault, lead.subject_id)
        told = told_of(tx, lead, receipts.public_url)
        values = open_values(tx, store.vault, lead)
        document = {
            "@context": told.context,
            "@id": f"urn:uuid:{told.receipt_id}",
            "@type": "dpv:ConsentReceipt",
            "dct:conformsTo": PROFILE,
            "dpv:hasIdentifier": told.receipt_id,
            "dct:created": rfc3339(now),
            "dct:audience": {"@id": told.subject},
            "dpv:hasRecordOfActivity": told.records,
            "li:submission": told.submission,
            "li:you_said": told.you_said,
            "li:contact_masked": _masked(values),
            "li:links": _links(receipts.public_url, token, told),
            "li:proof": {**proof(told.proven), "commitment": _commitment(store, key, lead.evidence_entry)},
            "li:keys": published_keys(tx, signer, told.proven),
        }
    return lead.reference, signed(document, signer)


def signed(document: Mapping[str, Any], signer: Signer) -> bytes:
    """Return a document with its signature, as canonical JSON."""
    signature = {"alg": "Ed25519", "kid": signer.key_id, "over": SIGNED_OVER}
    value = signer.sign(evidence.canonical({**document, "li:signature": signature}))
    return evidence.canonical({**document, "li:signature": {**signature, "value": in_base64(value)}})


def proof(proven: Sequence[Proven]) -> JsonObject:
    """Return the entries with what proves their places; those that wait for one are promised it."""
    checkpoints = {one.checkpoint.size: one.checkpoint for one in proven if one.checkpoint}
    return {
        "origin": ORIGIN,
        "hashing": "RFC 9162, SHA-256; the entry's bytes are the leaf",
        "entries": [
            {
                "entry": one.entry.body.decode(),
                "leaf_hash": in_base64(one.entry.leaf_hash),
                "place": one.entry.position if one.checkpoint else None,
                "size": one.checkpoint.size if one.checkpoint else None,
                "path": [in_base64(beside) for beside in one.path],
            }
            for one in proven
        ],
        "checkpoints": [signed_checkpoint(checkpoint) for _, checkpoint in sorted(checkpoints.items())],
    }


def signed_checkpoint(checkpoint: Checkpoint) -> JsonObject:
    """Return a checkpoint with its signature and the id of its key."""
    return {
        "size": checkpoint.size,
        "at": rfc3339(checkpoint.at),
        "text": checkpoint.signed_text.decode(),
        "kid": checkpoint.key_id,
        "signature": in_base64(checkpoint.signature),
    }


def published_keys(tx: Connection, signer: Signer | None, proven: Sequence[Proven]) -> list[JsonObject]:
    """Return the public keys that are needed to check a document, each with what it is for."""
    needed = {one.checkpoint.key_id for one in proven if one.checkpoint} | ({signer.key_id} if signer else set())
    return [public_key(key) for key in keyring.signing_keys(tx) if key.key_id in needed]


def public_key(key: keyring.KnownKey) -> JsonObject:
    """Return a public key as receipts carry it."""
    return {"kid": key.key_id, "use": USES[key.name], "alg": "Ed25519", "public_key": in_base64(key.public_key or b"")}


def _links(public_url: str, token: str, told: Told) -> JsonObject:
    return {
        "change_or_withdraw": f"{public_url}/receipts/{token}",
        "my_data": f"{public_url}/my-data",
        "notice": told.notice_url,
        "complain": told.notice["authority"]["url"],
        "verify": f"{public_url}/receipts/verify",
        "keys": f"{public_url}/.well-known/vestibule-keys.json",
    }


def _commitment(store: Store, key: DataKey, entry_id: str) -> JsonObject:
    """Return the salt: with it and with what they typed, only its owner can open what the entry commits to."""
    return {"entry": entry_id, "over": COMMITTED_OVER, "salt": in_base64(store.vault.salt(key, entry_id))}


def _masked(values: Mapping[str, Any]) -> JsonObject:
    how = {"email": masked_email, "phone": masked_phone}
    return {name: mask(str(values[name])) for name, mask in how.items() if values.get(name)}
