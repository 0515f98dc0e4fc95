"""Names for staff: optional, in no notice, with what stands in for those that are missing."""

import yaml

from intake_api.catalogue.model import Catalogue
from tests.intake_api.catalogue.conftest import Copy
from tests.intake_api.catalogue.test_command import Run, run

__all__ = ["run"]


def rename(copy: Copy, locale: str, **names: object) -> None:
    """Put other names into a language of the copy in the place of all it had; without any, none are left."""
    path = copy.folder / f"locales/{locale}.yml"
    words = yaml.safe_load(path.read_text(encoding="utf-8"))
    words.pop("staff")
    text = yaml.safe_dump({**words, **({"staff": names} if names else {})}, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")


class TestStaffNames:
    def test_v_01_they_are_part_of_no_notice(self, copy: Copy, real: Catalogue) -> None:
        for locale in real.locales:
            rename(copy, locale)
        bare = copy.load()
        assert [(view.notice.hash, view.document) for view in bare.views.values()] == [
            (view.notice.hash, view.document) for view in real.views.values()
        ]
        assert not [key for view in real.views.values() for key in view.notice.texts if key.startswith("staff")]

    def test_what_visitors_read_stands_in_for_a_name_then_what_another_file_says(self, copy: Copy) -> None:
        rename(copy, "lv", forms={"order": "pasūtījums"})
        names = copy.load().staff_names["lv"]
        assert names.said["forms.order"] == "pasūtījums"
        assert names.said["forms.request_demo"] == "Apskatiet Tidewick darbībā"
        assert names.said["purposes.newsletter"] == "Ikmēneša jaunumi e-pastā"
        assert names.said["fields.headcount"] == "Cik cilvēku to lietotu"
        assert names.said["teams.sales"] == "Answers requests"
        assert names.said["score.request_demo.decides"] == "Asks as an owner or a manager"
        assert "rules.requests" not in names.said
        assert {"staff.forms.request_demo", "staff.teams.sales", "staff.rules.requests"} <= set(names.missing)
        assert "staff.forms.order" not in names.missing

    def test_ours_are_all_there_in_each_language(self, real: Catalogue) -> None:
        gaps = [(names.missing, names.unused) for names in real.staff_names.values()]
        assert gaps == [((), ())] * len(real.locales)

    def test_the_complete_language_says_teams_and_scores_in_their_own_files(self, real: Catalogue) -> None:
        names = real.staff_names["en"]
        assert (names.missing, names.said["teams.sales"]) == ((), "Answers requests")
        assert names.said["score.request_demo.team_large"] == "Twenty people or more would use it"

    def test_the_command_says_what_is_missing_and_what_names_nothing_and_ends_well(self, run: Run) -> None:
        rename(run.copy, "pl", forms={"ordr": "zamówienie"})
        result = run("check", "--missing", "pl")
        assert result.exit_code == 0
        lines = result.output.splitlines()
        assert "locales/pl.yml names for staff what is not there: staff.forms.ordr." in lines
        assert "  staff.purposes.newsletter" in lines
        assert [line for line in lines if line.startswith("locales/pl.yml lacks") and "names for staff" in line]
        assert not [line for line in lines if line.startswith("locales/cs.yml")]
