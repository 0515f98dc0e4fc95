"""The verifier: what was given out stands, and nothing else does, whichever byte of it was touched (P-03, E-05)."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from intake_api import verifier
from intake_api.catalogue.model import Catalogue
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.rules import merkle
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.signer import Signer
from intake_api.verifier import verify_receipt
from tests.intake_api.conftest import ROOT, SHARED, DrivenClock
from tests.intake_api.kept_leads import keep_lead, receipt_of
from tests.intake_api.signed_receipts import Document, Office

Change = Callable[[Document], object]
PARTS = ["li:proof", "li:keys", "li:signature", "li:you_said", "dpv:hasRecordOfActivity"]
ANYTHING = strategies.recursive(
    strategies.none() | strategies.integers() | strategies.text() | strategies.floats(),
    lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner),
    max_leaves=8,
)


@pytest.fixture
def database_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """SQLite: what is verified are bytes."""
    copy = tmp_path / "vestibule.sqlite"
    copy.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{copy}"


@pytest.fixture
def office(store: Store, settings: Settings, clock: DrivenClock) -> Office:
    return Office(store, settings, clock)


@pytest.fixture
def receipt(store: Store, catalogue: Catalogue, clock: DrivenClock, office: Office) -> bytes:
    """A receipt with two entries of two batches."""
    lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
    office.place()
    withdraw_by_receipt(store, receipt_of(lead), ["product_offers"], now=clock.advance(minutes=1))
    office.place()
    return office.issue(lead)


def codes(receipt: bytes, *trusted: bytes) -> set[str]:
    return {fault.code for fault in verify_receipt(receipt, trusted).faults}


def flipped(data: bytes, at: int, bits: int) -> bytes:
    """Change some bits of one byte."""
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


class TestAnyByte:
    """P-03: flip any byte, and it does not stand."""

    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(at=strategies.integers(0, 10**6), bits=strategies.integers(1, 255))
    def test_p03_of_the_whole_file(self, receipt: bytes, at: int, bits: int) -> None:
        assert codes(flipped(receipt, at % len(receipt), bits))

    @pytest.mark.parametrize("bit", range(8))
    def test_p03_of_the_signature_itself_bit_by_bit(self, receipt: bytes, bit: int) -> None:
        """The signature does not cover its own value: base64 with spare bits would let one through."""
        start = receipt.index(b'"li:signature":')
        end = receipt.index(b"}", start)
        stands = [at for at in range(start, end + 1) if not codes(flipped(receipt, at, 1 << bit))]
        assert stands == []

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(at=strategies.integers(0, 10**6), data=strategies.binary(min_size=1, max_size=3))
    def test_p03_nothing_put_in_or_cut_off_goes_unseen(self, receipt: bytes, at: int, data: bytes) -> None:
        at %= len(receipt)
        assert codes(receipt[:at] + data + receipt[at:])
        assert codes(receipt[:at])

    def test_the_same_content_written_otherwise_is_told_as_that(self, receipt: bytes) -> None:
        assert codes(json.dumps(json.loads(receipt), indent=1).encode()) == {"rewritten"}
        assert codes(receipt + b"\n") == {"rewritten"}


class TestKeys:
    def test_p03_stands_in_itself_and_by_the_keys_that_are_trusted(self, receipt: bytes, office: Office) -> None:
        assert codes(receipt) == codes(receipt, *office.keys) == set()

    def test_p03_a_receipt_of_anybody_else_is_known_by_its_key(self, receipt: bytes, office: Office) -> None:
        """Whoever makes all of it anew, keys included, has made one that stands in itself only."""
        assert codes(receipt, Signer(os.urandom(32)).public_key) == {"key_unknown"}
        assert codes(receipt, office.keys[0]) == {"key_unknown"}  # the checkpoint's is not among those trusted

    def test_a_key_is_only_good_for_what_it_is_for(self, receipt: bytes, office: Office) -> None:
        def swap(document: Document) -> None:
            for key in document["li:keys"]:
                key["use"] = "receipt" if key["use"] == "checkpoint" else "checkpoint"

        assert {"signature_wrong", "checkpoint_wrong"} <= codes(office.signed_anew(receipt, swap))


def told_otherwise(document: Document) -> None:
    document["li:you_said"][2]["answer"] = "given"


def one_left_out(document: Document) -> None:
    del document["li:you_said"][1]


def record_otherwise(document: Document) -> None:
    statuses = document["dpv:hasRecordOfActivity"][2]["dpv:hasConsentStatus"]
    statuses[-1] |= {"@type": ["dpv:ConsentGiven", "dpv:ExpressedConsent"], "li:step": "given"}


def type_otherwise(document: Document) -> None:
    document["dpv:hasRecordOfActivity"][2]["dpv:hasConsentStatus"][-1]["@type"] = ["dpv:ConsentGiven"]


def last_status_left_out(document: Document) -> None:
    del document["dpv:hasRecordOfActivity"][2]["dpv:hasConsentStatus"][-1]


def at_another_time(document: Document) -> None:
    document["dpv:hasRecordOfActivity"][0]["dpv:hasActivityStatus"][0]["dpv:isIndicatedAtTime"] = (
        "2020-01-01T00:00:00.000Z"
    )


def on_another_notice(document: Document) -> None:
    document["dpv:hasRecordOfActivity"][0]["dpv:hasNotice"]["@id"] = f"sha256:{'0' * 64}"


def of_somebody_else(document: Document) -> None:
    document["dpv:hasRecordOfActivity"][0]["dpv:hasDataSubject"]["@id"] = (
        f"urn:uuid:{'0' * 8}-0000-0000-0000-{'0' * 12}"
    )


def entry_otherwise(document: Document) -> None:
    entry = document["li:proof"]["entries"][0]
    entry["entry"] = entry["entry"].replace('"state":"refused"', '"state":"given"')


def entry_otherwise_with_its_hash(document: Document) -> None:
    entry_otherwise(document)
    entry = document["li:proof"]["entries"][0]
    entry["leaf_hash"] = base64.b64encode(verifier.leaf_hash(entry["entry"].encode())).decode()


def another_place(document: Document) -> None:
    document["li:proof"]["entries"][1]["place"] -= 1


def another_path(document: Document) -> None:
    path = document["li:proof"]["entries"][1]["path"]
    path[0], path[1] = path[1], path[0]


def checkpoint_otherwise(document: Document) -> None:
    checkpoint = document["li:proof"]["checkpoints"][0]
    checkpoint["text"] = checkpoint["text"].replace("T09", "T08")
    checkpoint["at"] = checkpoint["at"].replace("T09", "T08")


def proof_of_another_shape(document: Document) -> None:
    document["li:proof"]["entries"] = [7]


class TestWhoHoldsTheReceiptKey:
    """A door that was broken into can sign receipts; it cannot put into the log what was not decided."""

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (told_otherwise, "decision_differs"),
            (one_left_out, "decision_differs"),
            (record_otherwise, "decision_differs"),
            (type_otherwise, "decision_differs"),
            (last_status_left_out, "decision_differs"),
            (at_another_time, "decision_differs"),
            (on_another_notice, "decision_differs"),
            (of_somebody_else, "decision_differs"),
            (entry_otherwise, "entry_wrong"),
            (entry_otherwise_with_its_hash, "place_wrong"),
            (another_place, "place_wrong"),
            (another_path, "place_wrong"),
            (checkpoint_otherwise, "checkpoint_wrong"),
            (proof_of_another_shape, "unreadable"),
        ],
    )
    def test_p03_what_the_log_does_not_say_is_found(
        self, receipt: bytes, office: Office, change: Change, code: str
    ) -> None:
        found = codes(office.signed_anew(receipt, change))
        assert code in found
        assert not found & {"signature_wrong", "rewritten", "key_unknown"}


class TestWhatIsNoReceipt:
    @pytest.mark.parametrize(
        "data", [b"", b"{}", b"[]", b"null", b"7", b"\xff\xfe", b'{"li:proof":1,"li:signature":2}', b"[" * 100_000]
    )
    def test_is_told_and_breaks_nothing(self, data: bytes) -> None:
        assert "unreadable" in codes(data)

    def test_files_that_break_parsers_are_no_receipts(self) -> None:
        folder = SHARED / "corpora" / "json-parsing"
        if not folder.exists():
            pytest.skip("the corpora are not beside the repository")
        for file in folder.iterdir():
            assert "unreadable" in codes(file.read_bytes()), file.name

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        part=strategies.sampled_from(["li:proof", "li:keys", "li:signature", "li:you_said"]),
        value=strategies.recursive(
            strategies.none() | strategies.integers() | strategies.text() | strategies.floats(),
            lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner),
            max_leaves=8,
        ),
    )
    def test_a_part_of_any_other_shape_is_told_and_breaks_nothing(self, receipt: bytes, part: str, value: Any) -> None:
        document = {**json.loads(receipt), part: value}
        assert codes(json.dumps(document).encode())

    def test_a_file_too_large_to_be_one_is_not_read(self, receipt: bytes) -> None:
        assert codes(receipt + b" " * verifier.LARGEST) == {"unreadable"}


class TestProofs:
    """Proofs made by `rules/merkle` are accepted by the verifier, which shares no line with it, and no others are."""

    def test_e05_of_every_leaf_in_every_tree(self) -> None:
        leaves = [merkle.leaf_hash(f"leaf {number}".encode()) for number in range(40)]
        for size in range(1, 41):
            known = merkle.known_hashes([], 0, leaves[:size])
            root = root_of_leaves(leaves[:size])
            for place in range(size):
                path = merkle.inclusion(known, place, size)
                assert verifier.root_of(leaves[place], place, size, path) == root

    def test_e05_of_every_tree_in_every_later_one_from_its_frontier(self) -> None:
        leaves = [merkle.leaf_hash(f"leaf {number}".encode()) for number in range(40)]
        for earlier in range(1, 41):
            frontier: list[bytes] = []
            for number, leaf in enumerate(leaves[:earlier]):
                frontier = merkle.append(frontier, number, leaf)
            for later in range(earlier, 41):
                known = merkle.known_hashes(frontier, earlier, leaves[earlier:later])
                first, second = merkle.root(frontier), root_of_leaves(leaves[:later])
                path = merkle.consistency(known, earlier, later)
                assert verifier.grows(first, earlier, second, later, path)
                assert not verifier.grows(bytes(32), earlier, second, later, path)
                assert not verifier.grows(first, earlier, second, later, [*path, bytes(32)])
                if path:
                    assert not verifier.grows(first, earlier, second, later, path[:-1])
                    assert not verifier.grows(first, earlier, second, later, [bytes(32), *path[1:]])

    def test_e05_a_path_of_another_length_leads_nowhere(self) -> None:
        leaves = [merkle.leaf_hash(bytes([number])) for number in range(11)]
        path = merkle.inclusion(merkle.known_hashes([], 0, leaves), 6, 11)
        for other in ([], path[:-1], [*path, bytes(32)]):
            with pytest.raises(ValueError, match="too"):
                verifier.root_of(leaves[6], 6, 11, other)


class TestTheCommand:
    def test_p03_runs_alone_and_says_what_was_agreed(self, receipt: bytes, office: Office, tmp_path: Path) -> None:
        file = tmp_path / "receipt.jsonld"
        file.write_bytes(receipt)
        key = [f"--key={base64.b64encode(key).decode()}" for key in office.keys]
        done = run("receipt", "verify", str(file), *key)
        assert (done.returncode, done.stderr) == (0, "")
        assert "The receipt stands." in done.stdout
        assert "Offers that fit your request: withdrawn" in done.stdout
        assert "--key" not in done.stdout

    def test_p03_says_that_its_keys_were_not_compared(self, receipt: bytes, tmp_path: Path) -> None:
        file = tmp_path / "receipt.jsonld"
        file.write_bytes(receipt)
        assert "Its keys were not compared with any you trust" in run("receipt", "verify", str(file)).stdout

    def test_p03_a_flipped_byte_is_exit_code_1_and_named(self, receipt: bytes, tmp_path: Path) -> None:
        file = tmp_path / "receipt.jsonld"
        file.write_bytes(receipt.replace(b"withdrawn", b"given    "))
        done = run("receipt", "verify", str(file), "--json")
        said = json.loads(done.stdout)
        assert (done.returncode, said["ok"], said["you_said"]) == (1, False, [])
        assert "signature_wrong" in {fault["code"] for fault in said["faults"]}

    def test_a_key_that_is_none_is_said_in_a_sentence(self, receipt: bytes, tmp_path: Path) -> None:
        file = tmp_path / "receipt.jsonld"
        file.write_bytes(receipt)
        done = run("receipt", "verify", str(file), "--key=nothing")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("vestibule: --key is neither")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with no setting and no secret at all."""
    return subprocess.run(
        [sys.executable, "-m", "intake_api", *arguments],
        env={"PATH": os.environ.get("PATH", "")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def root_of_leaves(leaves: list[bytes]) -> bytes:
    """Return the root of a tree, built leaf by leaf; `rules/test_merkle` compares it with an independent library."""
    frontier: list[bytes] = []
    for number, leaf in enumerate(leaves):
        frontier = merkle.append(frontier, number, leaf)
    return merkle.root(frontier)
