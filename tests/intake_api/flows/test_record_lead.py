"""What staff write down for somebody is a lead like any other, and never a consent (C-19, N-14)."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import ForwardingBlocked
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.flows.issue_receipt import Receipts, issue_receipt
from intake_api.flows.open_store import signer_of
from intake_api.flows.record_lead import (
    FieldsInvalid,
    NothingAgreed,
    PresentationUnknown,
    PresentationUsed,
    SaidOnRefused,
    Way,
    record_lead,
)
from intake_api.flows.record_told import AlreadyTold, Telling, record_told
from intake_api.flows.send_confirmation import send_confirmation
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.flows.verify_evidence import _leads_decided_otherwise
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.mail.port import Refused
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.confirmations import Confirmation, confirmation_token, list_confirmations
from intake_api.store.decisions import current_decisions
from intake_api.store.keyring import RECEIPTS
from intake_api.store.lead_lists import list_untold
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.confirmations import ToldMailer, body_of, folder_desk, mails_in
from tests.intake_api.flows.letters import PostRoom
from tests.intake_api.kept_leads import TOKEN_KEY, approve, entries, keep_lead, kinds, lead_now, receipt_of
from tests.intake_api.recorded_leads import SAID, STAFF_ID, record, spoken

BOTH = {"newsletter": True, "product_offers": True}


def states(store: Store, lead: Lead) -> dict[str, str]:
    with store.reading() as tx:
        return {purpose: one.state.value for purpose, one in current_decisions(tx, lead.id).items()}


def decoded(value: Any) -> Any:
    """Return a document with every text in it that may be base64 as what it stands for, beside the text."""
    if isinstance(value, dict):
        return {key: decoded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [decoded(inner) for inner in value]
    try:
        return (value, base64.b64decode(value, validate=True))
    except (TypeError, ValueError):
        return value


def questions(store: Store, lead: Lead) -> list[Confirmation]:
    with store.reading() as tx:
        return list_confirmations(tx, lead.id)


def send(store: Store, folder: Path, lead: Lead, clock: DrivenClock) -> None:
    """Make the attempt of the one mail that is queued."""
    (carrier,) = [one for one in questions(store, lead) if one.state is not MailState.ENCLOSED]
    send_confirmation(store, folder_desk(folder), carrier.id, carrier.turn, clock=clock)


@pytest.fixture
def post_room(store: Store, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> PostRoom:
    return PostRoom(store, catalogue, clock, tmp_path / "letters")


@pytest.fixture
def recorded(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return record(store, queue, catalogue, now=clock(), wishes=BOTH)


class TestRecordLead:
    def test_c19_every_yes_waits_for_its_person_whether_or_not_it_usually_would(
        self, store: Store, recorded: Lead
    ) -> None:
        wanted = {"respond_to_request": "acted", "newsletter": "requested", "product_offers": "requested"}
        assert states(store, recorded) == wanted
        assert (recorded.channel, recorded.attribution) == ("staff", {"source": "phone"})

    def test_c19_the_evidence_says_who_wrote_what_when_and_on_which_notice(
        self, store: Store, catalogue: Catalogue, recorded: Lead
    ) -> None:
        (received,), (written,) = (entries(store, recorded, kind) for kind in ("submission.", "lead."))
        assert written["actor"] == f"staff:{STAFF_ID}"
        assert (written["way"], written["said_on"]) == ("phone", "2026-11-21")
        assert written["notice"] == received["notice"] == catalogue.notice("request_demo", "en").hash
        assert {one["control"] for one in received["decisions"]} == {"phone"}
        assert SAID["email"] not in json.dumps([received, written])

    def test_c19_no_receipt_shows_which_of_the_staff_it_was(
        self, store: Store, recorded: Lead, settings: Settings, clock: DrivenClock
    ) -> None:
        receipts = Receipts(signer_of(settings, RECEIPTS), PUBLIC_URL)
        _, issued = issue_receipt(store, receipts, receipt_of(recorded), now=clock())
        assert STAFF_ID not in str(decoded(json.loads(issued)))

    def test_the_decisions_are_those_that_the_evidence_proves(self, store: Store, recorded: Lead) -> None:
        with store.reading() as tx:
            assert _leads_decided_otherwise(tx) == []

    def test_c15_one_mail_asks_for_all_of_it_each_with_a_link_of_its_own(
        self, store: Store, recorded: Lead, clock: DrivenClock, tmp_path: Path
    ) -> None:
        send(store, tmp_path / "mail", recorded, clock)
        (mail,) = mails_in(tmp_path / "mail")
        links = [f"{PUBLIC_URL}/confirm/{confirmation_token(TOKEN_KEY, one.id)}" for one in questions(store, recorded)]
        text = body_of(mail)
        assert len(links) == 2
        assert all(f"{link}\n" in text for link in links)
        assert f"{PUBLIC_URL}/notices/{recorded.notice_hash}" in text

    def test_c19_what_the_person_confirms_is_given_and_nothing_else(
        self, store: Store, recorded: Lead, clock: DrivenClock
    ) -> None:
        (offers,) = [one for one in questions(store, recorded) if one.purpose == "product_offers"]
        confirm_decision(store, confirmation_token(TOKEN_KEY, offers.id), now=clock())
        assert states(store, recorded)["product_offers"] == "given"
        assert states(store, recorded)["newsletter"] == "requested"

    def test_the_mail_asks_for_what_is_left_after_one_was_taken_back(
        self, store: Store, recorded: Lead, clock: DrivenClock, tmp_path: Path
    ) -> None:
        (carrier,) = [one for one in questions(store, recorded) if one.state is not MailState.ENCLOSED]
        withdraw_by_receipt(store, receipt_of(recorded), [carrier.purpose], now=clock())
        send(store, tmp_path / "mail", recorded, clock)
        (mail,) = mails_in(tmp_path / "mail")
        assert body_of(mail).count("/confirm/") == 2  # the link of the other one, and its "this was not me"
        assert confirmation_token(TOKEN_KEY, carrier.id) not in body_of(mail)

    def test_c12_without_an_address_the_wish_ends_after_a_week_and_the_request_stays(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        said = {"name": "Anna Example", "phone": "+371 20000000"}
        lead = record(store, queue, catalogue, now=clock(), fields=said, wishes={"product_offers": True})
        send(store, tmp_path / "mail", lead, clock)
        assert mails_in(tmp_path / "mail") == []
        assert entries(store, lead, "confirmation.")[0]["reason"] == "no_address"
        expire_unconfirmed(store, now=clock.advance(days=7, seconds=1))
        erase_expired(store, now=clock())
        assert states(store, lead) == {
            "respond_to_request": "acted", "newsletter": "refused", "product_offers": "refused",
        }  # fmt: skip
        assert lead_now(store, lead).state is LeadState.NEW

    def test_c12_a_lead_of_a_wish_alone_is_erased_with_it(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        said = {"form": "newsletter", "fields": {"email": SAID["email"]}, "wishes": {"newsletter": True}}
        lead = record(store, queue, catalogue, now=clock(), **said)
        expire_unconfirmed(store, now=clock.advance(days=7, seconds=1))
        assert lead_now(store, lead).state is LeadState.ERASED

    def test_a_form_of_consent_alone_keeps_nothing_without_a_yes(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        with pytest.raises(NothingAgreed):
            record(store, queue, catalogue, now=clock(), form="newsletter", fields={"email": SAID["email"]})

    def test_its_time_began_when_it_was_said(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        now = clock()
        lead = record(store, queue, catalogue, now=now, way=Way.PAPER, said_on=now.date() - timedelta(days=20))
        sent = keep_lead(store, catalogue, now=now)
        assert timedelta(days=19) < sent.delete_after - lead.delete_after < timedelta(days=22)

    @pytest.mark.parametrize("days", [-1, 32])
    def test_a_day_to_come_or_long_ago_is_refused(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, days: int
    ) -> None:
        with pytest.raises(SaidOnRefused):
            record(store, queue, catalogue, now=clock(), said_on=clock().date() - timedelta(days=days))

    def test_its_fields_are_checked_as_a_visitors(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        with pytest.raises(FieldsInvalid) as caught:
            record(store, queue, catalogue, now=clock(), fields={"name": "Anna Example", "email": "no address"})
        assert caught.value.problems == {"email": "email_invalid"}

    def test_pressed_twice_it_is_one_lead_and_other_content_is_told(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        said = spoken(store, catalogue, now=clock())

        def keep(**changes: Any) -> str:
            again = type(said)(**{**vars(said), **changes})
            return record_lead(store, queue, catalogue, TOKEN_KEY, again, STAFF_ID, now=clock()).reference

        assert keep() == keep()
        with pytest.raises(PresentationUsed):
            keep(fields={**SAID, "name": "Somebody Else"})


class TestTheTwoDoors:
    """A showing to staff is good for staff alone, and one to a visitor for a visitor alone."""

    def test_c19_what_staff_were_shown_cannot_be_sent_as_a_visitor(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        said = spoken(store, catalogue, now=clock())
        sent = Submission(said.form, said.presentation, "en", SAID, {"product_offers": True}, {})
        with pytest.raises(PresentationUnknown):
            submit_lead(store, queue, catalogue, TOKEN_KEY, sent, now=clock())

    def test_nor_can_staff_write_down_on_what_a_visitor_was_shown(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        page = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock()).signed_id
        with pytest.raises(PresentationUnknown):
            record(store, queue, catalogue, now=clock(), presentation=page)


class TestTelling:
    """Until the person was given the notice, nothing is passed on (N-14)."""

    def test_n14_it_may_not_go_before(self, store: Store, queue: Queue, recorded: Lead, clock: DrivenClock) -> None:
        with pytest.raises(ForwardingBlocked) as caught:
            approve(store, queue, recorded, now=clock())
        assert [one.code for one in caught.value.obstacles] == ["not_told"]

    def test_n14_the_mail_with_its_link_tells(
        self, store: Store, queue: Queue, recorded: Lead, clock: DrivenClock, tmp_path: Path
    ) -> None:
        send(store, tmp_path / "mail", recorded, clock)
        assert "lead.told" in kinds(store, recorded)
        approve(store, queue, lead_now(store, recorded), now=clock())

    def test_n14_who_wished_for_nothing_gets_a_letter_with_the_link(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, post_room: PostRoom
    ) -> None:
        lead = record(store, queue, catalogue, now=clock(), way=Way.PAPER)
        (said,) = post_room.sent()
        assert f"{PUBLIC_URL}/notices/{lead.notice_hash}\n" in said
        assert "On 2026-11-21 you filled in a paper form" in said
        assert SAID["name"] not in said
        assert entries(store, lead, "lead.told")[0]["by"] == "mail"
        approve(store, queue, lead_now(store, lead), now=clock())

    def test_n14_a_letter_that_nobody_takes_tells_nobody(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, post_room: PostRoom
    ) -> None:
        lead = record(store, queue, catalogue, now=clock())
        post_room.mailer = ToldMailer(Refused("address_refused", 550))  # type: ignore[assignment]
        post_room.send()
        assert post_room.states() == [("notice", "refused")]
        assert lead_now(store, lead).tell_by is not None

    def test_c15_there_is_no_letter_where_the_question_tells_or_the_person_knows(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, post_room: PostRoom
    ) -> None:
        record(store, queue, catalogue, now=clock(), wishes=BOTH)
        record(store, queue, catalogue, now=clock(), told=True)
        assert post_room.states() == []

    def test_n14_so_do_staff_once(self, store: Store, queue: Queue, recorded: Lead, clock: DrivenClock) -> None:
        record_told(store, recorded.reference, Telling.READ_OUT, staff_id=STAFF_ID, now=clock())
        told = entries(store, recorded, "lead.told")[0]
        assert (told["actor"], told["by"]) == (f"staff:{STAFF_ID}", "read_out")
        approve(store, queue, lead_now(store, recorded), now=clock())
        with pytest.raises(AlreadyTold):
            record_told(store, recorded.reference, Telling.POSTED, staff_id=STAFF_ID, now=clock())

    def test_n14_who_heard_the_notice_when_they_said_it_was_told(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = record(store, queue, catalogue, now=clock(), told=True)
        assert lead.tell_by is None
        approve(store, queue, lead, now=clock())

    def test_n14_it_is_due_a_month_after_it_was_said(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        clock.now = clock.now.replace(month=2, day=2, year=2027)
        lead = record(store, queue, catalogue, now=clock(), said_on=clock().date().replace(month=1, day=31))
        assert lead.tell_by
        assert lead.tell_by.date().isoformat() == "2027-02-28"
        with store.reading() as tx:
            assert [one.id for one in list_untold(tx)] == [lead.id]

    def test_an_erased_lead_has_nobody_to_tell(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        said = {"form": "newsletter", "fields": {"email": SAID["email"]}, "wishes": {"newsletter": True}}
        lead = record(store, queue, catalogue, now=clock(), **said)
        expire_unconfirmed(store, now=clock.advance(days=8))
        assert lead_now(store, lead).tell_by is None
        assert states(store, lead) == {"newsletter": DecisionState.REFUSED.value}
