"""`intake_api catalogue`: what it prints and how it ends."""

from collections.abc import Callable

import pytest
import yaml
from click.testing import CliRunner, Result

from intake_api.cli.catalogue import catalogue
from tests.intake_api.catalogue.conftest import Copy


@pytest.fixture
def run(copy: Copy) -> "Run":
    """The command on a copy of the catalogue."""
    return Run(copy)


class Run:
    """Calls the command as the command line does."""

    def __init__(self, copy: Copy) -> None:
        self.copy = copy

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(catalogue, [*words, "--folder", str(self.copy.folder)])


class TestCheck:
    def test_a_catalogue_in_order_is_said_to_be_and_languages_are_counted(
        self, run: Run, begun: Callable[[str], None]
    ) -> None:
        begun("lv")
        result = run("check")
        assert result.exit_code == 0
        assert "is in order: 8 forms, 7 purposes, 2 recipients." in result.output
        row = next(line for line in result.output.splitlines() if line.startswith("newsletter"))
        assert row.split()[1] == "collects"
        assert "of" in row
        assert next(line for line in result.output.splitlines() if line.startswith("answers")).split()[1] == "given"

    def test_a_purpose_that_no_form_uses_is_said(self, run: Run) -> None:
        (run.copy.folder / "forms/loyalty.yml").unlink()
        for file in (run.copy.folder / "locales").iterdir():
            words = yaml.safe_load(file.read_text(encoding="utf-8"))
            del words["forms"]["loyalty"]
            file.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=False), encoding="utf-8")
        assert "No form uses: loyalty_programme." in run("check").output

    def test_what_a_language_lacks_is_listed(self, run: Run, begun: Callable[[str], None]) -> None:
        begun("lv")
        assert "  forms.newsletter.title" in run("check", "--missing", "lv").output.splitlines()
        assert "locales/en.yml lacks 0 texts" in run("check", "--missing", "en").output

    def test_an_unknown_language_is_told(self, run: Run) -> None:
        result = run("check", "--missing", "xx")
        assert result.exit_code == 1
        assert "There is no language xx; there are: en, lv, ru, pl, cs." in result.output

    def test_each_problem_names_file_key_and_cure_and_the_exit_code_is_1(self, run: Run) -> None:
        run.copy.change("recipients.yml", "country: DE", "country: US")
        run.copy.change("purposes.yml", "duration: P6M", "duration: P100Y")
        result = run("check")
        assert result.exit_code == 1
        assert "does not load: 2 problems." in result.output
        assert "recipients.yml  crm.safeguard" in result.output
        assert "purposes.yml  respond_to_request.retention.duration" in result.output
        assert result.output.count("→ Write") == 2


class TestShow:
    def test_h_02_the_notice_stands_before_the_first_field_and_withdrawal_before_the_first_control(
        self, run: Run
    ) -> None:
        """H-02 and N-10, in what is printed as in what is shown."""
        output = run("show", "request_demo").output
        places = [
            output.index(words) for words in ("Tidewick Example SIA asks", "take back a yes", "Your name", "[ ] Yes")
        ]
        assert places == sorted(places)

    def test_a_form_that_does_not_collect_in_a_language_is_told(self, run: Run, begun: Callable[[str], None]) -> None:
        begun("lv")
        result = run("show", "request_demo", "--locale", "lv")
        assert result.exit_code == 1
        assert "does not collect in lv" in result.output

    def test_an_unknown_form_is_told(self, run: Run) -> None:
        result = run("show", "nope")
        assert result.exit_code == 1
        assert "there are: request_demo, request_contact, newsletter, " in result.output
