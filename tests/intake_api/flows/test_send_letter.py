"""Letters go the way of all mails: claimed, sent, tried again, mended, and removed with what they are about."""

from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.clear_mail import clear_mail
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.mend_mails import mend_mails
from intake_api.flows.send_letter import LETTER_MAIL
from intake_api.flows.tidy_store import tidy_store
from intake_api.mail.port import Retry
from intake_api.queue import SEND_LETTER, Queue
from intake_api.store.base import Store
from intake_api.store.lead_index import bounced_since
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.engine import break_down
from tests.intake_api.flows.confirmations import ToldMailer, everything_kept, mails_in
from tests.intake_api.flows.letters import PostRoom
from tests.intake_api.kept_leads import kinds
from tests.intake_api.recorded_leads import record


@pytest.fixture
def post_room(store: Store, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> PostRoom:
    return PostRoom(store, catalogue, clock, tmp_path / "letters")


@pytest.fixture
def lead(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead that staff wrote down, with a letter about it in the queue."""
    return record(store, queue, catalogue, now=clock())


class TestSendLetter:
    def test_it_is_tried_on_the_schedule_and_given_up_after_a_week(
        self, store: Store, queue: Queue, lead: Lead, post_room: PostRoom, clock: DrivenClock
    ) -> None:
        post_room.mailer = mailer = ToldMailer(Retry("not_now", 450))  # type: ignore[assignment]
        post_room.send()
        while post_room.states() == [("notice", "retrying")]:
            clock.advance(hours=6)
            enqueue_due(store, queue, SEND_LETTER, now=clock())
            post_room.send()
        assert post_room.states() == [("notice", "given_up")]
        assert len({mail.id for mail in mailer.mails}) == 1
        assert kinds(store, lead, "letter.")[-1] == "letter.given_up"
        with store.reading() as tx:
            assert bounced_since(tx, lead.id) is None

    def test_what_was_sent_is_not_sent_again(self, lead: Lead, post_room: PostRoom) -> None:
        assert len(post_room.sent()) == len(post_room.sent()) == 1

    def test_what_broke_in_our_house_is_mended_and_counted(
        self, store: Store, queue: Queue, lead: Lead, post_room: PostRoom, clock: DrivenClock
    ) -> None:
        break_down(store)
        assert mend_mails(store, queue, LETTER_MAIL, now=clock()) == 1
        assert post_room.states() == [("notice", "retrying")]
        enqueue_due(store, queue, SEND_LETTER, now=clock.advance(hours=1))
        assert len(post_room.sent()) == 1

    def test_it_leaves_the_folder_with_its_lead(
        self, store: Store, lead: Lead, post_room: PostRoom, clock: DrivenClock
    ) -> None:
        post_room.send()
        with store.writing() as tx:
            erase_lead(tx, lead, actor="operator", why="asked", now=clock())
        clear_mail(store, post_room.mailer, now=clock())
        assert mails_in(post_room.folder) == []

    def test_what_it_says_is_sealed_and_forgotten(
        self, store: Store, queue: Queue, lead: Lead, post_room: PostRoom, clock: DrivenClock
    ) -> None:
        post_room.send()
        assert b'"day"' not in everything_kept(store)
        tidy_store(store, queue, now=clock.advance(days=367))
        assert post_room.states() == []
