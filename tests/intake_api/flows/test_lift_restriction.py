"""A restriction ends on our account only after its person was told that and why (S-10)."""

from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.erase_by_link import erase_by_link
from intake_api.flows.lift_restriction import CaseUnknown, NothingRestricted, NotTold, ReasonRefused, lift_restriction
from intake_api.flows.record_told import Telling, record_told
from intake_api.flows.restrict_by_link import restrict_by_link
from intake_api.mail.port import Refused
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.lead_lists import list_leads
from intake_api.store.leads import Lead, LeadRestricted
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import ToldMailer
from tests.intake_api.flows.letters import PostRoom
from tests.intake_api.flows.rights import Office
from tests.intake_api.kept_leads import entries, lead_now
from tests.intake_api.recorded_leads import STAFF_ID, record

REASON = "The invoice you disputed was corrected on Monday."


@pytest.fixture
def post_room(store: Store, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> PostRoom:
    return PostRoom(store, catalogue, clock, tmp_path / "letters")


@pytest.fixture
def restriction(office: Office, store: Store, lead: Lead, clock: DrivenClock) -> str:
    """The id of the case by which the lead was restricted."""
    token = office.sent("restriction")
    restrict_by_link(store, token, lift=False, now=clock())
    assert lead_now(store, lead).is_restricted
    return token.partition("-")[0]


class TestLiftRestriction:
    def test_s10_it_is_refused_until_the_mail_was_sent(
        self, store: Store, queue: Queue, lead: Lead, restriction: str, post_room: PostRoom, clock: DrivenClock
    ) -> None:
        for _ in range(2):
            with pytest.raises(NotTold):
                lift_restriction(store, queue, restriction, REASON, now=clock())
        assert lead_now(store, lead).is_restricted
        assert post_room.states() == [("lifting", "queued")]
        (said,) = post_room.sent()
        assert f"  {REASON}\n" in said
        assert "will end" in said
        assert lift_restriction(store, queue, restriction, REASON, now=clock()) == [lead.reference]
        assert not lead_now(store, lead).is_restricted

    def test_the_evidence_says_how_they_were_told_and_not_why(
        self, store: Store, queue: Queue, lead: Lead, restriction: str, clock: DrivenClock
    ) -> None:
        lift_restriction(store, queue, restriction, REASON, told=Telling.POSTED, now=clock())
        (lifted,) = entries(store, lead, "lead.restriction_lifted")
        assert (lifted["actor"], lifted["case"], lifted["told"]) == ("operator", restriction, "posted")
        assert REASON not in str(entries(store, lead))

    def test_s10_who_cannot_be_reached_by_mail_is_told_otherwise(
        self, store: Store, queue: Queue, lead: Lead, restriction: str, post_room: PostRoom, clock: DrivenClock
    ) -> None:
        post_room.mailer = ToldMailer(Refused("address_refused", 550))  # type: ignore[assignment]
        with pytest.raises(NotTold):
            lift_restriction(store, queue, restriction, REASON, now=clock())
        post_room.send()
        assert post_room.states() == [("lifting", "refused")]
        with pytest.raises(NotTold):
            lift_restriction(store, queue, restriction, REASON, now=clock())
        assert lift_restriction(store, queue, restriction, REASON, told=Telling.POSTED, now=clock())

    @pytest.mark.parametrize("reason", ["", "because", "two\nlines of a reason", "x" * 501, "with a \x00 in its text"])
    def test_s10_without_a_reason_nothing_happens(
        self, store: Store, queue: Queue, restriction: str, post_room: PostRoom, clock: DrivenClock, reason: str
    ) -> None:
        with pytest.raises(ReasonRefused):
            lift_restriction(store, queue, restriction, reason, now=clock())
        assert post_room.states() == []

    def test_a_letter_of_before_lifts_nothing_that_the_person_asked_for_since(
        self,
        store: Store,
        queue: Queue,
        office: Office,
        restriction: str,
        lead: Lead,
        post_room: PostRoom,
        clock: DrivenClock,
    ) -> None:
        with pytest.raises(NotTold):
            lift_restriction(store, queue, restriction, REASON, now=clock())
        post_room.send()
        clock.advance(hours=1)
        restrict_by_link(store, office.sent("restriction"), lift=True, now=clock())
        clock.advance(hours=1)
        restrict_by_link(store, office.sent("restriction"), lift=False, now=clock())
        with pytest.raises(NothingRestricted):
            lift_restriction(store, queue, restriction, REASON, now=clock())
        assert lead_now(store, lead).is_restricted

    def test_an_erased_lead_has_no_restriction_and_its_letter_does_not_leave(
        self,
        store: Store,
        queue: Queue,
        office: Office,
        restriction: str,
        post_room: PostRoom,
        clock: DrivenClock,
    ) -> None:
        with pytest.raises(NotTold):
            lift_restriction(store, queue, restriction, REASON, now=clock())
        erase_by_link(store, office.sent("erasure"), now=clock())
        assert post_room.sent() == []
        assert post_room.states() == [("lifting", "dropped")]
        with pytest.raises(NothingRestricted):
            lift_restriction(store, queue, restriction, REASON, now=clock())

    def test_another_case_lifts_nothing(
        self, store: Store, queue: Queue, office: Office, restriction: str, clock: DrivenClock
    ) -> None:
        for case in (office.asked("access").id, "0" * 32):
            assert case != restriction
            with pytest.raises(CaseUnknown):
                lift_restriction(store, queue, case, REASON, now=clock())


class TestWhatIsRestricted:
    def test_s10_it_is_in_no_list_and_staff_cannot_note_that_it_was_told(
        self, store: Store, queue: Queue, catalogue: Catalogue, office: Office, clock: DrivenClock
    ) -> None:
        lead = record(store, queue, catalogue, now=clock())
        restrict_by_link(store, office.sent("restriction", email="anna@caller.example"), lift=False, now=clock())
        with store.reading() as tx:
            assert list_leads(tx) == []
        with pytest.raises(LeadRestricted):
            record_told(store, lead.reference, Telling.READ_OUT, staff_id=STAFF_ID, now=clock())
