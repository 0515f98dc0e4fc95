"""`intake_api staff` as a real process: the first password is printed until somebody has signed in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from intake_api.flows.choose_password import choose_password
from intake_api.flows.sign_in import SignInRefused, sign_in
from intake_api.store.base import Store
from tests.intake_api.conftest import ROOT, DrivenClock

NETWORK = "192.0.2.1/32"
CHOSEN = "green lamps over water"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/vestibule.sqlite"


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "intake_api", "staff", *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def printed(answer: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert answer.returncode == 0, answer.stderr
    return dict(line.partition("=")[::2] for line in answer.stdout.splitlines())


class TestStaffFirst:
    def test_sec01_prints_a_random_password_until_somebody_has_signed_in(
        self, environment: dict[str, str], store: Store, clock: DrivenClock
    ) -> None:
        first = printed(run(environment, "first"))
        again = printed(run(environment, "first"))
        assert first["email"] == again["email"] == "reviewer@vestibule.example"
        assert first["password"] != again["password"]
        with pytest.raises(SignInRefused):
            sign_in(store, first["email"], first["password"], network=NETWORK, now=clock())
        token = sign_in(store, again["email"], again["password"], network=NETWORK, now=clock()).token
        unfinished = json.loads(run(environment, "first", "--json").stdout)  # nobody has chosen a password yet
        assert unfinished["email"] == again["email"]
        token = sign_in(store, again["email"], unfinished["password"], network=NETWORK, now=clock()).token
        choose_password(store, token, CHOSEN, now=clock())

        done = run(environment, "first", "--email", "other@tidewick.example")
        assert (done.returncode, done.stdout) == (0, "")
        assert sign_in(store, again["email"], CHOSEN, network=NETWORK, now=clock()).token

    def test_an_email_that_was_mistyped_can_be_put_right(self, environment: dict[str, str], store: Store) -> None:
        assert (
            printed(run(environment, "first", "--email", "izle@tidewick.example"))["email"] == "izle@tidewick.example"
        )
        assert (
            printed(run(environment, "first", "--email", "Ilze@tidewick.example"))["email"] == "ilze@tidewick.example"
        )
        assert printed(run(environment, "first"))["email"] == "ilze@tidewick.example"


class TestStaffReset:
    def test_gives_a_fresh_password_and_says_when_there_is_no_such_person(
        self, environment: dict[str, str], store: Store, clock: DrivenClock
    ) -> None:
        email = printed(run(environment, "first"))["email"]
        password = printed(run(environment, "reset", email))["password"]
        assert sign_in(store, email, password, network=NETWORK, now=clock()).must_choose_password
        unknown = run(environment, "reset", "nobody@tidewick.example")
        assert unknown.returncode == 1
        assert unknown.stdout == ""
        assert unknown.stderr.strip().splitlines()[-1] == "vestibule: No account has this e-mail."
