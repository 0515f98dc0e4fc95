"""The file of assignment rules: what is wrong in it is told with its key and what to write instead."""

import pytest

from intake_api.rules.assignment import Assignment
from tests.intake_api.catalogue.conftest import Copy

FILE = "assignment.yml"
TEAMS = "teams: {sales: Answers requests, baltics: Answers in Latvian}\n"


def write(copy: Copy, text: str) -> None:
    (copy.folder / FILE).write_text(text, encoding="utf-8")


class TestAssignment:
    def test_a_catalogue_without_the_file_leaves_every_lead_to_whoever_takes_it(self, copy: Copy) -> None:
        (copy.folder / FILE).unlink()
        assert copy.load().assignment == Assignment({})

    def test_what_stands_in_it_is_read_in_its_order(self, copy: Copy) -> None:
        rules = "rules:\n- {id: one, languages: [lv], team: baltics, round_robin: present}\n"
        write(copy, f"{TEAMS}{rules}- {{id: two, forms: [request_demo], team: sales, round_robin: all}}\n")
        read = copy.load().assignment
        assert read.teams == {"sales": "Answers requests", "baltics": "Answers in Latvian"}
        assert [(one.id, one.forms, one.languages, one.team, one.only_present) for one in read.rules] == [
            ("one", (), ("lv",), "baltics", True),
            ("two", ("request_demo",), (), "sales", False),
        ]

    @pytest.mark.parametrize(
        ("text", "key", "wrong"),
        [
            ("rules: []\n", "teams", "is missing"),
            (TEAMS, "rules", "is missing"),
            (f"{TEAMS}rules: [{{id: one, team: sales}}]\n", "rules.1.round_robin", "is missing"),
            (f"{TEAMS}rules: [{{team: sales, round_robin: all}}]\n", "rules.1.id", "is missing"),
            (f"{TEAMS}rules: [{{id: One!, team: sales, round_robin: all}}]\n", "rules.1.id", "not an id"),
            (f"{TEAMS}rules: [{{id: one, team: nobody, round_robin: all}}]\n", "rules.1.team", "not known"),
            (f"{TEAMS}rules: [{{id: one, team: sales, round_robin: random}}]\n", "rules.1.round_robin", "not known"),
            (
                f"{TEAMS}rules: [{{id: one, forms: [request], team: sales, round_robin: all}}]\n",
                "rules.1.forms",
                "names request",
            ),
            (
                f"{TEAMS}rules: [{{id: one, languages: [de], team: sales, round_robin: all}}]\n",
                "rules.1.languages",
                "names de",
            ),
            (
                f"{TEAMS}rules: [{{id: one, people: [anna@tidewick.example], team: sales, round_robin: all}}]\n",
                "rules.1.people",
                "not a key",
            ),
            ("teams: {anna@tidewick.example: Sells}\nrules: []\n", "teams.anna@tidewick.example", "not a name"),
            ("teams: {sales: ''}\nrules: []\n", "teams.sales", "is not a text"),
            (
                (
                    f"{TEAMS}rules:\n- {{id: all, team: sales, round_robin: all}}\n"
                    "- {id: one, languages: [lv], team: baltics, round_robin: all}\n"
                ),
                "rules.2.id",
                "no lead comes to",
            ),
            (
                (
                    f"{TEAMS}rules:\n- {{id: one, languages: [lv], team: sales, round_robin: all}}\n"
                    "- {id: one, languages: [ru], team: baltics, round_robin: all}\n"
                ),
                "rules.2.id",
                "as that of a rule before",
            ),
        ],
    )
    def test_what_is_wrong_is_told(self, copy: Copy, text: str, key: str, wrong: str) -> None:
        write(copy, text)
        assert [each.key for each in copy.problems() if each.file == FILE and wrong in each.wrong] == [key]

    def test_a_fault_in_a_form_is_told_there_alone(self, copy: Copy) -> None:
        form = copy.folder / "forms" / "complaint.yml"
        form.write_text(form.read_text("utf-8").replace("stage: late", "stage: never"), encoding="utf-8")
        assert not [each for each in copy.problems() if each.file == FILE]
