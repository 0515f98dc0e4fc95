"""Undoing at the same moment as the worker, a second undo, or another reviewer's act: one of the two was first.

Run as `test_races.py` says.
"""

import pytest

from intake_api.flows.contact_lead import contact_lead
from intake_api.flows.deliver import deliver
from intake_api.flows.mark_spam import mark_spam
from intake_api.flows.send_confirmation import send_confirmation
from intake_api.flows.undo_move import undo_move
from intake_api.rules.lead_state import LeadState
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.confirmations import ToldMailer, desk_of
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track
from tests.intake_api.house.test_races_with_staff import held, releasing
from tests.intake_api.kept_leads import approve, confirmation_of, deliveries_now, kinds, lead_now

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
STAFF = "s" * 32


class TestUndoing:
    def test_an_approval_against_the_worker_leaves_all_or_nothing(
        self, people: People, track: Track, receiver: Receiver
    ) -> None:
        destination = webhook(receiver.url)

        def race() -> Race:
            lead = people.lead(people.mark())
            delivery = approve(people.store, people.queue, lead, now=people.now)
            seen = lead_now(people.store, lead)

            def check(undone: Ended, delivered: Ended) -> None:
                assert delivered.code == "done"
                (there,) = deliveries_now(people.store, lead)
                left = [one for one in receiver.ids() if one == delivery.id]
                if undone.code == "done":
                    assert (there.state, left) == (DeliveryState.CANCELLED, [])
                    assert lead_now(people.store, lead).state is LeadState.NEW
                else:
                    assert undone.code in ("move_refused", "lead_changed")
                    assert (there.state, left) == (DeliveryState.DELIVERED, [delivery.id])
                    assert lead_now(people.store, lead).state is LeadState.DELIVERED

            return Race(
                undoing(people, seen),
                lambda store: deliver(store, destination, delivery.id, delivery.turn, clock=people.clock),
                check,
            )

        track.run(race)

    def test_twice_is_undone_once(self, people: People, track: Track) -> None:
        def race() -> Race:
            lead = people.lead(people.mark())
            contact_lead(people.store, lead.reference, seen_version=lead.version, staff_id=STAFF, now=people.now)
            seen = lead_now(people.store, lead)

            def check(one: Ended, other: Ended) -> None:
                assert sorted((one.code, other.code)) == ["done", "lead_changed"]
                assert kinds(people.store, lead, "lead.undone") == ["lead.undone"]
                assert lead_now(people.store, lead).state is LeadState.NEW

            return Race(undoing(people, seen), undoing(people, seen), check, alike=True)

        track.run(race)

    def test_against_another_reviewer_one_counts(self, people: People, track: Track) -> None:
        def race() -> Race:
            lead = people.lead(people.mark())
            contact_lead(people.store, lead.reference, seen_version=lead.version, staff_id=STAFF, now=people.now)
            seen = lead_now(people.store, lead)

            def check(undone: Ended, approved: Ended) -> None:
                assert sorted((undone.code, approved.code)) == ["done", "lead_changed"]
                was_undone = undone.code == "done"
                assert lead_now(people.store, lead).state is (LeadState.NEW if was_undone else LeadState.QUALIFIED)
                assert len(deliveries_now(people.store, lead)) == int(not was_undone)

            return Race(undoing(people, seen), lambda store: approve(store, people.queue, seen, now=people.now), check)

        track.run(race)

    def test_w02_against_the_person_who_takes_all_back_leaves_it_taken_back(self, people: People, track: Track) -> None:
        def race() -> Race:
            lead = people.lead(people.mark())
            approve(people.store, people.queue, lead, now=people.now)
            seen = lead_now(people.store, lead)

            def check(undone: Ended, taken_back: Ended) -> None:
                assert taken_back.code == "done"
                assert undone.code in ("done", "lead_changed")
                assert lead_now(people.store, lead).state is LeadState.WITHDRAWN
                (there,) = deliveries_now(people.store, lead)
                assert there.state in (DeliveryState.CANCELLED, DeliveryState.BLOCKED)

            return Race(undoing(people, seen), people.takes_back(lead), check)

        track.run(race)

    def test_a_release_against_the_mail_it_let_go_is_undone_before_or_not_at_all(
        self, people: People, track: Track
    ) -> None:
        desk = desk_of(ToldMailer())

        def race() -> Race:
            lead = held(people, people.mark())
            releasing(people, lead)(people.store)
            asked, seen = confirmation_of(people.store, lead), lead_now(people.store, lead)

            def check(undone: Ended, mailed: Ended) -> None:
                assert mailed.code == "done"
                assert undone.code in ("done", "move_refused")
                is_held = undone.code == "done"
                assert lead_now(people.store, lead).state is (LeadState.HELD if is_held else LeadState.NEW)
                mail = confirmation_of(people.store, lead).state
                assert mail is (MailState.DROPPED if is_held else MailState.SENT)

            return Race(
                undoing(people, seen),
                lambda store: send_confirmation(store, desk, asked.id, asked.turn, clock=people.clock),
                check,
            )

        track.run(race)


class TestSpam:
    def test_sec38_against_the_mail_that_asks_is_mailed_before_or_not_at_all(
        self, people: People, track: Track
    ) -> None:
        desk = desk_of(ToldMailer())

        def race() -> Race:
            lead = people.first_yes(people.mark())
            asked = confirmation_of(people.store, lead)

            def check(marked: Ended, mailed: Ended) -> None:
                assert (marked.code, mailed.code) == ("done", "done")
                assert lead_now(people.store, lead).state is LeadState.SPAM
                assert confirmation_of(people.store, lead).state in (MailState.SENT, MailState.DROPPED)

            return Race(
                lambda store: mark_spam(
                    store, lead.reference, seen_version=lead.version, staff_id=STAFF, now=people.now
                ),
                lambda store: send_confirmation(store, desk, asked.id, asked.turn, clock=people.clock),
                check,
            )

        track.run(race)


def undoing(people: People, seen: Lead) -> Act:
    return lambda store: undo_move(
        store, people.queue, seen.reference, seen_version=seen.version, staff_id=STAFF, now=people.now
    )
