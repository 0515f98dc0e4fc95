"""Verify receipts and exported evidence, alone: the standard library, `cryptography`, and nothing of this service.

It shares no line with what it checks, and travels with every export:

    python verify.py                      the unpacked archive that this file lies in
    python verify.py archive.zip          an archive, packed
    python verify.py receipt.jsonld       a receipt; `--key` names a key you trust

Exit code 0: it stands. 1: it does not; each reason is named. 2: there was nothing to look at.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

RECEIPT, CHECKPOINT = "receipt", "checkpoint"  # what a key is for
LARGEST = 512 * 1024  # a receipt has about twenty thousand bytes
LARGEST_ARCHIVE = 64 * 1024 * 1024
MANIFEST = "manifest.json"
KEY_BYTES = 32
KEY_HELP = "a public key you trust, in base64, or the file of keys that the service publishes; may be repeated"

# What may be found, in words. The code is stable.
SAYS: Mapping[str, str] = {
    "unreadable": "This is no receipt of this service: it cannot be read as one.",
    "rewritten": "The file is not byte for byte the one that was given out: changed, or saved anew by a program.",
    "signature_wrong": "The signature does not belong to this content: something in it was changed.",
    "key_unknown": "It is signed with a key that is not one of those you trust.",
    "entry_wrong": "An entry of the evidence is not the one whose place is proven.",
    "place_wrong": "The proof does not lead from the entry to the signed state of the evidence.",
    "checkpoint_wrong": "The signed state of the evidence is not signed by its key.",
    "decision_differs": "What the receipt says was decided is not what the entries of the evidence say.",
    "notice_differs": "The notice is not the one that the entries of the evidence name.",
    "label_differs": "The words of a control are not those that the entries of the evidence name.",
    "presentation_differs": "How the notice was shown is not what the entries of the evidence say.",
    "growth_wrong": "The evidence of today does not go on from the one in which the entries stand.",
    "file_changed": "A file of the archive is not the one that was put in.",
    "file_missing": "A file of the archive is missing.",
    "file_added": "A file in the archive was not put in by the service.",
}

# The kinds of entries that decide, and what each makes of its purpose; those not named say it by `to`.
BECOMES: Mapping[str, str] = {
    "consent.confirmed": "given",
    "consent.unconfirmed": "refused",
    "consent.expired": "expired",
    "consent.renewed": "renewed",
    "consent.withdrawn": "withdrawn",
    "request.stopped": "stopped",
}
# The DPV type of a state; whatever ends what does not rest on consent halts it.
TYPE_OF: Mapping[str, str] = {
    "requested": "dpv:ConsentRequested",
    "given": "dpv:ConsentGiven",
    "renewed": "dpv:RenewedConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
    "invalidated": "dpv:ConsentInvalidated",
    "acted": "dpv:ActivityOngoing",
}
HALTED = "dpv:ActivityHalted"
Keys = Mapping[str, tuple[str, bytes]]  # by id: what each is for, and the public key
Entries = Mapping[str, Mapping[str, Any]]  # what each says, by its id

# What reading a thing of an unexpected shape may raise.
ODD = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, OverflowError)


@dataclass(frozen=True)
class Fault:
    """One thing that does not stand: a stable code, and which part it is about."""

    code: str
    part: str = ""

    @property
    def says(self) -> str:
        """The same in words."""
        return SAYS[self.code] + (f" ({self.part})" if self.part else "")


@dataclass
class Checked:
    """What was found. `document` is what could be read; believe it only if `stands`.

    `promised` are the entries whose place is promised and not yet proven. `pinned` says whether the keys were compared
    with keys that were trusted before; without that it stands in itself, and anybody could have made it.
    """

    document: Mapping[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    promised: list[str] = field(default_factory=list)
    pinned: bool = False
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def stands(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    def note(self, code: str, part: str = "") -> None:
        """Note a fault, once."""
        if (fault := Fault(code, part)) not in self.faults:
            self.faults.append(fault)

    def look(self, code: str, part: str, look: Callable[..., bool], *at: Any) -> bool:
        """Look at one thing; what has not the expected shape does not stand."""
        try:
            fine = look(*at)
        except (*ODD, InvalidSignature, binascii.Error):
            fine = False
        if not fine:
            self.note(code, part)
        return fine


def verify_receipt(data: bytes, trusted: Collection[bytes] = ()) -> Checked:
    """Check a receipt, offline.

    :param data: the file, as it was given out.
    :param trusted: public keys (32 bytes each) that it must be signed with; none checks it against its own.
    """
    checked = Checked(pinned=bool(trusted))
    document = _read(data)
    if document is None or "li:proof" not in document or "li:signature" not in document:
        checked.note("unreadable")
        return checked
    checked.document = document
    checked.look("rewritten", "", _is_canonical, document, data)
    keys = _keys(checked, document.get("li:keys"), trusted)
    checked.look("signature_wrong", "", _is_signed, document, keys, RECEIPT)
    entries = _verify_entries(checked, document["li:proof"], keys)
    checked.look("decision_differs", "", _says_what_was_decided, document, entries)
    return checked


def verify_archive(files: Mapping[str, bytes], trusted: Collection[bytes] = ()) -> Checked:
    """Check an export: the content of each file by its name."""
    checked = Checked(pinned=bool(trusted))
    manifest = _read(files.get(MANIFEST, b""))
    if manifest is None:
        checked.note("file_missing" if MANIFEST not in files else "unreadable", MANIFEST)
        return checked
    checked.document = manifest
    checked.look("rewritten", MANIFEST, _is_canonical, manifest, files[MANIFEST])
    keys = _keys(checked, manifest.get("li:keys"), trusted)
    checked.look("signature_wrong", MANIFEST, _is_signed, manifest, keys, CHECKPOINT)
    if not checked.look("unreadable", MANIFEST, _look_at_files, checked, manifest, files):
        return checked
    _look_inside(checked, files, keys)
    return checked


def canonical(value: Any) -> bytes:
    """Return the canonical JSON (RFC 8785) of names in ASCII, texts, whole numbers, lists and objects."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def key_id(public_key: bytes) -> str:
    """Return the id of a public key, as receipts and checkpoints name it."""
    return hashlib.sha256(b"vestibule key id|" + public_key).hexdigest()[:16]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(leaf: bytes, place: int, size: int, path: list[bytes]) -> bytes:
    """Return the root to which an audit path leads (RFC 9162, 2.1.3.2).

    :raises ValueError: the path has not the length it must have.
    """
    if not 0 <= place < size:
        raise ValueError("no such place")
    left, last, reached = place, size - 1, leaf
    for beside in path:
        if last == 0:
            raise ValueError("too long")
        if left & 1 or left == last:
            reached = _node(beside, reached)
            while left and not left & 1:
                left, last = left >> 1, last >> 1
        else:
            reached = _node(reached, beside)
        left, last = left >> 1, last >> 1
    if last != 0:
        raise ValueError("too short")
    return reached


def grows(first: bytes, earlier: int, second: bytes, later: int, path: list[bytes]) -> bool:
    """Say whether the tree of `later` leaves begins with that of `earlier` (RFC 9162, 2.1.4.2)."""
    if earlier == later:
        return first == second and not path
    if not 0 < earlier < later or not path:
        return False
    if earlier & (earlier - 1) == 0:
        path = [first, *path]
    left, last = earlier - 1, later - 1
    while left & 1:
        left, last = left >> 1, last >> 1
    old = new = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if left & 1 or left == last:
            old, new = _node(beside, old), _node(beside, new)
            while left and not left & 1:
                left, last = left >> 1, last >> 1
        else:
            new = _node(new, beside)
        left, last = left >> 1, last >> 1
    return (old, new, last) == (first, second, 0)


def in_base64(value: bytes) -> str:
    """Write bytes as receipts and exports hold them."""
    return base64.b64encode(value).decode()


def read_keys(named: Iterable[str]) -> list[bytes]:
    """Return public keys that are named in base64, or by a file as the service publishes it (a JWK set).

    :raises ValueError, OSError: one is neither.
    """
    keys: list[bytes] = []
    for one in named:
        if Path(one).is_file():
            told = json.loads(Path(one).read_bytes())["keys"]
            keys += [base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4)) for key in told]
        else:
            keys.append(base64.b64decode(one, validate=True))
    if any(len(key) != KEY_BYTES for key in keys):
        raise ValueError("a key has 32 bytes: write it in base64, or name the file of published keys")
    return keys


def main(arguments: list[str]) -> int:
    """Check what the arguments name, print what was found, return the exit code."""
    parser = argparse.ArgumentParser(description="Verify a receipt, or exported evidence.")
    parser.add_argument("file", nargs="?", help="a receipt or an archive; without it the folder of this file")
    parser.add_argument("--key", action="append", default=[], help=KEY_HELP)
    given = parser.parse_args(arguments)
    try:
        trusted = read_keys(given.key)
        what, checked = _look_at(Path(given.file) if given.file else None, trusted)
    except (OSError, zipfile.BadZipFile, *ODD) as error:
        print(f"Cannot be looked at: {error}", file=sys.stderr)
        return 2
    print("\n".join(report(checked, what)))
    return 0 if checked.stands else 1


def report(checked: Checked, what: str) -> Iterator[str]:
    """Say in lines what was found, for a terminal."""
    if not checked.stands:
        yield f"THE {what.upper()} DOES NOT STAND."
        yield from (f"  {fault.says} [{fault.code}]" for fault in checked.faults)
        return
    yield f"The {what} stands."
    for one in checked.document.get("li:you_said", []):
        yield f"  {one['when']}  {one['title']}: {one['answer']}"
    if checked.promised:
        yield f"  {len(checked.promised)} of its entries had no place in the evidence yet: it promises one."
    for kid, use in checked.keys.items():
        yield f"  key {kid} ({use})"
    if not checked.pinned:
        yield "  Its keys were not compared with any you trust (--key): compare them with those the service publishes."


def _look_at(file: Path | None, trusted: Collection[bytes]) -> tuple[str, Checked]:
    if file is None:
        return "evidence", verify_archive(_of_folder(Path(__file__).resolve().parent), trusted)
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST_ARCHIVE:
                raise ValueError("the archive is too large")
            return "evidence", verify_archive({name: archive.read(name) for name in archive.namelist()}, trusted)
    return "receipt", verify_receipt(file.read_bytes(), trusted)


def _of_folder(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()
    }


def _read(data: bytes) -> dict[str, Any] | None:
    if len(data) > LARGEST:
        return None
    try:
        document = json.loads(data)
    except ODD:
        return None
    return document if isinstance(document, dict) else None


def _keys(checked: Checked, told: Any, trusted: Collection[bytes]) -> dict[str, tuple[str, bytes]]:
    """Return the keys that a document brings along, by id: what each is for, and the key."""
    keys: dict[str, tuple[str, bytes]] = {}
    try:
        for one in told:
            public = _bytes(one["public_key"])
            if one["kid"] == key_id(public) and one["use"] in (RECEIPT, CHECKPOINT):
                keys[one["kid"]] = (one["use"], public)
    except ODD:
        checked.note("unreadable", "li:keys")
    checked.keys = {kid: use for kid, (use, _) in keys.items()}
    for kid, (_, public) in keys.items():
        if trusted and public not in trusted:
            checked.note("key_unknown", kid)
    return keys


def _is_canonical(document: Mapping[str, Any], data: bytes) -> bool:
    return canonical(document) == data


def _is_signed(document: Mapping[str, Any], keys: Keys, use: str) -> bool:
    """Check the signature: over the whole document without `value` in `li:signature`."""
    signature = dict(document["li:signature"])
    value = _bytes(signature.pop("value"))
    known_use, public = keys[signature["kid"]]
    if signature["alg"] != "Ed25519" or known_use != use:
        return False
    Ed25519PublicKey.from_public_bytes(public).verify(value, canonical({**document, "li:signature": signature}))
    return True


def _verify_entries(checked: Checked, proof: Any, keys: Keys) -> dict[str, Mapping[str, Any]]:
    """Check each entry's place; return what the entries say, by id."""
    entries: dict[str, Mapping[str, Any]] = {}
    try:
        roots = {checkpoint["size"]: _root(checked, checkpoint, keys) for checkpoint in proof["checkpoints"]}
        for one in proof["entries"]:
            body = one["entry"].encode()
            said = json.loads(body)
            entries[said["id"]] = said
            if not checked.look("entry_wrong", said["id"], _is_leaf, body, one):
                continue
            if one["place"] is None:
                checked.promised.append(said["id"])
            else:
                checked.look("place_wrong", said["id"], _is_in_place, one, roots)
    except ODD:
        checked.note("unreadable", "li:proof")
    return entries


def _is_leaf(body: bytes, one: Mapping[str, Any]) -> bool:
    return leaf_hash(body) == _bytes(one["leaf_hash"])


def _is_in_place(one: Mapping[str, Any], roots: Mapping[int, bytes | None]) -> bool:
    path = [_bytes(beside) for beside in one["path"]]
    return root_of(_bytes(one["leaf_hash"]), one["place"], one["size"], path) == roots[one["size"]]


def _root(checked: Checked, checkpoint: Mapping[str, Any], keys: Keys) -> bytes | None:
    """Return the root that a checkpoint was signed over, or None when it was not."""

    def is_signed() -> bool:
        use, public = keys[checkpoint["kid"]]
        Ed25519PublicKey.from_public_bytes(public).verify(_bytes(checkpoint["signature"]), checkpoint["text"].encode())
        _, size, _, at, end = checkpoint["text"].split("\n")
        return use == CHECKPOINT and (int(size), at, end) == (checkpoint["size"], checkpoint["at"], "")

    if not checked.look("checkpoint_wrong", str(checkpoint["size"]), is_signed):
        return None
    return _bytes(checkpoint["text"].split("\n")[2])


def _says_what_was_decided(document: Mapping[str, Any], entries: Entries) -> bool:
    """Compare what stands in words, in the records and in the entries: all three must say the same."""
    said = {one["purpose"]: one for one in document["li:you_said"]}
    records = {_purpose_of(record): record for record in document["dpv:hasRecordOfActivity"]}
    if not said or said.keys() != records.keys() or len(said) != len(document["li:you_said"]):
        return False
    return all(
        one["answer"] == _decided(entries[one["entry"]], purpose)
        and one["when"] == entries[one["entry"]]["at"]
        and _record_agrees(records[purpose], purpose, entries, one["answer"])
        for purpose, one in said.items()
    )


def _record_agrees(record: Mapping[str, Any], purpose: str, entries: Entries, state: str | None = None) -> bool:
    """Check every status of a record against its entry; the last one is the present state."""
    statuses = [one for one in _statuses(record) if "li:entry" in one]
    first = _first(entries)
    agree = all(
        _state_of(one) == _decided(entries[one["li:entry"]], purpose)
        and one["dpv:isIndicatedAtTime"] == entries[one["li:entry"]]["at"]
        for one in statuses
    )
    notice, subject = record["dpv:hasNotice"], record["dpv:hasDataSubject"]["@id"]
    return bool(
        agree
        and statuses
        and (state is None or _state_of(statuses[-1]) == state)
        and notice["@id"] == f"sha256:{first['notice']}"
        and notice["li:presentation"] == first["presentation"]
        and subject.removeprefix("urn:uuid:").replace("-", "") == first["subject"]
    )


def _statuses(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = record.get("dpv:hasConsentStatus") or record["dpv:hasActivityStatus"]
    return found


def _state_of(status: Mapping[str, Any]) -> str:
    """Return the state of a status, if its DPV type is that of this state."""
    state: str = status["li:step"]
    if TYPE_OF.get(state, HALTED) != status["@type"][0]:
        raise ValueError("state and type differ")
    return state


def _purpose_of(record: Mapping[str, Any]) -> str:
    purpose: str = record["dpv:hasProcess"][0]["@id"].partition("#")[2]
    return purpose


def _decided(entry: Mapping[str, Any], purpose: str) -> str | None:
    """Return what an entry made of a purpose."""
    if "decisions" in entry:
        found: list[str] = [one["state"] for one in entry["decisions"] if one["purpose"] == purpose]
        return found[0] if found else None
    if entry.get("purpose") != purpose:
        return None
    return BECOMES.get(entry["kind"]) or entry["to"]


def _first(entries: Entries) -> Mapping[str, Any]:
    return next(entry for entry in entries.values() if "decisions" in entry)


def _look_at_files(checked: Checked, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> bool:
    told: Mapping[str, str] = manifest["files"]
    for name, digest in told.items():
        if name not in files:
            checked.note("file_missing", name)
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            checked.note("file_changed", name)
    for name in files.keys() - told.keys() - {MANIFEST}:
        checked.note("file_added", name)
    return True


def _look_inside(checked: Checked, files: Mapping[str, bytes], keys: Keys) -> None:
    """Check what the files of an archive say against the entries, so that not even their signer could make it up."""
    proof = _read(files.get("proofs.json", b""))
    entries = _verify_entries(checked, proof, keys)
    if proof is None or not entries:
        return
    checked.look("growth_wrong", "proofs.json", _goes_on, checked, proof, keys)
    checked.look("notice_differs", "notice.json", _is_the_notice, files.get("notice.json", b""), entries)
    for name in (name for name in files if name.startswith("notices/")):
        checked.look("notice_differs", name, _is_a_later_notice, name, files[name], entries)
    shown = _read(files.get("presentation.json", b"")) or {}
    checked.look("presentation_differs", "presentation.json", _was_shown, shown, entries)
    labels = _read(files.get("labels.json", b"")) or {}
    checked.look("label_differs", "labels.json", _are_the_words, labels, entries)
    for name in (name for name in files if name.startswith("records/")):
        record = _read(files[name]) or {}
        checked.look("decision_differs", name, _is_the_record, record, entries)


def _goes_on(checked: Checked, proof: Mapping[str, Any], keys: Keys) -> bool:
    latest = proof["latest"]
    root = _root(checked, latest["checkpoint"], keys)
    first = {checkpoint["size"]: checkpoint for checkpoint in proof["checkpoints"]}
    return root is not None and all(
        grows(
            _bytes(first[one["from"]]["text"].split("\n")[2]),
            one["from"],
            root,
            latest["checkpoint"]["size"],
            [_bytes(beside) for beside in one["path"]],
        )
        for one in latest["growth"]
    )


def _is_the_notice(notice: bytes, entries: Entries) -> bool:
    return bool(hashlib.sha256(notice).hexdigest() == _first(entries)["notice"])


def _is_a_later_notice(name: str, notice: bytes, entries: Entries) -> bool:
    """Say whether a notice is the one that its file is named by, and one on which a yes was said again."""
    digest = hashlib.sha256(notice).hexdigest()
    renewed = {entry["notice"] for entry in entries.values() if entry["kind"] == "consent.renewed"}
    return name == f"notices/{digest}.json" and digest in renewed


def _is_the_record(record: Mapping[str, Any], entries: Entries) -> bool:
    return _record_agrees(record, _purpose_of(record), entries)


def _was_shown(shown: Mapping[str, Any], entries: Entries) -> bool:
    first = _first(entries)
    names = ("presentation", "shown_at", "notice", "form", "locale", "channel")
    return all(shown[name] == first[name] for name in names)


def _are_the_words(labels: Mapping[str, Any], entries: Entries) -> bool:
    """Each label hashes to its name, and each that the entries name is there."""
    named = {one["label"] for entry in entries.values() for one in entry.get("decisions", [entry]) if one.get("label")}
    words = labels["labels"]
    return all(hashlib.sha256(text.encode()).hexdigest() == name for name, text in words.items()) and named <= (
        words.keys() | set(labels["not_at_hand"])
    )


def _bytes(text: str) -> bytes:
    """Read base64 in the one way to write it: a bit that says nothing must not be there to be changed."""
    value = base64.b64decode(text, validate=True)
    if in_base64(value) != text:
        raise ValueError("not the canonical base64")
    return value


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
