"""Erasing at the same moment as anything else (S-14, SEC-40): nothing is left, or what came after is whole.

Run as `test_races.py` says.
"""

import pytest
from sqlalchemy import text

from intake_api.flows.correct_by_link import change_address, correct_by_link
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_by_link import erase_by_link
from intake_api.flows.read_by_link import read_by_link
from intake_api.flows.read_lead import read_lead
from intake_api.flows.withdraw_by_link import withdraw_by_link
from intake_api.flows.write_note import write_note
from intake_api.rules.lead_state import LeadState
from intake_api.rules.rights import RightsKind
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import get_lead
from intake_api.store.rights_cases import case_token
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track
from tests.intake_api.kept_leads import TOKEN_KEY, approve, deliveries_now, kinds, lead_now

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
YES = {"newsletter": False, "product_offers": True}


class TestErasing:
    def test_s02_by_one_link_pressed_twice_happens_once(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)
            press = erasing_by_link(people, mark)

            def check(one: Ended, other: Ended) -> None:
                assert sorted((one.code, other.code)) == ["case_over", "done"]
                people.is_gone(lead, mark)

            return Race(press, press, check, alike=True)

        track.run(race)

    def test_s14_against_the_same_form_sent_again_brings_nothing_back(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            submission = people.showing(mark)
            receipt = people.sends(submission)(people.store)
            with people.store.reading() as tx:
                lead = get_lead(tx, receipt.reference)  # type: ignore[attr-defined]

            def check(erased: Ended, again: Ended) -> None:
                assert erased.code == "done"
                assert again.code in ("done", "presentation_used")
                people.is_gone(lead, mark)
                assert people.leads_of(mark) == []

            return Race(people.erases(lead), people.sends(submission), check)

        track.run(race)

    def test_s14_of_all_with_an_address_against_a_new_form_leaves_the_new_lead_whole_or_none(
        self, people: People, track: Track
    ) -> None:
        def race() -> Race:
            mark, of_new = people.mark(), people.mark()
            lead = people.lead(mark)
            submission = people.showing(mark, message=of_new)

            def check(erased: Ended, sent: Ended) -> None:
                assert (erased.code, sent.code) == ("done", "done")
                assert lead_now(people.store, lead).state is LeadState.ERASED
                if people.leads_of(mark):
                    new = read_lead(people.store, sent.value.reference, actor="operator", why="test", now=people.now)
                    assert new.values["message"] == of_new
                    assert new.lead.state is LeadState.NEW
                else:
                    people.gone += [mark, of_new]

            return Race(erasing_by_link(people, mark), people.sends(submission), check)

        track.run(race)

    def test_s14_against_taking_back_ends_erased(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            leads = [people.lead(mark, YES), people.lead(mark, YES)]
            token = people.link("withdraw", mark)

            def check(erased: Ended, taken_back: Ended) -> None:
                assert (erased.code, taken_back.code) == ("done", "done")
                for lead in leads:
                    people.is_gone(lead, mark)

            return Race(
                erasing_by_link(people, mark),
                lambda store: withdraw_by_link(store, token, None, words="Take back", now=people.now),
                check,
            )

        track.run(race, every=3)

    def test_s07_against_a_correction_leaves_neither_the_old_nor_the_new(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark, corrected = people.mark(), people.mark()
            lead = people.lead(mark)
            token = people.link("correction", mark)
            key = read_by_link(people.store, token, kind=RightsKind.CORRECTION, now=people.now).key
            fields = {"name": f"Zane {corrected}", "email": f"{mark}@guest.example", "message": corrected}

            def check(put_right: Ended, erased: Ended) -> None:
                assert put_right.code in ("done", "lead_unknown")
                assert erased.code == "done"
                people.is_gone(lead, mark, corrected)

            return Race(
                lambda store: correct_by_link(
                    store, people.queue, people.catalogue, TOKEN_KEY, token, key, lead.reference, fields, now=people.now
                ),
                people.erases(lead),
                check,
            )

        track.run(race)

    def test_s14_against_a_note_of_staff_leaves_no_note(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark, noted = people.mark(), people.mark()
            lead, note_id = people.lead(mark), people.mark().encode().hex()[:32].ljust(32, "0")

            def write(store: Store) -> object:
                note = {"note_id": note_id, "staff_id": "5" * 32, "now": people.now}
                return write_note(store, people.catalogue, lead.reference, f"Asks for {noted}", **note)  # type: ignore[arg-type]

            def check(written: Ended, erased: Ended) -> None:
                assert written.code in ("done", "subject_erased")
                assert erased.code == "done"
                people.is_gone(lead, mark, noted)
                with people.store.reading() as tx:
                    assert tx.scalar(text("SELECT COUNT(*) FROM lead_notes WHERE lead_id = :id"), {"id": lead.id}) == 0

            return Race(write, people.erases(lead), check)

        track.run(race)

    def test_s07_against_a_new_address_leaves_the_lead_whole_under_it_or_none(
        self, people: People, track: Track
    ) -> None:
        def race() -> Race:
            mark, moved = people.mark(), people.mark()
            lead = people.lead(mark)
            token = new_address(people, lead.reference, mark, moved)

            def check(changed: Ended, erased: Ended) -> None:
                assert (changed.code, erased.code) == ("done", "done")
                assert people.leads_of(mark) == []
                if people.leads_of(moved):
                    whole = read_lead(people.store, lead.reference, actor="operator", why="test", now=people.now)
                    assert whole.values["email"] == f"{moved}@guest.example"
                else:
                    assert lead_now(people.store, lead).state is LeadState.ERASED

            return Race(
                lambda store: change_address(store, people.queue, people.catalogue, TOKEN_KEY, token, now=people.now),
                erasing_by_link(people, mark),
                check,
            )

        track.run(race, every=3)


class TestErasingWhatStaffHaveInHands:
    def test_a01_against_a_reviewer_who_opens_it_shows_it_whole_or_tells_that_it_is_gone(
        self, people: People, track: Track
    ) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)

            def check(read: Ended, erased: Ended) -> None:
                assert read.code in ("done", "subject_erased")
                assert erased.code == "done"
                if read.code == "done":
                    assert read.value.values["email"] == f"{mark}@guest.example"
                people.is_gone(lead, mark)

            return Race(
                lambda store: read_lead(store, lead.reference, actor="operator", why="test", now=people.now),
                people.erases(lead),
                check,
            )

        track.run(race)

    def test_s14_against_an_approval_sends_nothing_afterwards(
        self, people: People, track: Track, receiver: Receiver
    ) -> None:
        destination = webhook(receiver.url)

        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)

            def check(approved: Ended, erased: Ended) -> None:
                assert approved.code in ("done", "lead_changed", "move_refused", "forwarding_blocked")
                assert erased.code == "done"
                people.is_gone(lead, mark)
                for one in deliveries_now(people.store, lead):
                    deliver(people.store, destination, one.id, one.turn, clock=people.clock)
                states = [one.state for one in deliveries_now(people.store, lead)]
                assert states == [DeliveryState.CANCELLED] * (approved.code == "done")
                assert receiver.requests == []

            return Race(lambda store: approve(store, people.queue, lead, now=people.now), people.erases(lead), check)

        track.run(race)

    def test_s14_against_a_delivery_ends_erased_and_what_left_is_on_record(
        self, people: People, track: Track, receiver: Receiver
    ) -> None:
        destination = webhook(receiver.url)

        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)
            delivery = approve(people.store, people.queue, lead, now=people.now)

            def check(delivered: Ended, erased: Ended) -> None:
                assert (delivered.code, erased.code) == ("done", "done")
                people.is_gone(lead, mark)
                after, *erasures = sorted(deliveries_now(people.store, lead), key=lambda one: one.is_no)
                left = receiver.ids().count(delivery.id)
                assert (after.state, left) in [(DeliveryState.DELIVERED, 1), (DeliveryState.CANCELLED, 0)]
                assert [(one.kind, one.state.value) for one in erasures] == [("erase", "retrying")] * left
                said = [f"delivery.{after.state.value}", *["delivery.untold"] * left]
                assert sorted(kinds(people.store, lead, "delivery.")) == sorted(said)

            return Race(
                lambda store: deliver(store, destination, delivery.id, delivery.turn, clock=people.clock),
                people.erases(lead),
                check,
            )

        track.run(race)


def erasing_by_link(people: People, mark: str) -> Act:
    token = people.link("erasure", mark)
    return lambda store: erase_by_link(store, token, now=people.now)


def new_address(people: People, reference: str, mark: str, moved: str) -> str:
    """Ask that an address be changed; return the token of the link that went to the new one."""
    token = people.link("correction", mark)
    key = read_by_link(people.store, token, kind=RightsKind.CORRECTION, now=people.now).key
    fields, before = {"name": "Zane", "email": f"{moved}@guest.example"}, people.office.case_ids()
    correct_by_link(
        people.store, people.queue, people.catalogue, TOKEN_KEY, token, key, reference, fields, now=people.now
    )
    (asked,) = people.office.case_ids() - before
    return case_token(TOKEN_KEY, people.office.attempt(people.office.case(asked)).id)
