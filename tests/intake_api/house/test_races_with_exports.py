"""Files of leads at the same moment as the person, and as other staff (X-06, SEC-10): nobody comes back in a file.

Run as `test_races.py` says.
"""

from contextlib import suppress

import pytest

from intake_api.flows.act_on_many import act_on_many
from intake_api.flows.ask_export import approve_export, ask_export, refuse_export
from intake_api.flows.end_exports import end_exports
from intake_api.flows.hand_out_export import ExportGone, hand_out_export
from intake_api.rules import exports as rules
from intake_api.rules.bulk import JobState, Stopped
from intake_api.store.base import Store
from tests.intake_api.flows.exporting import ASKING, Exporting
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def house(people: People) -> Exporting:
    return Exporting(people.store, people.queue, people.catalogue, people.clock)


class TestMaking:
    def test_x06_against_an_erasure_never_brings_the_person_back(
        self, people: People, track: Track, house: Exporting
    ) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)
            export = house.look([lead])
            house.ask(export)

            def check(made: Ended, erased: Ended) -> None:
                assert (made.code, erased.code) == ("done", "done")
                house.make(export)
                with suppress(ExportGone):
                    assert house.take(export).lines == []
                end_exports(people.store, now=people.now)
                assert house.lines(export) == 0
                people.is_gone(lead, mark)

            def make(store: Store) -> None:
                act_on_many(store, house.desk, export, 1, clock=people.clock)

            return Race(make, people.erases(lead), check)

        track.run(race, every=2)


class TestHandingOut:
    def test_x06_against_an_erasure_is_whole_or_gone(self, people: People, track: Track, house: Exporting) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)
            export = house.made([lead, people.lead(people.mark())])

            def check(taken: Ended, erased: Ended) -> None:
                assert taken.code in ("done", "export_gone")
                assert erased.code == "done"
                if taken.code == "done":
                    assert len(taken.value.lines) == 2
                with pytest.raises(ExportGone):
                    house.take(export)
                people.is_gone(lead, mark)

            def take(store: Store) -> object:
                return hand_out_export(store, export, staff_id=house.marta, now=people.now)

            return Race(take, people.erases(lead), check)

        track.run(race)


class TestAgreeing:
    def test_sec10_two_who_answer_at_once_are_one_answer(
        self, people: People, track: Track, house: Exporting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "ALONE", 0)
        piotr = house.hire("piotr@tidewick.example")

        def race() -> Race:
            export = house.look([people.lead(people.mark())])
            house.ask(export)

            def check(agreed: Ended, refused: Ended) -> None:
                assert sorted((agreed.code, refused.code)) == ["already_answered", "done"]
                job = house.job(export)
                if agreed.code == "done":
                    assert (job.state, house.said(export).answered_by) == (JobState.QUEUED, house.anna)
                else:
                    assert (job.stopped_for, house.said(export).answered_by) == (Stopped.REFUSED, piotr)

            return Race(
                lambda store: approve_export(store, people.queue, export, staff_id=house.anna, now=people.now),
                lambda store: refuse_export(store, export, staff_id=piotr, now=people.now),
                check,
            )

        track.run(race)

    def test_sec10_two_files_asked_for_at_once_count_together(
        self, people: People, track: Track, house: Exporting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "ALONE", 1)
        names = (f"marta-{number}@tidewick.example" for number in range(1000))

        def race() -> Race:
            who = house.hire(next(names))
            one, other = (house.look([people.lead(people.mark())], by=who) for _ in range(2))

            def asks(export: str) -> Act:
                return lambda store: ask_export(
                    store, people.queue, people.catalogue, export, ASKING, staff_id=who, now=people.now
                )

            def check(first: Ended, second: Ended) -> None:
                assert (first.code, second.code) == ("done", "done")
                assert {house.job(one).state, house.job(other).state} == {JobState.QUEUED, JobState.ASKED}

            return Race(asks(one), asks(other), check, alike=True)

        track.run(race)
