"""`intake_api staff` as a real process: the first password is printed until somebody has signed in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from intake_api.flows.choose_password import choose_password
from intake_api.flows.sign_in import SignInRefused, sign_in
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.staff import find_account
from intake_api.store.teams import teams_of
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


class TestStaffCommands:
    def test_invite_role_disable_and_list(self, environment: dict[str, str], queue: Queue) -> None:
        anna = "anna@tidewick.example"
        run(environment, "first", "--email", anna)
        invited = run(environment, "invite", "maris@tidewick.example", "--role", "reviewer", "--role", "lead")
        again = run(environment, "invite", anna, "--role", "officer")
        assert invited.returncode == 0, invited.stderr
        assert (invited.returncode, invited.stdout) == (again.returncode, again.stdout), invited.stderr
        assert run(environment, "role", "maris@tidewick.example", "officer").returncode == 0
        assert run(environment, "disable", "maris@tidewick.example").returncode == 0
        told = {one["email"]: one for one in json.loads(run(environment, "list", "--json").stdout)["staff"]}
        assert told[anna]["roles"] == ["administrator", "reviewer"]
        maris = {"email": "maris@tidewick.example", "roles": ["officer"], "signed_in_at": None}
        assert told["maris@tidewick.example"] == {**maris, "sessions": 0, "disabled": True}
        assert "switched off" in run(environment, "list").stdout

    def test_teams_are_those_of_the_catalogue(self, environment: dict[str, str], store: Store) -> None:
        anna = "anna@tidewick.example"
        run(environment, "first", "--email", anna)
        for teams, expected in ((["sales", "complaints"], {"sales", "complaints"}), (["sales"], {"sales"}), ([], None)):
            answer = run(environment, "team", anna, *teams)
            assert answer.returncode == 0, answer.stderr
            with store.reading() as tx:
                account = find_account(tx, anna)
                assert account
                assert teams_of(tx).get(account.reviewer.id) == expected
        unknown = run(environment, "team", anna, "the_boss")
        assert (unknown.returncode, "Teams of the catalogue: complaints, sales." in unknown.stderr) == (1, True)

    def test_what_cannot_be_done_is_one_sentence(self, environment: dict[str, str], store: Store) -> None:
        run(environment, "first", "--email", "anna@tidewick.example")
        for arguments in (
            ("disable", "anna@tidewick.example"),
            ("disable", "nobody@tidewick.example"),
            ("invite", "no address", "--role", "reviewer"),
        ):
            answer = run(environment, *arguments)
            assert answer.returncode == 1
            assert answer.stderr.startswith("vestibule: ")
            assert answer.stderr.count("\n") == 1
