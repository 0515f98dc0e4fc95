"""Publishing notices: an act with an author and a reason, and half an hour for forms that are open (V-06, V-09)."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.open_store import ready_store
from intake_api.flows.publish_notices import (
    ApprovalMissing,
    AuthorUnknown,
    NoticesUnpublished,
    difference,
    list_changes,
    publish_notices,
)
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import PresentationMismatch, Submission, submit_lead
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import get_lead
from intake_api.store.presentations import LASTS
from intake_api.store.publications import current_publications, list_publications
from intake_api.store.staff import add_staff
from tests.intake_api.catalogue.conftest import REAL, Copy
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY

OFFICER = "officer@example.com"


@pytest.fixture
def staff_id(store: Store, clock: DrivenClock) -> str:
    with store.writing() as tx:
        return add_staff(tx, OFFICER, "none", one_time=True, now=clock())


@pytest.fixture
def reworded(tmp_path: Path) -> Catalogue:
    """The catalogue with one sentence of one form said otherwise in English."""
    return changed(tmp_path, "locales/en.yml", "See Tidewick at work", "See Tidewick in action")


def changed(folder: Path, file: str, old: str, new: str) -> Catalogue:
    copy = Copy(Path(shutil.copytree(REAL, folder / "changed")))
    copy.change(file, old, new)
    return copy.load()


def demo(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Submission:
    shown = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock())
    asked = {field.name for field in shown.view.form.fields}
    fields = {name: value for name, value in FIELDS.items() if name in asked}
    return Submission("request_demo", shown.signed_id, "en", fields, {}, {})


class TestPublishing:
    def test_the_first_start_publishes_what_it_finds(self, store: Store, catalogue: Catalogue) -> None:
        with store.reading() as tx:
            current = current_publications(tx)
            assert list_changes(tx, catalogue) == []
        assert {one.notice_hash for one in current.values()} == set(catalogue.notices)
        assert {one.author for one in current.values()} == {"system"}

    def test_v09_in_production_a_changed_notice_waits_for_somebody(
        self, store: Store, reworded: Catalogue, settings: Settings, clock: DrivenClock, staff_id: str
    ) -> None:
        production = replace(settings, mode="production")
        with pytest.raises(NoticesUnpublished, match=r"request_demo \(en\).*notices publish"):
            ready_store(store, reworded, production, now=clock())
        ready_store(store, reworded, production, shows_notices=False, now=clock())  # commands go on
        published = publish_notices(store, reworded, by=OFFICER, reason="A better title.", now=clock())
        assert [(one.after.form, one.after.locale) for one in published] == [("request_demo", "en")]
        ready_store(store, reworded, production, now=clock())

    def test_v09_the_record_says_who_what_and_why(
        self, store: Store, catalogue: Catalogue, reworded: Catalogue, clock: DrivenClock, staff_id: str
    ) -> None:
        publish_notices(store, reworded, by=OFFICER.upper(), reason="A better title.", now=clock.advance(minutes=1))
        with store.reading() as tx:
            newest, first = list_publications(tx, "request_demo", "en")
            body = tx.scalar(text("SELECT body FROM evidence WHERE kind = 'notice.published' ORDER BY at DESC LIMIT 1"))
        entry = json.loads(body)
        assert (newest.number, newest.author, newest.reason) == (2, staff_id, "A better title.")
        assert (entry["actor"], entry["before"]) == (staff_id, first.notice_hash)
        assert OFFICER not in str(body)

    def test_v09_the_difference_is_shown_line_by_line(self, store: Store, reworded: Catalogue) -> None:
        with store.reading() as tx:
            (change,) = list_changes(tx, reworded)
            lines = difference(tx, change)
        assert '-  "form_title": "See Tidewick at work",' in lines
        assert '+  "form_title": "See Tidewick in action",' in lines
        assert sum(line[0] in "+-" for line in lines[2:]) == 4  # the title, and the notice's own that has it in it

    def test_nobody_publishes_without_an_account(self, store: Store, reworded: Catalogue, clock: DrivenClock) -> None:
        with pytest.raises(AuthorUnknown):
            publish_notices(store, reworded, by=OFFICER, reason="None.", now=clock())
        with store.reading() as tx:
            assert len(list_changes(tx, reworded)) == 1

    def test_going_back_to_an_earlier_text_is_one_more_publication(
        self, store: Store, catalogue: Catalogue, reworded: Catalogue, clock: DrivenClock, staff_id: str
    ) -> None:
        publish_notices(store, reworded, by=OFFICER, reason="A better title.", now=clock())
        publish_notices(store, catalogue, by=OFFICER, reason="It was not.", now=clock.advance(minutes=1))
        with store.reading() as tx:
            assert [one.number for one in list_publications(tx, "request_demo", "en")] == [3, 2, 1]
            assert list_changes(tx, catalogue) == []


class TestTwoPeople:
    @pytest.fixture
    def strict(self, reworded: Catalogue) -> Catalogue:
        """The changed catalogue of an organisation in which nobody publishes alone."""
        return replace(reworded, organisation=replace(reworded.organisation, two_people=True))

    @pytest.mark.parametrize("approved_by", [None, OFFICER, OFFICER.upper()])
    def test_v09_nobody_approves_their_own_notice(
        self, store: Store, strict: Catalogue, clock: DrivenClock, staff_id: str, approved_by: str | None
    ) -> None:
        with pytest.raises(ApprovalMissing, match="--approved-by"):
            publish_notices(store, strict, by=OFFICER, approved_by=approved_by, reason="Alone.", now=clock())
        with store.reading() as tx:
            assert len(list_changes(tx, strict)) == 1

    def test_v09_an_approver_needs_an_account_too(
        self, store: Store, strict: Catalogue, clock: DrivenClock, staff_id: str
    ) -> None:
        with pytest.raises(AuthorUnknown):
            publish_notices(store, strict, by=OFFICER, approved_by="x@example.com", reason="Two.", now=clock())

    def test_v09_the_record_names_both(
        self, store: Store, strict: Catalogue, clock: DrivenClock, staff_id: str
    ) -> None:
        with store.writing() as tx:
            second = add_staff(tx, "second@example.com", "none", one_time=True, now=clock())
        now = clock.advance(minutes=1)
        publish_notices(store, strict, by=OFFICER, approved_by="second@example.com", reason="Two.", now=now)
        with store.reading() as tx:
            body = tx.scalar(text("SELECT body FROM evidence WHERE kind = 'notice.published' ORDER BY at DESC LIMIT 1"))
        entry = json.loads(body)
        assert (entry["actor"], entry["approved_by"]) == (staff_id, second)

    def test_v09_one_is_enough_where_the_catalogue_does_not_say_otherwise(
        self, store: Store, reworded: Catalogue, clock: DrivenClock, staff_id: str
    ) -> None:
        assert not reworded.organisation.two_people
        assert len(publish_notices(store, reworded, by=OFFICER, reason="Alone.", now=clock())) == 1

    def test_v09_the_catalogue_says_it_by_true_or_false(self, tmp_path: Path) -> None:
        said = changed(tmp_path, "organisation.yml", "country: LV\nemail", "country: LV\ntwo_people: true\nemail")
        assert said.organisation.two_people


class TestASupersededNotice:
    def test_v06_counts_for_half_an_hour_with_the_words_that_were_shown(
        self, store: Store, queue: Queue, catalogue: Catalogue, reworded: Catalogue, clock: DrivenClock, staff_id: str
    ) -> None:
        submission = demo(store, catalogue, clock)
        publish_notices(store, reworded, by=OFFICER, reason="A better title.", now=clock.advance(minutes=5))
        receipt = submit_lead(store, queue, reworded, TOKEN_KEY, submission, now=clock.advance(minutes=20))
        with store.reading() as tx:
            lead = get_lead(tx, receipt.reference)
        assert lead.notice_hash == catalogue.view("request_demo", "en").notice.hash

    def test_v06_is_over_after_that(
        self, store: Store, queue: Queue, catalogue: Catalogue, reworded: Catalogue, clock: DrivenClock, staff_id: str
    ) -> None:
        publish_notices(store, reworded, by=OFFICER, reason="A better title.", now=clock())
        clock.advance(minutes=10)
        submission = demo(store, catalogue, clock)  # by a door that was not started anew
        clock.now += LASTS - timedelta(minutes=10)
        with pytest.raises(PresentationMismatch):
            submit_lead(store, queue, reworded, TOKEN_KEY, submission, now=clock())

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("forms/request_demo.yml", "name: name, necessity: required", "name: name, necessity: optional"),
            ("forms/request_demo.yml", "material_change: false", "material_change: true"),
        ],
    )
    def test_v06_c17_another_promise_is_shown_at_once(
        self,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
        staff_id: str,
        tmp_path: Path,
        file: str,
        old: str,
        new: str,
    ) -> None:
        submission = demo(store, catalogue, clock)
        other = changed(tmp_path, file, old, new)
        publish_notices(store, other, by=OFFICER, reason="We keep it longer.", now=clock.advance(minutes=5))
        with pytest.raises(PresentationMismatch):
            submit_lead(store, queue, other, TOKEN_KEY, submission, now=clock.advance(minutes=1))
