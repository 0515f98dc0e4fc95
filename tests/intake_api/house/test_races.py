"""Two at the same moment (S-14, SEC-40): no yes comes back, and one answer is one answer, in however many tabs.

Each race is run on both databases, with either act stopped at each of its steps while the other goes by. It must end as
if one had come after the other, with nobody told that the house is away; the evidence verifies after all of them.
"""

import pytest

from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.disown_decision import disown_decision
from intake_api.flows.refuse_form import refuse_form
from intake_api.flows.stop_by_link import stop_by_link
from intake_api.flows.submit_lead import Submission
from intake_api.rules.consent import DecisionState
from intake_api.store.mailed_links import stop_token
from tests.intake_api.flows.confirmations import state_of, token_of
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Ended, Race, Track
from tests.intake_api.house.racing_processes import confirm, erase, race_in_processes, take_back
from tests.intake_api.kept_leads import TOKEN_KEY, confirmation_of, kinds, receipt_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
YES = {"newsletter": False, "product_offers": True}


class TestASecondYes:
    def test_s14_against_a_withdrawal_never_stands(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.first_yes(mark)
            token = token_of(people.store, lead)

            def check(confirmed: Ended, taken_back: Ended) -> None:
                assert confirmed.code in ("done", "confirmation_over")
                assert taken_back.code == "done"
                assert state_of(people.store, lead) is DecisionState.WITHDRAWN
                assert confirmation_of(people.store, lead).ended_at
                assert not people.may_be_written_to(mark, "newsletter")
                written = ["consent.confirmed"] * (confirmed.code == "done") + ["consent.withdrawn"]
                assert sorted(kinds(people.store, lead, "consent.")) == written

            return Race(lambda store: confirm_decision(store, token, now=people.now), people.takes_back(lead), check)

        track.run(race)

    def test_s14_against_the_link_that_stops_never_stands(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            leads = [people.first_yes(mark), people.first_yes(mark)]
            token, stop = token_of(people.store, leads[1]), stop_token(TOKEN_KEY, leads[0].id, "newsletter")

            def check(confirmed: Ended, stopped: Ended) -> None:
                assert confirmed.code in ("done", "confirmation_over")
                assert stopped.code == "done"
                assert {state_of(people.store, lead) for lead in leads} == {DecisionState.WITHDRAWN}
                assert not people.may_be_written_to(mark, "newsletter")

            return Race(
                lambda store: confirm_decision(store, token, now=people.now),
                lambda store: stop_by_link(store, TOKEN_KEY, stop, now=people.now),
                check,
            )

        track.run(race)

    def test_c14_against_this_was_not_me_ends_erased(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.first_yes(mark)
            token = token_of(people.store, lead)

            def check(confirmed: Ended, disowned: Ended) -> None:
                assert confirmed.code in ("done", "confirmation_over")
                assert disowned.code == "done"
                people.is_gone(lead, mark)

            return Race(
                lambda store: confirm_decision(store, token, now=people.now),
                lambda store: disown_decision(store, token, now=people.now),
                check,
            )

        track.run(race)


class TestTwoTabs:
    def test_g01_the_same_sent_twice_is_one_lead(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            submission = people.showing(mark)

            def check(one: Ended, other: Ended) -> None:
                assert (one.code, other.code) == ("done", "done")
                assert one.value.reference == other.value.reference
                assert {one.value.is_new, other.value.is_new} == {True, False}
                assert len(people.leads_of(mark)) == 1

            return Race(people.sends(submission), people.sends(submission), check, alike=True)

        track.run(race)

    def test_c06_two_contents_on_one_showing_are_one_lead(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            submission = people.showing(mark)
            changed = {**submission.fields, "message": "Or rather this."}
            other = Submission("request_demo", submission.presentation, "en", changed, {}, {})

            def check(one: Ended, two: Ended) -> None:
                assert sorted((one.code, two.code)) == ["done", "presentation_used"]
                assert len(people.leads_of(mark)) == 1

            return Race(people.sends(submission), people.sends(other), check)

        track.run(race)

    def test_c10_a_yes_and_a_no_are_one_answer(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            submission = people.showing(mark)

            def check(sent: Ended, refused: Ended) -> None:
                assert sorted((sent.code, refused.code)) == ["done", "presentation_used"]
                assert len(people.leads_of(mark)) == (sent.code == "done")
                if sent.code != "done":
                    people.gone.append(mark)

            return Race(
                people.sends(submission),
                lambda store: refuse_form(store, TOKEN_KEY, "request_demo", submission.presentation, now=people.now),
                check,
            )

        track.run(race)

    def test_w03_both_taking_back_write_it_down_once(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark, YES)

            def check(one: Ended, other: Ended) -> None:
                assert [one.value.purposes, other.value.purposes] == [["product_offers"]] * 2
                assert kinds(people.store, lead, "consent.") == ["consent.withdrawn"]

            return Race(people.takes_back(lead), people.takes_back(lead), check, alike=True)

        track.run(race)


class TestInProcessesOfTheirOwn:
    def test_s14_a_second_yes_against_a_withdrawal_against_an_erasure(
        self, people: People, track: Track, environment: dict[str, str]
    ) -> None:
        marks = [people.mark() for _ in range(12)]
        leads = [people.first_yes(mark) for mark in marks]
        tokens, receipts = [token_of(people.store, lead) for lead in leads], [receipt_of(lead) for lead in leads]
        half = len(leads) // 2

        confirmed, taken_back, erased = race_in_processes(
            environment,
            people.now,
            (confirm, tokens),
            (take_back, receipts),
            (erase, receipts[:half] + receipts[:half]),
        )

        assert set(confirmed) <= {"done", "confirmation_over"}
        assert set(taken_back + erased) == {"done"}
        for lead, mark in zip(leads[:half], marks, strict=False):
            people.is_gone(lead, mark)
        for lead, mark in zip(leads[half:], marks[half:], strict=True):
            assert state_of(people.store, lead) is DecisionState.WITHDRAWN
            assert not people.may_be_written_to(mark, "newsletter")
