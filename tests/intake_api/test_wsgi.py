"""The ways in for a web server: made when asked for, and one plain sentence when something is wrong."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from intake_api.flows.migrate_store import migrate_store
from intake_api.flows.open_store import open_store
from intake_api.settings import EVERY_SECRET, NEEDED_BY, read_settings
from tests.intake_api.conftest import ROOT, random_secrets

Run = Callable[[str, dict[str, str]], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ready(tmp_path: Path) -> dict[str, str]:
    """The environment of a door that can open: on a migrated store."""
    environment = {
        **random_secrets(),
        "VESTIBULE_MODE": "test",
        "VESTIBULE_VAR": str(tmp_path),
        "VESTIBULE_DATABASE_URL": f"sqlite:///{tmp_path}/vestibule.sqlite",
        "VESTIBULE_CATALOGUE": str(ROOT / "catalogue"),
    }
    store = open_store(read_settings(environment))
    migrate_store(store)
    store.close()
    return environment


@pytest.fixture
def run() -> Run:
    """Do what a web server does, in a process of its own."""

    def python(code: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        own = {"PATH": os.environ.get("PATH", ""), **environment}
        return subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=own, capture_output=True, text=True, timeout=60
        )

    return python


class TestTheWaysIn:
    @pytest.mark.parametrize("door", ["public", "internal", "review"])
    def test_sec47_each_opens_when_it_is_asked_for_with_its_own_secrets_alone(
        self, run: Run, ready: dict[str, str], door: str
    ) -> None:
        others = {f"VESTIBULE_{name}" for name in EVERY_SECRET if name not in NEEDED_BY[door]}
        own = {name: value for name, value in ready.items() if name not in others}
        done = run(f"from intake_api import wsgi; print(wsgi.{door}.name)", own)
        assert (done.returncode, done.stdout.strip()) == (0, f"vestibule.{door}")
        assert "door.opened" in done.stderr

    def test_nothing_happens_at_import(self, run: Run, tmp_path: Path) -> None:
        done = run("import intake_api.wsgi", {"VESTIBULE_DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite"})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ({"VESTIBULE_MASTER_KEY": ""}, "VESTIBULE_MASTER_KEY"),
            ({"VESTIBULE_TOKEN_KEY": "short"}, "VESTIBULE_TOKEN_KEY"),
            ({"VESTIBULE_CATALOGUE": "no/such/folder"}, ".yml"),
            ({"VESTIBULE_MODE": "debug"}, "VESTIBULE_MODE"),
            ({"VESTIBULE_DATABASE_URL": "sqlite:////no/such/folder/x.sqlite"}, "database"),
            ({"VESTIBULE_DATABASE_URL": "sqlite:///{folder}/empty.sqlite"}, "db upgrade"),
            ({"VESTIBULE_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"}, "database"),
        ],
    )
    def test_what_is_wrong_is_one_sentence_and_an_exit_code(
        self, run: Run, ready: dict[str, str], tmp_path: Path, wrong: dict[str, str], named: str
    ) -> None:
        wrong = {name: value.replace("{folder}", str(tmp_path)) for name, value in wrong.items()}
        done = run("from intake_api import wsgi; wsgi.public", {**ready, **wrong})
        said = [line for line in done.stderr.splitlines() if line.startswith("vestibule: ")]
        assert done.returncode == 1
        assert len(said) == 1
        assert named in said[0]
        assert "Traceback" not in done.stderr

    def test_other_keys_than_the_databases_are_named(self, run: Run, ready: dict[str, str]) -> None:
        code = "from intake_api import wsgi; wsgi.public"
        assert run(code, ready).returncode == 0
        done = run(code, {**ready, "VESTIBULE_MASTER_KEY": random_secrets()["VESTIBULE_MASTER_KEY"]})
        assert done.returncode == 1
        assert "VESTIBULE_MASTER_KEY" in done.stderr
        assert "Traceback" not in done.stderr
