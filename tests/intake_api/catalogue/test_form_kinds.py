"""What only some kinds of forms have: what is written, what a script is told of it, and what is refused."""

from typing import Any

import pytest

from intake_api.catalogue.definitions import Popup
from intake_api.catalogue.model import Catalogue
from tests.intake_api.catalogue.conftest import Copy

TRIAL = "forms/trial.yml"
SURVEY = "forms/survey.yml"
SUPPORT = "forms/after_support.yml"

MISTAKES = {
    "a pop-up that interrupts at once": (
        (TRIAL, "after_seconds: 90", "after_seconds: 5"),
        ("popup.after_seconds", "not such a number"),
    ),
    "a pop-up with a trigger nobody knows": (
        (TRIAL, "trigger: delay", "trigger: scroll"),
        ("popup.trigger", "not known"),
    ),
    "a pop-up at a place nobody knows": (
        (TRIAL, "position: bottom", "position: everywhere"),
        ("popup.position", "not known"),
    ),
    "a delay beside another trigger": (
        (TRIAL, "trigger: delay", "trigger: exit"),
        ("popup.after_seconds", "stands beside"),
    ),
    "a pop-up that comes again every hour": (
        (TRIAL, "again_after_days: 30", "again_after_days: 0"),
        ("popup.again_after_days", "not such a number"),
    ),
    "c_10 a pop-up that asks again soon after a no": (
        (TRIAL, "quiet_after_no_days: 180", "quiet_after_no_days: 1"),
        ("popup.quiet_after_no_days", "not such a number"),
    ),
    "a pop-up that says nothing about itself": ((TRIAL, "popup:\n", "pages:\n"), ("popup", "is missing")),
    "a pop-up with three fields": (
        (
            TRIAL,
            "  - {name: company,",
            "  - {name: name, necessity: optional, purposes: [respond_to_request]}\n  - {name: company,",
        ),
        ("fields", "too much for a popup"),
    ),
    "a button with two fields": (
        (
            "forms/newsletter.yml",
            "  - {name: email,",
            "  - {name: name, necessity: optional, purposes: [newsletter]}\n  - {name: email,",
        ),
        ("fields", "too much for a button"),
    ),
    "manners of a pop-up in a form that is none": (
        ("forms/order.yml", "kind: order", "kind: order\npopup: {trigger: exit}"),
        ("popup", "kind order"),
    ),
    "a page that forgets a field": ((SURVEY, "  - [workday, wish]", "  - [workday]"), ("pages", "every field once")),
    "a field on two pages": ((SURVEY, "  - [comment]", "  - [comment, wish]"), ("pages", "every field once")),
    "pages in another order than the fields": (
        (SURVEY, "  - [role, rating]", "  - [rating, role]"),
        ("pages", "every field once"),
    ),
    "one page": ((SURVEY, "  - [role, rating]\n  - [workday, wish]\n", ""), ("pages", "at least two pages")),
    "pages that part what belongs together": (
        ("forms/order.yml", "stage: late", "stage: late\npages: [[message, name, company, email], [phone]]"),
        ("pages", "parts one_of:contact"),
    ),
    "an event nobody announces": ((SUPPORT, "event: support_closed", "event: full_moon"), ("event", "not known")),
    "an event before an order": (
        ("forms/order.yml", "stage: late", "stage: late\nevent: purchase"),
        ("event", "kind order"),
    ),
    "a follow-up on a word": (
        (SUPPORT, "follow_up: {field: rating,", "follow_up: {field: comment,"),
        ("follow_up.field", "no whole number"),
    ),
    "a follow-up that is always due": (
        (SUPPORT, "at_most: 6, within", "at_most: 10, within"),
        ("follow_up.at_most", "number"),
    ),
    "a follow-up with nobody to reach": (
        (SURVEY, "kind: survey", "kind: survey\nfollow_up: {field: rating, at_most: 6, within_days: 2}"),
        ("follow_up.field", "nobody could be reached"),
    ),
    "a first response in days": (
        (SUPPORT, "follow_up:", "first_response: P1D\nfollow_up:"),
        ("first_response", "no number of open hours"),
    ),
    "a first response that is no time": (
        (SUPPORT, "follow_up:", "first_response: soon\nfollow_up:"),
        ("first_response", "no number of open hours"),
    ),
    "a first response to nobody": (
        (SURVEY, "kind: survey", "kind: survey\nfirst_response: PT4H"),
        ("first_response", "nobody could be reached"),
    ),
    "a page in place of a site": (
        (SURVEY, "stage: middle", "stage: middle\nsites: [https://www.hotel.example/survey]"),
        ("sites", "is no site"),
    ),
    "a site without https": (
        (SURVEY, "stage: middle", "stage: middle\nsites: [http://www.hotel.example]"),
        ("sites", "is no site"),
    ),
    "every site": ((SURVEY, "stage: middle", "stage: middle\nsites: ['*']"), ("sites", "is no site")),
    "no site": ((SURVEY, "stage: middle", "stage: middle\nsites: []"), ("sites", "is empty")),
    "a file whose name is no key": ((SURVEY, "kind: survey", "kind: survey"), ("(name)", "cannot be the key")),
}


class TestMistakes:
    @pytest.mark.parametrize("mistake", MISTAKES)
    def test_is_told_with_key_and_cure(self, copy: Copy, mistake: str) -> None:
        (file, old, new), (key, wrong) = MISTAKES[mistake]
        copy.change(file, old, new)
        if key == "(name)":
            (copy.folder / file).rename(copy.folder / "forms/Front desk.yml")
            file = "forms/Front desk.yml"
        told = [each for each in copy.problems() if each.file == file and each.key == key and wrong in each.wrong]
        assert told, [str(each) for each in copy.problems()]
        assert all(each.instead for each in told)


class TestSites:
    def test_sec_13_a_form_names_the_sites_it_may_stand_on_and_others_leave_it_to_the_settings(
        self, copy: Copy
    ) -> None:
        copy.change(SURVEY, "stage: middle", "stage: middle\nsites: [https://www.hotel.example, http://localhost:8000]")
        loaded = copy.load()
        assert loaded.form("survey").sites == ("https://www.hotel.example", "http://localhost:8000")
        assert loaded.form("trial").sites is None
        assert "sites" not in document(loaded, "survey")


class TestWhatScriptsAreTold:
    def test_a_popup_tells_its_manners(self, real: Catalogue) -> None:
        assert real.form("trial").popup == Popup("delay", 90, "bottom", 30, 180)
        assert document(real, "trial")["popup"] == {
            "trigger": "delay",
            "after_seconds": 90,
            "position": "bottom",
            "again_after_days": 30,
            "quiet_after_no_days": 180,
        }

    def test_another_trigger_has_no_seconds(self, copy: Copy) -> None:
        copy.change(TRIAL, "trigger: delay\n  after_seconds: 90", "trigger: exit")
        assert "after_seconds" not in document(copy.load(), "trial")["popup"]

    def test_a_survey_tells_its_pages_in_every_language(self, real: Catalogue) -> None:
        for locale in real.locales:
            pages = document(real, "survey", locale)["pages"]
            assert pages == [["role", "rating"], ["workday", "wish"], ["comment"]]

    def test_feedback_tells_its_event(self, real: Catalogue) -> None:
        assert document(real, "after_support")["event"] == "support_closed"

    def test_a_form_without_them_says_nothing_of_them(self, real: Catalogue) -> None:
        assert {"popup", "pages", "event"} & document(real, "order").keys() == set()

    def test_v_01_they_are_no_part_of_the_notice(self, copy: Copy, real: Catalogue) -> None:
        """A pop-up that waits longer, or another order of pages, asks nobody again."""
        copy.change(TRIAL, "after_seconds: 90", "after_seconds: 120")
        assert copy.load().notice("trial", "en").hash == real.notice("trial", "en").hash


def document(catalogue: Catalogue, form: str, locale: str = "en") -> Any:
    """Return what the API gives out of a form."""
    return catalogue.view(form, locale).document
