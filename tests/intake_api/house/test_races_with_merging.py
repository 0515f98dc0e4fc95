"""Merging at the same moment as anything else (T-10): one outcome, nothing lost, no yes that nobody gave.

Run as `test_races.py` says.
"""

from collections.abc import Callable

import pytest

from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_by_link import erase_by_link
from intake_api.flows.merge_leads import merge_leads
from intake_api.flows.unmerge_leads import return_stranded, unmerge_leads
from intake_api.flows.withdraw_by_link import withdraw_by_link
from intake_api.rules.lead_state import LeadState
from intake_api.rules.taking_back import TAKEN_BACK
from intake_api.store.confirmations import confirmation_token, list_confirmations
from intake_api.store.deliveries import DeliveryState
from intake_api.store.lead_merges import list_merged
from intake_api.store.leads import Lead
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.confirmations import state_of
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track
from tests.intake_api.kept_leads import TOKEN_KEY, approve, deliveries_now, kinds, lead_now

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
STAFF = "s" * 32
NEWSLETTER = "newsletter"
YES = {NEWSLETTER: True}


class TestMerging:
    def test_t10_both_ways_at_once_one_counts(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = pair(people)

            def check(there: Ended, back: Ended) -> None:
                assert sorted((there.code, back.code)) == ["done", "lead_changed"]
                stays, merged = (one, other) if there.code == "done" else (other, one)
                assert states(people, stays, merged) == [LeadState.NEW, LeadState.MERGED]
                assert merged_into(people, stays) == [merged.id]
                assert merged_into(people, merged) == []
                assert kinds(people.store, stays, "lead.merged") == ["lead.merged"]

            return Race(merging(people, one, other), merging(people, other, one), check)

        track.run(race)

    def test_t10_against_the_person_who_takes_back_no_yes_is_left_in_either(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = pair(people)

            def check(merged: Ended, taken_back: Ended) -> None:
                assert taken_back.code == "done"
                assert merged.code in ("done", "lead_changed")
                # The one that stays was confirmed; a receipt of the other takes that back only once they are one.
                if merged.code == "done":
                    assert {state_of(people.store, lead) for lead in (one, other)} <= TAKEN_BACK
                    assert not people.may_be_written_to(people.last_mark, NEWSLETTER)
                assert state_of(people.store, other) in TAKEN_BACK

            return Race(merging(people, one, other), people.takes_back(other), check)

        track.run(race, every=3)

    def test_w03_against_the_link_that_takes_back_all_no_yes_is_left(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = pair(people)
            token = people.link("withdraw", people.last_mark)

            def check(merged: Ended, taken_back: Ended) -> None:
                assert taken_back.code == "done"
                assert merged.code in ("done", "lead_changed")
                assert {state_of(people.store, lead) for lead in (one, other)} <= TAKEN_BACK
                assert not people.may_be_written_to(people.last_mark, NEWSLETTER)

            return Race(
                merging(people, one, other),
                lambda store: withdraw_by_link(store, token, [NEWSLETTER], words="Stop", now=people.now),
                check,
            )

        track.run(race, every=3)

    @pytest.mark.parametrize("which", ["stays", "merged", "both"])
    def test_s14_against_an_erasure_what_is_not_erased_is_somewhere(
        self, people: People, track: Track, which: str
    ) -> None:
        def race() -> Race:
            one, other = pair(people)
            mark = people.last_mark
            if which == "both":
                token = people.link("erasure", mark)
                erases: Act = lambda store: erase_by_link(store, token, now=people.now)  # noqa: E731
            else:
                erases = people.erases(one if which == "stays" else other)

            def check(merged: Ended, erased: Ended) -> None:
                assert erased.code == "done"
                assert merged.code in ("done", "lead_changed", "state_not_mergeable")
                return_stranded(people.store, people.queue, now=people.now)
                now = [lead_now(people.store, lead).state for lead in (one, other)]
                gone = [lead for lead, state in zip((one, other), now, strict=True) if state is LeadState.ERASED]
                assert gone
                assert which != "both" or len(gone) == 2
                assert [state for state in now if state is not LeadState.ERASED] in ([], [LeadState.NEW])
                for lead in gone:
                    people.is_gone(lead)

            return Race(merging(people, one, other), erases, check)

        track.run(race, every=3)

    def test_t10_against_the_second_yes_the_result_is_that_of_one_order(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = pair(people)
            with people.store.reading() as tx:
                (asked,) = list_confirmations(tx, other.id)
            token = confirmation_token(TOKEN_KEY, asked.id)

            def check(merged: Ended, confirmed: Ended) -> None:
                assert (merged.code, confirmed.code) == ("done", "done")
                assert states(people, one, other) == [LeadState.NEW, LeadState.MERGED]
                assert people.may_be_written_to(people.last_mark, NEWSLETTER)

            return Race(
                merging(people, one, other), lambda store: confirm_decision(store, token, now=people.now), check
            )

        track.run(race)


class TestDeliveries:
    def test_g02_against_the_worker_the_merged_one_leaves_once_or_never(
        self, people: People, track: Track, receiver: Receiver
    ) -> None:
        destination = webhook(receiver.url)

        def race() -> Race:
            one, other = pair(people)
            delivery = approve(people.store, people.queue, other, now=people.now)
            seen = lead_now(people.store, other)

            def check(merged: Ended, delivered: Ended) -> None:
                assert delivered.code == "done"
                sent, *untold = sorted(deliveries_now(people.store, other), key=lambda each: each.is_no)
                left = [each for each in receiver.ids() if each == delivery.id]
                if merged.code == "done":
                    was_there = left == [delivery.id]
                    assert sent.state is (DeliveryState.DELIVERED if was_there else DeliveryState.CANCELLED)
                    assert [each.state for each in untold] == [DeliveryState.RETRYING] * was_there
                    assert lead_now(people.store, other).state is LeadState.MERGED
                else:
                    assert merged.code in ("lead_changed", "delivery_under_way")
                    assert (sent.state, left, untold) == (DeliveryState.DELIVERED, [delivery.id], [])
                    assert lead_now(people.store, other).state is LeadState.DELIVERED

            return Race(
                merging(people, one, seen),
                lambda store: deliver(store, destination, delivery.id, delivery.turn, clock=people.clock),
                check,
            )

        track.run(race)

    def test_x01_against_an_approval_of_the_one_that_stays_one_counts(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = pair(people)

            def check(merged: Ended, approved: Ended) -> None:
                assert sorted((merged.code, approved.code)) == ["done", "lead_changed"]
                assert len(deliveries_now(people.store, one)) == int(approved.code == "done")

            return Race(merging(people, one, other), approving(people, one), check)

        track.run(race)


class TestUndoing:
    def test_t10_twice_is_undone_once(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = merged_pair(people)

            def check(first: Ended, second: Ended) -> None:
                assert sorted((first.code, second.code)) == ["done", "lead_changed"]
                assert states(people, one, other) == [LeadState.NEW, LeadState.NEW]
                assert kinds(people.store, one, "lead.unmerged") == ["lead.unmerged"]

            press = undoing(people, one, other)
            return Race(press, press, check, alike=True)

        track.run(race)

    def test_t10_against_another_merge_one_counts(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = merged_pair(people)
            third = people.lead(people.last_mark)

            def check(undone: Ended, merged: Ended) -> None:
                assert sorted((undone.code, merged.code)) == ["done", "lead_changed"]
                expected = [] if undone.code == "done" else [third.id, other.id]
                assert merged_into(people, one) == expected

            return Race(undoing(people, one, other), merging(people, lead_now(people.store, one), third), check)

        track.run(race)

    def test_t10_against_the_person_who_takes_back_no_yes_comes_back(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = merged_pair(people)
            token = people.link("withdraw", people.last_mark)

            def check(undone: Ended, taken_back: Ended) -> None:
                assert taken_back.code == "done"
                assert undone.code in ("done", "lead_changed")
                assert {state_of(people.store, lead) for lead in (one, other)} <= TAKEN_BACK
                assert not people.may_be_written_to(people.last_mark, NEWSLETTER)

            return Race(
                undoing(people, one, other),
                lambda store: withdraw_by_link(store, token, [NEWSLETTER], words="Stop", now=people.now),
                check,
            )

        track.run(race, every=3)

    @pytest.mark.parametrize("which", ["stays", "merged"])
    def test_s14_against_an_erasure_nothing_is_brought_back(self, people: People, track: Track, which: str) -> None:
        def race() -> Race:
            one, other = merged_pair(people)

            def check(undone: Ended, erased: Ended) -> None:
                assert erased.code == "done"
                assert undone.code in ("done", "lead_changed", "move_refused", "lead_unknown")
                return_stranded(people.store, people.queue, now=people.now)
                now = dict(zip(("stays", "merged"), states(people, one, other), strict=True))
                assert now[which] is LeadState.ERASED
                people.is_gone(one if which == "stays" else other)
                assert set(now.values()) <= {LeadState.ERASED, LeadState.NEW}

            erases = people.erases(one if which == "stays" else other)
            return Race(undoing(people, one, other), erases, check)

        track.run(race, every=3)

    def test_two_workers_let_it_come_back_once(self, people: People, track: Track) -> None:
        def race() -> Race:
            one, other = pair(people)
            merging(people, other, one)(people.store)  # the one that stays is of nobody's confirmed receipt
            people.erases(other)(people.store)

            def check(first: Ended, second: Ended) -> None:
                assert (first.code, second.code) == ("done", "done")
                assert lead_now(people.store, one).state is LeadState.NEW
                assert kinds(people.store, one, "lead.unmerged") == ["lead.unmerged"]

            def returning(store: object) -> object:
                return return_stranded(store, people.queue, now=people.now)  # type: ignore[arg-type]

            return Race(returning, returning, check, alike=True)

        track.run(race)


def pair(people: People) -> tuple[Lead, Lead]:
    """Keep two leads of a new person, who confirmed the first; both say yes to the newsletter."""
    mark = people.mark()
    one, other = people.lead(mark, YES), people.lead(mark, YES)
    with people.store.reading() as tx:
        (asked,) = list_confirmations(tx, one.id)
    confirm_decision(people.store, confirmation_token(TOKEN_KEY, asked.id), now=people.now)
    return lead_now(people.store, one), other


def merged_pair(people: People) -> tuple[Lead, Lead]:
    """Keep two such leads and merge the second into the first; return both as they then stand."""
    one, other = pair(people)
    merging(people, one, other)(people.store)
    return lead_now(people.store, one), lead_now(people.store, other)


def merging(people: People, stays: Lead, merged: Lead) -> Act:
    return lambda store: merge_leads(
        store,
        stays.reference,
        merged.reference,
        seen_version=stays.version,
        merged_version=merged.version,
        staff_id=STAFF,
        now=people.now,
    )


def undoing(people: People, stays: Lead, merged: Lead) -> Act:
    return lambda store: unmerge_leads(
        store,
        people.queue,
        stays.reference,
        merged.reference,
        seen_version=stays.version,
        staff_id=STAFF,
        now=people.now,
    )


def approving(people: People, lead: Lead) -> Callable[..., object]:
    return lambda store: approve(store, people.queue, lead, now=people.now)


def states(people: People, *leads: Lead) -> list[LeadState]:
    return [lead_now(people.store, lead).state for lead in leads]


def merged_into(people: People, lead: Lead) -> list[str]:
    with people.store.reading() as tx:
        return [one.lead_id for one in list_merged(tx, lead.id)]
