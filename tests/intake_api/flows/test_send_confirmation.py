"""The mail that asks for the second yes: queued with the first, written from fixed words, sent until it is over."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.mend_mails import mend_mails
from intake_api.flows.send_confirmation import CONFIRMATION_MAIL, send_confirmation
from intake_api.flows.show_confirmation import show_confirmation
from intake_api.mail.port import Mail, Outcome, Refused, Retry, Sent
from intake_api.queue import SEND_CONFIRMATION, Queue
from intake_api.store.base import Store, StoreUnavailable
from intake_api.store.confirmations import ConfirmationUnknown
from intake_api.store.mails import MailState
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.engine import break_down, engine_holds
from tests.intake_api.flows.confirmations import (
    ToldMailer,
    attempt,
    body_of,
    claim_mail,
    desk_of,
    folder_desk,
    mails_in,
    token_of,
)
from tests.intake_api.kept_leads import FIELDS, confirmation_of, entries, keep_first_yes, keep_lead, kinds

TEMPLATE = """\
Tidewick Example SIA was given this e-mail address, with a yes to this:

  Monthly newsletter by e-mail
  Asked at: 2026-11-21 09:00 UTC

If that was you and you want it, open this page and press its button (opening it alone changes nothing):
{link}

The page works for 72 hours. Until the button is pressed we send nothing more.

If you do not want it, do nothing. After 7 days the yes ends, and what we hold for it alone is erased.

If that was not you, open this page and press its button; all that was sent with your address is then erased at once:
{link}/not-me

The whole notice:
{public_url}/notices/{notice}

--{space}
Tidewick Example SIA, Parauga iela 12, Rīga, LV-1000, Latvia. Write to privacy@tidewick.example.
"""
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"} | {
    "Content-Type",
    "Content-Language",
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
}


class TestTheFirstYes:
    def test_c12_its_mail_is_queued_in_the_same_commit(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())

        confirmation = confirmation_of(store, lead)
        assert (confirmation.state, confirmation.purpose) == (MailState.QUEUED, "newsletter")
        assert confirmation.expires_at - confirmation.made_at == timedelta(hours=72)
        assert engine_holds(store) == [(f"{SEND_CONFIRMATION}:{confirmation.id}.1", "ENQUEUED")]

    @pytest.mark.parametrize("breaks", ["confirmations", "engine"])
    def test_e06_when_it_cannot_be_asked_for_nothing_is_kept(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, breaks: str
    ) -> None:
        engine = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
        table = engine if breaks == "engine" else breaks
        with store.writing() as tx:
            tx.execute(text(f"ALTER TABLE {table} RENAME TO away"))

        with pytest.raises(StoreUnavailable):
            keep_first_yes(store, queue, catalogue, now=clock())
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM leads")) == 0

    def test_a_submission_without_one_needs_no_queue(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"newsletter": False, "product_offers": True})

        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM confirmations")) == 0
        assert kinds(store, lead) == ["submission.received"]


class TestTheMail:
    def test_c14_sec20_it_holds_fixed_words_and_links_only(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        lead = keep_lead(
            store,
            catalogue,
            now=clock(),
            decisions={"newsletter": True},
            name="Click http://evil.example",
            company="Bcc: everybody@evil.example",
            message="BUY NOW\nSubject: cheap",
        )

        sent = attempt(store, folder_desk(tmp_path), lead, clock)

        assert (sent.state, sent.attempts, sent.sent_at) == (MailState.SENT, 1, clock())
        (message,) = mails_in(tmp_path)
        link = f"{PUBLIC_URL}/confirm/{token_of(store, lead)}"
        wanted = TEMPLATE.format(link=link, public_url=PUBLIC_URL, notice=lead.notice_hash, space=" ")
        assert body_of(message) == wanted
        assert message["Subject"] == "Tidewick: is this your address?"
        assert message["To"] == FIELDS["email"]
        assert "evil" not in message.as_string()
        assert set(message.keys()) == HEADERS

    def test_sec20_no_naughty_name_reaches_it(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        mailer = ToldMailer()
        plain = keep_lead(store, catalogue, now=clock(), decisions={"newsletter": True}, email="a0@guest.example")
        attempt(store, desk_of(mailer), plain, clock)
        names = [
            "a@b.example\tBcc: c@d.example",
            '"x" <a@b.example>,<c@d.example>',
            "=?utf-8?q?Bcc:_c@d.example?=",
            "%0d%0aBcc: c@d.example",
            "{link} {0} %s ${x}",
            "<script>alert(1)</script>",
            "https://evil.example/win",
        ]
        for number, name in enumerate(names, start=1):
            decisions, email = {"newsletter": True}, f"a{number}@guest.example"
            lead = keep_lead(store, catalogue, now=clock(), decisions=decisions, name=name, email=email)
            attempt(store, desk_of(mailer), lead, clock)

        first, *others = mailer.mails
        assert len(others) == len(names)
        for mail in others:
            assert mail.subject == first.subject
            assert without_token(mail) == without_token(first)

    def test_sec45_only_a_digest_of_its_token_is_kept(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        token = token_of(store, lead)

        assert show_confirmation(store, token).lead == lead
        with store.reading() as tx:
            kept = repr(tx.execute(text("SELECT * FROM confirmations")).all())
        assert token.partition("-")[2] not in kept
        for wrong in (token[:-1], token + "=", token.partition("-")[0], token.swapcase(), "", "-", "ÿ"):
            with pytest.raises(ConfirmationUnknown):
                show_confirmation(store, wrong)


class TestC15OneAddressIsNotPestered:
    def test_fifty_submissions_are_one_mail_a_day_and_three_in_all(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        mailer = ToldMailer()

        def submit(times: int) -> None:
            for _ in range(times):
                lead = keep_first_yes(store, queue, catalogue, now=clock(), email="anna@guest.example")
                attempt(store, desk_of(mailer), lead, clock)

        sent = []
        for wait in (0, 23, 1, 24, 24, 24):
            clock.advance(hours=wait)
            submit(10)
            sent.append(len(mailer.mails))

        assert sent == [1, 1, 2, 3, 3, 3]

    def test_case_and_door_do_not_make_it_another_address(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        mailer = ToldMailer()
        first = keep_first_yes(store, queue, catalogue, now=clock(), email="anna@guest.example")
        decisions = {"newsletter": True}
        second = keep_lead(store, catalogue, now=clock(), decisions=decisions, email="ANNA@Guest.example")
        other = keep_first_yes(store, queue, catalogue, now=clock(), email="zane@guest.example")

        states = [attempt(store, desk_of(mailer), lead, clock).state for lead in (first, second, other)]

        assert states == [MailState.SENT, MailState.HELD, MailState.SENT]
        assert kinds(store, second, "confirmation.") == ["confirmation.held"]

    def test_workers_that_look_at_the_same_moment_send_one(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        mailer = ToldMailer()
        leads = [keep_first_yes(store, queue, catalogue, now=clock()) for _ in range(8)]

        with ThreadPoolExecutor(8) as pool:
            states = list(pool.map(lambda lead: attempt(store, desk_of(mailer), lead, clock).state, leads))

        assert len(mailer.mails) == 1
        assert sorted(states) == sorted([MailState.SENT] + [MailState.HELD] * 7)

    def test_a_mail_that_never_left_holds_no_place(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        first = keep_first_yes(store, queue, catalogue, now=clock())
        second = keep_first_yes(store, queue, catalogue, now=clock())
        attempt(store, desk_of(ToldMailer(Refused("mail_refused", 554))), first, clock)

        assert attempt(store, desk_of(ToldMailer()), second, clock).state is MailState.SENT


class TestFailing:
    def test_it_is_tried_on_the_schedule_and_given_up_when_the_link_is_over(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        mailer = ToldMailer(Retry("not_now", 450))
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        began = clock()

        while attempt(store, desk_of(mailer), lead, clock).state is MailState.RETRYING:
            while not enqueue_due(store, queue, SEND_CONFIRMATION, now=clock()):
                clock.advance(minutes=30)

        given_up = confirmation_of(store, lead)
        assert (given_up.state, given_up.last_reason, given_up.last_status) == (MailState.GIVEN_UP, "not_now", 450)
        assert timedelta(hours=45) < clock() - began < timedelta(hours=72)
        assert len({mail.text for mail in mailer.mails}) == 1
        assert len(mailer.mails) == given_up.attempts >= 8
        tried = ["confirmation.tried"] * (given_up.attempts - 1)
        assert kinds(store, lead, "confirmation.") == [*tried, "confirmation.given_up"]

    def test_after_72_hours_in_a_queue_it_is_not_sent_any_more(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        mailer = ToldMailer()
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        clock.advance(hours=72)

        assert attempt(store, desk_of(mailer), lead, clock).state is MailState.GIVEN_UP
        assert mailer.mails == []

    def test_an_address_that_takes_no_mail_is_not_tried_again(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())

        with caplog.at_level(logging.INFO):
            refused = attempt(store, desk_of(ToldMailer(Refused("address_refused", 550))), lead, clock)

        assert (refused.state, refused.last_status) == (MailState.REFUSED, 550)
        assert enqueue_due(store, queue, SEND_CONFIRMATION, now=clock.advance(days=2)) == 0
        assert "confirmation.refused" in caplog.text
        assert "janis" not in caplog.text

    def test_killed_between_claim_and_record_it_sends_the_same_link_again(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())

        class Dying(ToldMailer):
            def send(self, mail: Mail, *, now: datetime) -> Outcome:
                super().send(mail, now=now)
                raise KeyboardInterrupt

        dying, living = Dying(), ToldMailer()
        with pytest.raises(KeyboardInterrupt):
            attempt(store, desk_of(dying), lead, clock)
        assert confirmation_of(store, lead).state is MailState.SENDING

        assert attempt(store, desk_of(living), lead, clock).state is MailState.SENT
        assert dying.mails == living.mails

    def test_an_older_turn_and_an_outrun_worker_change_nothing(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        confirmation = confirmation_of(store, lead)

        class Outrun(ToldMailer):
            def send(self, mail: Mail, *, now: datetime) -> Outcome:
                with store.writing() as tx:
                    claim_mail(tx, mail.id)
                return super().send(mail, now=now)

        attempt(store, desk_of(Outrun(Refused("address_refused"))), lead, clock)
        assert confirmation_of(store, lead).state is MailState.SENDING

        mailer = ToldMailer()
        send_confirmation(store, desk_of(mailer), confirmation.id, 2, clock=clock)
        assert mailer.mails == []
        assert entries(store, lead, "confirmation.") == []

    def test_no_transaction_is_open_while_it_is_sent(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())

        class Writer(ToldMailer):
            def send(self, mail: Mail, *, now: datetime) -> Outcome:
                with store.writing() as tx:
                    tx.execute(text("UPDATE leads SET score = score"))
                    tx.execute(text("UPDATE confirmations SET attempts = attempts"))
                return Sent()

        assert attempt(store, desk_of(Writer()), lead, clock).state is MailState.SENT

    def test_what_broke_in_our_house_is_mended_and_counted(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        break_down(store)
        assert mend_mails(store, queue, CONFIRMATION_MAIL, now=clock()) == 1
        mended = confirmation_of(store, lead)
        assert (mended.state, mended.attempts, mended.last_reason) == (MailState.RETRYING, 1, "internal_error")
        assert mend_mails(store, queue, CONFIRMATION_MAIL, now=clock()) == 0
        assert enqueue_due(store, queue, SEND_CONFIRMATION, now=clock.advance(seconds=6)) == 1


def without_token(mail: Mail) -> list[str]:
    return [line for line in mail.text.splitlines() if "/confirm/" not in line]
