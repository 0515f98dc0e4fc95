"""How a command ends: one sentence for what is expected, a place and nothing more for what is not (SEC-36)."""

import sys

import click
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from intake_api import cli
from intake_api.store.base import StoreUnavailable

TYPED = "anna@sample.example"


def end_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command that ends by an error and return the sentence it leaves."""

    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(cli, "entry", command)
    monkeypatch.setattr(sys, "argv", ["intake_api"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return str(ended.value.code)


class TestTheEndOfACommand:
    def test_sec36_an_error_of_the_database_library_shows_no_statement_and_no_value(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with create_engine("sqlite://").connect() as connection, pytest.raises(OperationalError) as real:
            connection.execute(text("SELECT secret FROM nothing WHERE email = :email"), {"email": TYPED})
        assert TYPED in str(real.value)

        said = end_with(real.value, monkeypatch)
        seen = said + "".join(capsys.readouterr())
        assert said == "vestibule: The command failed; the line above says where."
        assert TYPED not in seen
        assert "SELECT" not in seen

    def test_an_expected_error_is_its_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert end_with(StoreUnavailable("It does not answer."), monkeypatch) == "vestibule: It does not answer."

    def test_an_error_of_others_that_has_a_code_is_not_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class OfALibrary(Exception):
            code = "e3q8"

        said = end_with(OfALibrary(TYPED), monkeypatch)
        assert TYPED not in said
