"""`intake_api catalogue`: what it prints and how it ends."""

from collections.abc import Callable

import pytest
import yaml
from click.testing import CliRunner, Result

from intake_api.catalogue.form_kinds import KINDS
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
        result = run("check", "--begun")
        assert result.exit_code == 0
        assert "is in order: 13 forms, 8 purposes, 2 recipients." in result.output
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
            output.index(words) for words in ("Tidewick Example SIA asks", "take back a yes", "Your name", "( ) Yes")
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

    @pytest.mark.parametrize("channel", ["page", "popup", "button", "chat"])
    def test_every_channel_shows_the_same_notice_before_it_asks(self, run: Run, channel: str) -> None:
        """H-02, V-08: the notice named at the top is one, and the question follows it."""
        output = run("show", "newsletter", "--locale", "lv", "--channel", channel).output
        page = run("show", "newsletter", "--locale", "lv").output
        assert [line for line in output.splitlines() if "/notices/" in line] == [
            line for line in page.splitlines() if "/notices/" in line
        ]
        asked = "Uz kuru e-pasta adresi" if channel == "chat" else "E-pasta adrese"
        assert output.index("/notices/") < output.index(asked)

    def test_what_is_asked_of_some_only_says_of_whom(self, run: Run) -> None:
        assert "is 6 or less." in " ".join(run("show", "feedback").output.split())

    def test_n05_an_objection_is_shown_as_on_the_page(self, run: Run) -> None:
        assert "You may object to this at any time" in " ".join(run("show", "feedback").output.split())


class TestAllAtOnce:
    """Every rule a marketing person may break, broken in one go: all are told, each with file, key and cure."""

    def test_the_rules_of_a_form_are_all_told_in_one_run(self, run: Run) -> None:
        """C-01, C-03, C-04, M-02, N-04, N-08 and N-17."""
        change = run.copy.change
        change(
            "forms/request_demo.yml",
            "purposes: [respond_to_request, newsletter, product_offers]\n\nfields",
            "purposes: [respond_to_request, [newsletter, product_offers]]\n\nfields",
        )
        change(
            "forms/request_contact.yml",
            "purposes: [respond_to_request, newsletter]\n\nfields",
            "purposes: [respond_to_request, {purpose: newsletter, preticked: true}]\n\nfields",
        )
        change(
            "forms/loyalty.yml",
            "{name: phone, necessity: optional, purposes: [loyalty_programme]}",
            "{name: phone, necessity: optional}",
        )
        change(
            "forms/loyalty.yml",
            "purposes: [loyalty_programme, newsletter]\n\nfields",
            "purposes: [loyalty_programme, {purpose: newsletter, required: true}]\n\nfields",
        )
        change(
            "forms/download.yml",
            "{name: content, necessity: required, purposes: [deliver_content]}",
            "{name: content, necessity: required, purposes: [newsletter]}",
        )
        change("purposes.yml", "retention: {duration: P24M, from: last_activity}\n  confirmation: double_opt_in",
               "retention: {duration: P99Y, from: last_activity}\n  confirmation: double_opt_in")  # fmt: skip
        change(
            "locales/cs.yml",
            "text: >-\n      To, co napíšete, si přečte",
            "text: >-\n      Pro marketingové účely si přečte",
        )
        change("locales/en.yml", "    why: So that we show you the part you would work with.\n", "")
        change("locales/en.yml", "    title: See Tidewick at work\n", "")
        result = run("check")
        told = [line for line in result.output.splitlines() if line and not line.startswith(" ")]
        assert result.exit_code == 1
        assert told[1:] == [
            "forms/download.yml  fields.1.purposes",
            "forms/loyalty.yml  fields.3.purposes",
            "forms/loyalty.yml  purposes.2",
            "forms/request_contact.yml  purposes.2",
            "forms/request_demo.yml  purposes.2",
            "locales/cs.yml  purposes.respond_to_request.text",
            "locales/en.yml  fields.role.why",
            "locales/en.yml  forms.request_demo.title",
            "purposes.yml  newsletter.retention.duration",
        ]
        assert result.output.count("→") == 9

    def test_a_form_that_cannot_be_read_hides_no_mistake_of_another(self, run: Run) -> None:
        (run.copy.folder / "forms/newsletter.yml").write_text("kind: [", encoding="utf-8")
        run.copy.change("forms/complaint.yml", "kind: complaint", "kind: grumble")
        output = run("check").output
        assert "2 problems" in output
        assert "forms/newsletter.yml  line 2" in output
        assert "forms/complaint.yml  kind" in output

    def test_n17_a_language_that_lacks_texts_is_told_with_file_and_key(
        self, run: Run, begun: Callable[[str], None]
    ) -> None:
        begun("lv")
        result = run("check")
        assert result.exit_code == 1
        assert "locales/lv.yml  forms.newsletter" in result.output
        assert "newsletter is not offered in lv" in " ".join(result.output.split())
        assert run("check", "--begun").exit_code == 0

    def test_a_form_that_says_its_languages_lacks_none(self, run: Run, begun: Callable[[str], None]) -> None:
        begun("lv")
        for form in (run.copy.folder / "forms").iterdir():
            text = form.read_text(encoding="utf-8")
            form.write_text(text.replace("\nstage:", "\nlanguages: [en, ru, pl, cs]\nstage:"), encoding="utf-8")
        result = run("check")
        assert result.exit_code == 0
        row = next(line for line in result.output.splitlines() if line.startswith("newsletter"))
        assert row.split()[1:] == ["collects", "-", "collects", "collects", "collects"]


class TestNewForm:
    @pytest.mark.parametrize("kind", KINDS)
    def test_loads_in_every_language_asks_little_and_says_what_to_edit(self, run: Run, kind: str) -> None:
        result = run("new-form", "spring", "--kind", kind)
        assert result.exit_code == 0, result.output
        assert "Edit next:" in result.output
        loaded = run.copy.load()
        assert loaded.locales_of("spring") == loaded.locales
        form = loaded.form("spring")
        assert form.kind == kind
        assert all(loaded.purpose(name).control == "act" for name in form.purposes)
        required = [name for name, rule in form.rules.items() if rule.necessity == "required"]
        assert len(required) <= 2
        assert run("check").exit_code == 0
        assert run("show", "spring", "--locale", "cs").exit_code == 0

    def test_leaves_every_other_line_as_it_was(self, run: Run) -> None:
        file = run.copy.folder / "locales/pl.yml"
        before = file.read_text(encoding="utf-8").splitlines()
        run("new-form", "spring", "--kind", "landing")
        after = file.read_text(encoding="utf-8").splitlines()
        start = after.index("  spring:")
        added = len(after) - len(before)
        assert after[:start] + after[start + added :] == before

    @pytest.mark.parametrize(
        ("name", "said"), [("newsletter", "There is a form newsletter already"), ("Spring Sale", "cannot be the key")]
    )
    def test_a_name_that_is_taken_or_none_writes_nothing(self, run: Run, name: str, said: str) -> None:
        before = sorted(path.name for path in (run.copy.folder / "forms").iterdir())
        result = run("new-form", name, "--kind", "landing")
        assert result.exit_code == 1
        assert said in result.output
        assert sorted(path.name for path in (run.copy.folder / "forms").iterdir()) == before

    def test_a_catalogue_without_such_a_purpose_says_which_one_to_add(self, run: Run) -> None:
        (run.copy.folder / "forms/loyalty.yml").unlink()
        run.copy.change("purposes.yml", "dpv#CustomerRelationshipManagement", "dpv#CustomerCare")
        for file in (run.copy.folder / "locales").iterdir():
            words = yaml.safe_load(file.read_text(encoding="utf-8"))
            del words["forms"]["loyalty"]
            file.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=False), encoding="utf-8")
        result = run("new-form", "regulars", "--kind", "loyalty")
        assert result.exit_code == 1
        assert "dpv#CustomerRelationshipManagement" in result.output
