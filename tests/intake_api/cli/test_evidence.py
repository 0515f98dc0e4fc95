"""`intake_api evidence` and `db` as real processes: what they need, what they say, how they end."""

import json
import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.settings import EVERY_SECRET, NEEDED_BY, Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.checkpoints import Checkpoint
from intake_api.store.signer import Signer
from tests.intake_api.conftest import ROOT, DrivenClock, random_secrets
from tests.intake_api.kept_leads import keep_lead


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/vestibule.sqlite"


@pytest.fixture
def placed(store: Store, settings: Settings, clock: DrivenClock) -> Checkpoint:
    """A log with one checkpoint, over the notices of the catalogue."""
    checkpoint = sequence_evidence(store, Signer(settings.secrets.evidence_key), settings.checkpoint_file, now=clock())
    assert checkpoint is not None
    return checkpoint


def run(environment: dict[str, str], process: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the secrets of a process and no other."""
    others = {f"VESTIBULE_{name}" for name in EVERY_SECRET if name not in NEEDED_BY[process]}
    own = {name: value for name, value in environment.items() if name not in others}
    return subprocess.run(
        [sys.executable, "-m", "intake_api", *arguments],
        env={"PATH": os.environ.get("PATH", ""), "VESTIBULE_VAR": "nowhere", **own},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


class TestEvidenceVerify:
    def test_sec47_needs_the_evidence_key_alone_and_says_that_all_stands(
        self, environment: dict[str, str], placed: Checkpoint
    ) -> None:
        done = run(environment, "verify", "evidence", "verify")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"The evidence stands: {placed.size} entries, 1 checkpoints checked; 0 wait")

    def test_v04_tells_an_altered_notice_that_no_door_would_start_with(
        self, environment: dict[str, str], store: Store, placed: Checkpoint
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE notices SET body = :body"), {"body": b"{}"})
        done = run(environment, "verify", "evidence", "verify", "--json")
        said = json.loads(done.stdout)
        assert (done.returncode, said["ok"], said["waiting_since"]) == (1, False, None)
        assert {fault["code"] for fault in said["faults"]} == {"notice_altered"}

    @pytest.mark.parametrize(("minutes", "warns"), [(6, True), (1, False)])
    def test_warns_of_entries_that_wait_for_a_worker(
        self, environment: dict[str, str], store: Store, placed: Checkpoint, minutes: int, warns: bool
    ) -> None:
        with store.writing() as tx:
            then = system_clock() - timedelta(minutes=minutes)
            evidence.add_entry(tx, "test.happened", actor="system", now=then)
        done = run(environment, "verify", "evidence", "verify", "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["waiting"] == 1
        assert ("a worker may not be running" in done.stderr) is warns

    def test_sec47_another_key_is_told_and_is_no_tampering(
        self, environment: dict[str, str], placed: Checkpoint
    ) -> None:
        other = {**environment, "VESTIBULE_EVIDENCE_KEY": random_secrets()["VESTIBULE_EVIDENCE_KEY"]}
        done = run(other, "verify", "evidence", "verify")
        assert (done.returncode, done.stdout) == (1, "")
        assert "other keys" in done.stderr


class TestEvidenceExport:
    def test_e09_writes_one_archive_that_verifies_itself(
        self,
        environment: dict[str, str],
        store: Store,
        catalogue: Catalogue,
        settings: Settings,
        clock: DrivenClock,
        tmp_path: Path,
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        done = run(environment, "verify", "evidence", "export", lead.reference.lower(), "--to", str(tmp_path / "out"))
        assert (done.returncode, done.stderr) == (0, "")
        (file,) = (tmp_path / "out").iterdir()
        assert file.name == f"evidence-{lead.reference}.zip"
        with zipfile.ZipFile(file) as archive:
            archive.extractall(tmp_path / "unpacked")
        command = [sys.executable, "-I", str(tmp_path / "unpacked" / "verify.py")]
        checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert (checked.returncode, checked.stdout.startswith("The evidence stands.")) == (0, True)

    def test_says_in_a_sentence_what_cannot_be_exported(
        self, environment: dict[str, str], store: Store, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        waits = run(environment, "verify", "evidence", "export", lead.reference, "--to", str(tmp_path / "out"))
        unknown = run(environment, "verify", "evidence", "export", "VB-0000-0000", "--to", str(tmp_path / "out"))
        assert (waits.returncode, unknown.returncode) == (1, 1)
        assert "has no place in the log yet" in waits.stderr
        assert "No lead has this reference." in unknown.stderr
        assert not (tmp_path / "out").exists()


class TestDbUpgrade:
    def test_sec47_needs_no_secret(self, environment: dict[str, str]) -> None:
        done = run(environment, "migrate", "db", "upgrade")
        assert done.returncode == 0, done.stderr
        assert "The database has schema" in done.stdout
