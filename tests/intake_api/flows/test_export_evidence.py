"""An export convinces with nothing but Python and `cryptography`, and every file of it is guarded (E-09)."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import venv
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cryptography
import pytest

from intake_api import verifier
from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.export_evidence import EvidenceWaits, LeadUnknown, export_evidence
from intake_api.flows.issue_receipt import signed
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.confirmations import confirmation_token
from intake_api.store.leads import Lead
from intake_api.verifier import canonical, verify_archive
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, confirmation_of, keep_first_yes, keep_lead, receipt_of
from tests.intake_api.signed_receipts import Office

Files = Mapping[str, bytes]
NAMES = {
    "README.txt", "verify.py", "manifest.json", "notice.json", "presentation.json", "labels.json", "workflow.json",
    "proofs.json", "checkpoint.txt", "keys.json", "records/respond_to_request.jsonld", "records/newsletter.jsonld",
    "records/product_offers.jsonld",
}  # fmt: skip


@pytest.fixture
def office(store: Store, settings: Settings, clock: DrivenClock) -> Office:
    return Office(store, settings, clock)


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock, office: Office) -> Lead:
    """A lead with two entries, in a log that went on afterwards."""
    lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
    office.place()
    withdraw_by_receipt(store, receipt_of(lead), ["product_offers"], words="Take it back", now=clock.advance(minutes=1))
    office.place()
    for _ in range(5):
        keep_lead(store, catalogue, now=clock.advance(seconds=1))
        office.place()
    return lead


@pytest.fixture
def export(store: Store, office: Office, clock: DrivenClock) -> Callable[[Lead], Files]:
    def exported(lead: Lead) -> Files:
        words = ["Take it back", "Stop it"]
        return export_evidence(store, office.evidence, PUBLIC_URL, lead.reference, words, now=clock()).files

    return exported


@pytest.fixture
def files(export: Callable[[Lead], Files], lead: Lead) -> Files:
    return export(lead)


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the standard library and `cryptography` with what it stands on, and nothing of ours."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    packages = Path(cryptography.__file__).parent.parent
    (site,) = folder.glob("lib/python*/site-packages")
    for name in ("cryptography", "cffi", "pycparser"):
        if (packages / name).exists():
            shutil.copytree(packages / name, site / name)
    for file in packages.glob("_cffi_backend*"):
        shutil.copy(file, site)
    return folder / "bin" / "python"


def unpacked(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def run(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-I", str(folder / "verify.py"), *arguments]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, timeout=60)


def codes(files: Files, *trusted: bytes) -> set[str]:
    return {fault.code for fault in verify_archive(files, trusted).faults}


class TestAlone:
    def test_e09_convinces_where_nothing_of_ours_is(
        self, files: Files, office: Office, bare_python: Path, tmp_path: Path
    ) -> None:
        folder = unpacked(files, tmp_path / "export")
        nothing = subprocess.run([str(bare_python), "-I", "-c", "import intake_api"], capture_output=True)
        assert nothing.returncode == 1
        key = f"--key={base64.b64encode(office.evidence.public_key).decode()}"
        done = run(bare_python, folder, key)
        assert (done.returncode, done.stderr) == (0, "")
        assert "The evidence stands." in done.stdout
        assert "Offers that fit your request: withdrawn" in done.stdout
        assert not any(folder.rglob("__pycache__"))

    def test_e09_another_key_than_the_one_trusted_is_told(
        self, files: Files, office: Office, bare_python: Path, tmp_path: Path
    ) -> None:
        folder = unpacked(files, tmp_path / "export")
        done = run(bare_python, folder, f"--key={base64.b64encode(office.receipts.signer.public_key).decode()}")
        assert (done.returncode, "[key_unknown]" in done.stdout) == (1, True)

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize("name", sorted(NAMES))
    def test_e09_a_changed_file_is_found(self, files: Files, name: str, bare_python: Path, tmp_path: Path) -> None:
        """A byte of each; one of the verifier's own stands in a comment, so that it still runs."""
        at = files[name].rindex(b"RFC 9162") if name == "verify.py" else len(files[name]) // 2
        changed = files[name][:at] + bytes([files[name][at] ^ 1]) + files[name][at + 1 :]
        done = run(bare_python, unpacked({**files, name: changed}, tmp_path / "export"))
        assert done.returncode == 1
        assert "THE EVIDENCE DOES NOT STAND." in done.stdout
        assert name in done.stdout

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_a_packed_archive_is_looked_at_too(self, files: Files, bare_python: Path, tmp_path: Path) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        (tmp_path / "export.zip").write_bytes(packed.getvalue())
        (tmp_path / "verify.py").write_bytes(files["verify.py"])
        assert run(bare_python, tmp_path, "export.zip").returncode == 0
        assert run(bare_python, tmp_path, "nowhere.zip").returncode == 2


class TestTheFiles:
    def test_e09_are_all_that_a_third_party_needs(self, files: Files, lead: Lead) -> None:
        assert files.keys() == NAMES
        assert hashlib.sha256(files["notice.json"]).hexdigest() == lead.notice_hash
        labels = json.loads(files["labels.json"])
        assert "Take it back" in labels["labels"].values()
        assert labels["not_at_hand"] == []
        assert json.loads(files["presentation.json"])["presentation"] == lead.presentation_id
        workflow = json.loads(files["workflow.json"])
        version = json.loads(files["notice.json"])["version"]
        assert (workflow["form"], workflow["version"], workflow["workflow"]) == ("request_demo", version, "2")
        kinds = [json.loads(one["entry"])["kind"] for one in json.loads(files["proofs.json"])["entries"]]
        assert kinds == ["submission.received", "consent.withdrawn", "notice.published"]

    def test_r05_nothing_that_was_typed_stands_in_them(self, files: Files) -> None:
        assert [
            value for value in FIELDS.values() for content in files.values() if str(value).encode() in content
        ] == []

    def test_e09_the_log_of_today_goes_on_from_the_one_of_then(self, files: Files) -> None:
        latest = json.loads(files["proofs.json"])["latest"]
        sizes = [one["from"] for one in latest["growth"]]
        assert len(set(sizes)) >= 2
        assert all(size < latest["checkpoint"]["size"] for size in sizes)

    def test_words_that_nobody_has_any_more_are_named_by_their_hash(
        self, store: Store, office: Office, lead: Lead, clock: DrivenClock
    ) -> None:
        files = export_evidence(store, office.evidence, PUBLIC_URL, lead.reference, now=clock()).files
        assert json.loads(files["labels.json"])["not_at_hand"] == [hashlib.sha256(b"Take it back").hexdigest()]
        assert codes(files) == set()

    def test_e02_e10_an_erased_submission_is_still_proven_and_leads_to_nobody(
        self, store: Store, lead: Lead, office: Office, export: Callable[[Lead], Files], clock: DrivenClock
    ) -> None:
        erase_by_receipt(store, receipt_of(lead), now=clock.advance(minutes=1))
        office.place()
        files = export(lead)
        assert codes(files, office.evidence.public_key) == set()
        kinds = [json.loads(one["entry"])["kind"] for one in json.loads(files["proofs.json"])["entries"]]
        assert "lead.erased" in kinds

    def test_c12_both_yeses_of_a_double_opt_in_are_in_it(
        self, store: Store, queue: Queue, catalogue: Catalogue, office: Office, clock: DrivenClock, export: Any
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        confirm_decision(store, confirmation_token(TOKEN_KEY, confirmation_of(store, lead).id), now=clock())
        office.place()
        files = export(lead)
        assert codes(files) == set()
        assert json.loads(files["labels.json"])["not_at_hand"] == []
        statuses = json.loads(files["records/newsletter.jsonld"])["dpv:hasConsentStatus"]
        assert [one["li:step"] for one in statuses] == ["shown", "requested", "given"]

    def test_without_a_place_in_the_log_there_is_nothing_to_export(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, export: Any
    ) -> None:
        with pytest.raises(EvidenceWaits):
            export(keep_lead(store, catalogue, now=clock()))

    def test_an_unknown_reference_is_told(self, store: Store, office: Office, clock: DrivenClock) -> None:
        with pytest.raises(LeadUnknown):
            export_evidence(store, office.evidence, PUBLIC_URL, "VB-0000-0000", now=clock())


def edited(name: str, change: Callable[[Any], object]) -> Callable[[dict[str, bytes]], None]:
    """Change a JSON file of an export."""

    def edit(files: dict[str, bytes]) -> None:
        document = json.loads(files[name])
        change(document)
        files[name] = canonical(document)

    return edit


def shown_elsewhere(document: Any) -> None:
    document["channel"] = "chat"


def other_words(document: Any) -> None:
    name = next(iter(document["labels"]))
    document["labels"][name] = "Yes, send me everything"


def words_left_out(document: Any) -> None:
    document["labels"].popitem()


def decided_otherwise(document: Any) -> None:
    document["dpv:hasConsentStatus"][-1]["li:step"] = "given"


def grown_from_elsewhere(document: Any) -> None:
    path = document["latest"]["growth"][0]["path"]
    path[0] = base64.b64encode(bytes(32)).decode()


def entry_otherwise(document: Any) -> None:
    entry = document["entries"][0]
    entry["entry"] = entry["entry"].replace('"given"', '"never"')


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhoeverSignsIt:
    """Not even the service can make an archive that says something else than its log."""

    @pytest.mark.parametrize(
        ("edit", "code"),
        [
            (edited("presentation.json", shown_elsewhere), "presentation_differs"),
            (edited("labels.json", other_words), "label_differs"),
            (edited("labels.json", words_left_out), "label_differs"),
            (edited("records/product_offers.jsonld", decided_otherwise), "decision_differs"),
            (edited("notice.json", lambda notice: notice.update(version=9)), "notice_differs"),
            (edited("proofs.json", grown_from_elsewhere), "growth_wrong"),
            (edited("proofs.json", entry_otherwise), "entry_wrong"),
        ],
    )
    def test_e09_what_the_log_does_not_say_is_found(
        self, files: Files, office: Office, edit: Callable[[dict[str, bytes]], None], code: str
    ) -> None:
        changed = dict(files)
        edit(changed)
        manifest = json.loads(changed.pop(verifier.MANIFEST))
        manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in changed.items()}
        del manifest["li:signature"]
        found = codes({**changed, verifier.MANIFEST: signed(manifest, office.evidence)}, office.evidence.public_key)
        assert code in found
        assert not found & {"file_changed", "signature_wrong", "rewritten"}

    def test_e09_a_file_too_few_or_too_many_is_found(self, files: Files) -> None:
        for name in files:
            less = {other: content for other, content in files.items() if other != name}
            assert "file_missing" in codes(less), name
        assert codes({**files, "more.txt": b"more"}) == {"file_added"}


class TestWhatIsNoArchive:
    def test_what_is_no_archive_is_told(self) -> None:
        for files in ({}, {"manifest.json": b"{}"}, {"manifest.json": b"[]"}, {"manifest.json": b'{"files":7}'}):
            assert codes(files)
