"""`intake_api keys` as a real process: the inventory, and rotating with both keys at hand (E-07)."""

import base64
import json
import os
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store
from tests.intake_api.cli.test_evidence import run
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/vestibule.sqlite"


def with_new(environment: dict[str, str], name: str) -> dict[str, str]:
    """Write a new key before the one in use."""
    new = base64.b64encode(os.urandom(32)).decode()
    return {**environment, f"VESTIBULE_{name}": f"{new} {environment[f'VESTIBULE_{name}']}"}


def told(log: str) -> list[str]:
    """Return the names of what was logged."""
    return [line.split()[2] for line in log.splitlines()]


class TestList:
    def test_e07_each_key_by_its_id_and_never_a_key(self, environment: dict[str, str], store: Store) -> None:
        done = run(environment, "keys", "keys", "list", "--json")
        assert (done.returncode, done.stderr) == (0, "")
        known = json.loads(done.stdout)
        assert {key["name"] for key in known} == {"MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "RECEIPT_KEY", "TOKEN_KEY"}
        assert {(key["until"], key["at_hand"]) for key in known} == {(None, True)}
        assert not any(environment[f"VESTIBULE_{key['name']}"] in done.stdout for key in known)

    def test_e07_one_that_is_not_at_hand_is_told(self, environment: dict[str, str], store: Store) -> None:
        less = {name: value for name, value in environment.items() if name != "VESTIBULE_RECEIPT_KEY"}
        done = run(less, "keys", "keys", "list")
        (line,) = [line for line in done.stdout.splitlines() if line.startswith("RECEIPT_KEY")]
        assert line.endswith("(not at hand here)")


class TestRotate:
    @pytest.mark.parametrize("name", ["MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "RECEIPT_KEY"])
    def test_e07_rotates_and_says_so_once(
        self, environment: dict[str, str], store: Store, catalogue: Catalogue, clock: DrivenClock, name: str
    ) -> None:
        keep_lead(store, catalogue, now=clock())
        both = with_new(environment, name)
        done = run(both, "keys", "keys", "rotate", name)
        assert (done.returncode, told(done.stderr)) == (0, ["security.key_rotated"])  # SEC-52
        assert f"may be taken out of VESTIBULE_{name} now" in done.stdout
        listed = json.loads(run(both, "keys", "keys", "list", "--json").stdout)
        assert [key["until"] is None for key in listed if key["name"] == name] == [False, True]
        again = run(both, "keys", "keys", "rotate", name)
        assert "is in use already; 0 rows" in again.stdout or name == "INDEX_KEY"
        old = run(environment, "keys", "keys", "list")
        assert (old.returncode, old.stdout) == (1, "")

    def test_e07_the_webhook_secret_is_on_the_record_too(self, environment: dict[str, str], store: Store) -> None:
        done = run(environment, "keys", "keys", "rotate", "webhook_secret")
        assert (done.returncode, told(done.stderr)) == (0, ["security.key_rotated"])  # SEC-52
        assert "before it was not known" in done.stdout

    def test_without_a_new_key_it_says_what_to_write(self, environment: dict[str, str], store: Store) -> None:
        done = run(environment, "keys", "keys", "rotate", "MASTER_KEY")
        assert (done.returncode, done.stdout) == (1, "")
        assert "write a new one before it" in done.stderr

    def test_a_key_that_cannot_be_rotated_is_refused(self, environment: dict[str, str], store: Store) -> None:
        assert run(environment, "keys", "keys", "rotate", "TOKEN_KEY").returncode == 2
