"""Export what proves one submission as an archive that convinces whoever has no access to this service (E-09).

Nothing a person typed is in it, so it can also be made of what was erased. It carries its own verifier.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from intake_api import verifier
from intake_api.clock import rfc3339
from intake_api.flows.issue_receipt import proof, public_key, signed, signed_checkpoint
from intake_api.flows.make_records import Told, told_of
from intake_api.store import evidence, keyring, notices
from intake_api.store.base import Store
from intake_api.store.checkpoints import Checkpoint, last_checkpoint
from intake_api.store.evidence import Entry, Proven
from intake_api.store.leads import LeadUnknown, get_lead
from intake_api.store.signer import Signer

__all__ = ["EvidenceWaits", "Exported", "LeadUnknown", "export_evidence"]

SCHEMA = "urn:vestibule:evidence-export:1"
ERASED = "lead.erased"
README = """What was decided in submission {reference}, and what proves it.

  python verify.py                    checks every file here; it needs Python and the package `cryptography`
  python verify.py --key KEY          compares the key with one you trust (base64, or the saved file of published keys)

records/            one record for each purpose, ISO/IEC TS 27560 in the terms of DPV (JSON-LD)
notice.json         the very bytes of the notice that was shown; their SHA-256 is its name
notices/            notices on which a yes was said again later, if any, each named by its SHA-256
presentation.json   when, where and in which language it was shown
labels.json         the words of the controls, by their SHA-256
workflow.json       which version of the form and of the workflow it went through
proofs.json         the entries of the evidence, their places, the signed states, and that today's goes on from them
checkpoint.txt      today's signed state of the log
keys.json           the public keys; compare them with {keys}
manifest.json       the SHA-256 of every file, signed

Nothing that the person typed is in here.
"""


class EvidenceWaits(Exception):
    """An entry has no place in the log yet, so nothing can be proven."""

    code = "evidence_waits"


@dataclass(frozen=True)
class Exported:
    """The files of an export by name, and the reference of what they are about."""

    reference: str
    files: Mapping[str, bytes]


def export_evidence(
    store: Store, signer: Signer, public_url: str, reference: str, words: Iterable[str] = (), *, now: datetime
) -> Exported:
    """Return the files that prove what was decided in one submission.

    :param words: texts that controls may have had beside those of the notice, to be named where their hash stands.
    :raises LeadUnknown: no such reference.
    :raises EvidenceWaits: an entry of it has no place yet; a worker gives it one within seconds.
    :raises NoticeUnknown, NoticeAltered: the notice is not the one that was shown.
    """
    with store.reading() as tx:
        signer = signer.using(keyring.current_id(tx, keyring.CHECKPOINTS))
        lead = get_lead(tx, reference)
        told = told_of(tx, lead, public_url)
        proven = [*told.proven, *_beside(tx, lead.id, {lead.notice_hash, *told.later_notices})]
        latest = last_checkpoint(tx)
        if latest is None or not all(one.checkpoint for one in proven):
            raise EvidenceWaits("An entry of this submission has no place in the log yet. Start a worker, try again.")
        keys = [public_key(key) for key in keyring.signing_keys(tx) if key.name == keyring.CHECKPOINTS]
        proofs = {**proof(proven), "latest": _latest(tx, proven, latest)}
    files = _files(told, proofs, keys, latest, words, f"{public_url}/.well-known/vestibule-keys.json")
    manifest = {
        "schema": SCHEMA,
        "made_at": rfc3339(now),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        "li:submission": told.submission,
        "li:you_said": told.you_said,
        "li:keys": keys,
    }
    return Exported(lead.reference, {**files, verifier.MANIFEST: signed(manifest, signer)})


def _beside(tx: Connection, lead_id: str, notice_hashes: Collection[str]) -> list[Proven]:
    """Return what else belongs to it: when its notices were published, and that what was sent was erased."""
    entries = [entry for entry in evidence.list_entries(tx, lead_id) if entry.kind == ERASED]
    published = [entry for kind in notices.PUBLISHED for entry in evidence.entries_of_kind(tx, kind)]
    entries += [entry for entry in published if _says(entry)["notice"] in notice_hashes]
    return [evidence.prove(tx, entry) for entry in entries]


def _latest(tx: Connection, proven: Iterable[Proven], latest: Checkpoint) -> Mapping[str, Any]:
    earlier = {one.checkpoint.size: one.checkpoint for one in proven if one.checkpoint}
    growth = [
        {"from": size, "path": [verifier.in_base64(beside) for beside in evidence.prove_growth(tx, one, latest)]}
        for size, one in sorted(earlier.items())
    ]
    return {"checkpoint": signed_checkpoint(latest), "growth": growth}


def _files(
    told: Told,
    proofs: Mapping[str, Any],
    keys: list[dict[str, Any]],
    latest: Checkpoint,
    words: Iterable[str],
    published: str,
) -> dict[str, bytes]:
    first = next(said for one in told.proven if "decisions" in (said := _says(one.entry)))
    shown = {name: first[name] for name in ("presentation", "shown_at", "notice", "form", "locale", "channel")}
    records = {
        f"records/{record['dpv:hasProcess'][0]['@id'].partition('#')[2]}.jsonld": {"@context": told.context, **record}
        for record in told.records
    }
    documents = {
        **records,
        "presentation.json": shown,
        "labels.json": _labels(told, words),
        "workflow.json": _workflow(told.notice, first),
        "proofs.json": proofs,
        "keys.json": {"keys": keys},
    }
    signed_latest = f"{latest.signed_text.decode()}{verifier.in_base64(latest.signature)}\n{latest.key_id}\n"
    return {
        "README.txt": README.format(reference=told.submission["reference"], keys=published).encode(),
        "verify.py": Path(verifier.__file__).read_bytes(),
        "notice.json": told.notice_bytes,
        **{f"notices/{name}.json": body for name, body in told.later_notices.items()},
        "checkpoint.txt": signed_latest.encode(),
        **{name: evidence.canonical(document) for name, document in documents.items()},
    }


def _labels(told: Told, words: Iterable[str]) -> dict[str, Any]:
    """Name the words that were pressed, as far as they are known here; their hashes stand in the entries."""
    entries = [_says(one.entry) for one in told.proven]
    hashes = {said["label"] for entry in entries for said in entry.get("decisions", [entry]) if said.get("label")}
    notices = (told.notice, *map(json.loads, told.later_notices.values()))
    known = (*(text for notice in notices for text in notice["texts"].values()), *words)
    texts = {hashlib.sha256(text.encode()).hexdigest(): text for text in known}
    labels = {name: texts[name] for name in sorted(hashes) if name in texts}
    return {"labels": labels, "not_at_hand": sorted(hashes - labels.keys())}


def _workflow(notice: Mapping[str, Any], first: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: notice[name] for name in ("form", "family", "version", "effective_from", "locale")}
    scoring = notice["scoring"]
    return {**named, "workflow": first.get("workflow"), "qualification": scoring and scoring["version"]}


def _says(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(entry.body)
    return said
