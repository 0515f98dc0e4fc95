"""Staff and the clock at the same moment as the person (S-14, SEC-40): what they say counts, and nothing is half.

Run as `test_races.py` says.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime

import pytest

from intake_api.flows.deliver import deliver
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.judge_arrival import Arrival
from intake_api.flows.open_store import key_ids, open_store, public_keys
from intake_api.flows.release_lead import release_lead
from intake_api.flows.restrict_by_link import restrict_by_link
from intake_api.flows.rotate_key import HeldKeys, rotate_key
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.rules.suspicion import HELD
from intake_api.settings import Settings, read_settings
from intake_api.store.arrivals import Arrivals
from intake_api.store.confirmations import list_confirmations
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.confirmations import state_of
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track
from tests.intake_api.kept_leads import TOKEN_KEY, approve, deliveries_now, kinds, lead_now

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
STAFF = "s" * 32


class TestApproving:
    def test_w02_against_a_withdrawal_lets_nothing_leave(self, people: People, track: Track) -> None:
        def race() -> Race:
            lead = people.lead(people.mark())

            def check(approved: Ended, taken_back: Ended) -> None:
                assert approved.code in ("done", "lead_changed", "forwarding_blocked")
                assert taken_back.code == "done"
                assert state_of(people.store, lead, "respond_to_request") is DecisionState.STOPPED
                states = [one.state for one in deliveries_now(people.store, lead)]
                assert states == [DeliveryState.BLOCKED] * (approved.code == "done")

            return Race(approving(people, lead), people.takes_back(lead), check)

        track.run(race)

    def test_s10_against_a_restriction_sends_nothing_afterwards(
        self, people: People, track: Track, receiver: Receiver
    ) -> None:
        destination = webhook(receiver.url)

        def race() -> Race:
            mark = people.mark()
            lead, token = people.lead(mark), people.link("restriction", mark)

            def check(approved: Ended, restricted: Ended) -> None:
                assert approved.code in ("done", "lead_changed", "lead_restricted")
                assert restricted.code == "done"
                assert lead_now(people.store, lead).is_restricted
                for one in deliveries_now(people.store, lead):
                    deliver(people.store, destination, one.id, one.turn, clock=people.clock)
                assert receiver.requests == []

            return Race(
                approving(people, lead), lambda store: restrict_by_link(store, token, lift=False, now=people.now), check
            )

        track.run(race)

    def test_q02_by_two_reviewers_is_one_delivery(self, people: People, track: Track) -> None:
        def race() -> Race:
            lead = people.lead(people.mark())

            def check(one: Ended, other: Ended) -> None:
                assert sorted((one.code, other.code)) == ["done", "lead_changed"]
                assert len(deliveries_now(people.store, lead)) == 1
                assert kinds(people.store, lead, "lead.approved") == ["lead.approved"]

            return Race(approving(people, lead), approving(people, lead), check, alike=True)

        track.run(race)


class TestReleasing:
    def test_q01_against_the_round_that_erases_keeps_all_or_nothing(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = held(people, mark)
            later = HELD.duration.after(people.now)

            def check(released: Ended, erased: Ended) -> None:
                assert erased.code == "done"
                if released.code == "done":
                    assert lead_now(people.store, lead).state is LeadState.NEW
                    assert people.leads_of(mark) == [lead.id]
                else:
                    assert released.code == "lead_changed"
                    people.is_gone(lead, mark)

            return Race(releasing(people, lead, later), lambda store: erase_expired(store, now=later), check)

        track.run(race)

    def test_w02_against_a_withdrawal_asks_for_no_second_yes(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = held(people, mark)

            def check(released: Ended, taken_back: Ended) -> None:
                assert released.code in ("done", "lead_changed")
                assert taken_back.code == "done"
                assert state_of(people.store, lead) is DecisionState.WITHDRAWN
                with people.store.reading() as tx:
                    assert [one for one in list_confirmations(tx, lead.id) if not one.ended_at] == []

            return Race(releasing(people, lead), people.takes_back(lead), check)

        track.run(race)


class TestRotatingTheIndexKey:
    @pytest.fixture
    def both(self, environment: dict[str, str]) -> Settings:
        """Settings with a newer key beside the one in use."""
        newer = base64.b64encode(os.urandom(32)).decode()
        return read_settings({**environment, "VESTIBULE_INDEX_KEY": f"{newer} {environment['VESTIBULE_INDEX_KEY']}"})

    @pytest.fixture
    def lanes(self, both: Settings, track: Track) -> Iterator[Track]:
        with closing(open_store(both)) as one, closing(open_store(both)) as other:
            yield Track(one, other)

    def test_e11_against_an_erasure_leaves_no_index(self, people: People, lanes: Track, both: Settings) -> None:
        keys = HeldKeys("INDEX_KEY", tuple(key_ids(both)["INDEX_KEY"]), public_keys(both))

        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)

            def check(rotated: Ended, erased: Ended) -> None:
                assert (rotated.code, erased.code) == ("done", "done")
                people.is_gone(lead, mark)

            return Race(lambda store: rotate_key(store, keys, now=people.now), people.erases(lead), check)

        lanes.run(race)


def approving(people: People, lead: Lead) -> Act:
    return lambda store: approve(store, people.queue, lead, now=people.now)


def releasing(people: People, lead: Lead, now: datetime | None = None) -> Act:
    return lambda store: release_lead(
        store,
        people.queue,
        TOKEN_KEY,
        lead.reference,
        seen_version=lead.version,
        staff_id=STAFF,
        now=now or people.now,
    )


def held(people: People, mark: str) -> Lead:
    """Keep a lead that looks like a machine's, with a yes to the newsletter."""
    submission = people.showing(mark)
    seen = replace(submission, decisions={"newsletter": True}, arrival=Arrival(Arrivals(), None, trap="x"))
    receipt = people.sends(seen)(people.store)
    with people.store.reading() as tx:
        return get_lead(tx, receipt.reference)  # type: ignore[attr-defined]
