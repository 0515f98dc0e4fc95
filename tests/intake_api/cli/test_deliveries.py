"""`intake_api deliveries check` as a real process: would the destination take a lead?"""

import json
from pathlib import Path

import pytest

from tests.intake_api.cli.test_evidence import run
from tests.intake_api.crm.receiver import Receiver, answer


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/vestibule.sqlite"


@pytest.fixture
def hooked(environment: dict[str, str], receiver: Receiver) -> dict[str, str]:
    """The environment of a worker that sends to a webhook."""
    return {**environment, "VESTIBULE_DESTINATION": "webhook", "VESTIBULE_WEBHOOK_URL": receiver.url}


class TestCheck:
    def test_a_webhook_that_takes_the_test_message(self, hooked: dict[str, str], receiver: Receiver) -> None:
        done = run(hooked, "worker", "deliveries", "check")
        assert (done.returncode, done.stdout) == (0, "webhook would take a lead.\n")
        assert [json.loads(one.body)["type"] for one in receiver.requests] == ["test"]
        assert [json.loads(one.body)["data"] for one in receiver.requests] == [{}]

    def test_one_that_refuses_us_is_told_and_none_of_its_words(
        self, hooked: dict[str, str], receiver: Receiver
    ) -> None:
        receiver.behaviour = answer(401)
        done = run(hooked, "worker", "deliveries", "check")
        assert done.returncode == 1
        assert "webhook would take no lead: credential_refused, HTTP status 401." in done.stderr
        assert "REMOTE-TEXT" not in done.stdout + done.stderr

    def test_the_file_is_not_written_to(self, environment: dict[str, str]) -> None:
        done = run(environment, "worker", "deliveries", "check")
        assert (done.returncode, done.stdout) == (0, "file would take a lead.\n")
        assert Path(environment["VESTIBULE_DESTINATION_FILE"]).read_bytes() == b""
