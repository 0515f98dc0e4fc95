"""Who is asked again after a material change, with which mail, and what the answer makes of it (C-17, V-07)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.answer_renewal import Answer, NoticeChanged, RenewalOver, answer_renewal
from intake_api.flows.ask_again import ask_again
from intake_api.flows.check_permission import Question, check_permission
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.mend_mails import mend_mails
from intake_api.flows.send_renewal import RENEWAL_MAIL
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.mail.port import Refused, Retry
from intake_api.queue import SEND_RENEWAL, Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.permission import Permission
from intake_api.store.base import Store
from intake_api.store.leads import Lead, restrict
from intake_api.store.mails import MailState
from intake_api.store.renewals import Why, count_renewals
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.engine import engine_holds
from tests.intake_api.flows.confirmations import ToldMailer, everything_kept, state_of
from tests.intake_api.flows.confirmations import token_of as confirmation_token_of
from tests.intake_api.flows.publishing import MATERIAL, WORDING, Press
from tests.intake_api.flows.renewals import answer, desk_of, questions, renewal_of, renewals_of, send, token_of
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, entries, keep_first_yes, keep_lead, kinds, receipt_of

YES = {"product_offers": True}
BODY = """\
You once said yes to Tidewick Example SIA. What you said yes to has changed since, so you are asked again:

  Offers that fit your request
  You agreed on: 2026-11-21

Who else gets it
Before: Brightledger Example GmbH (customer database), Germany; works for us and only as we say; \
Pašto Balandis Example UAB (e-mail delivery), Lithuania; works for us and only as we say
Now: Otherledger Example GmbH (customer database), Germany; works for us and only as we say; \
Pašto Balandis Example UAB (e-mail delivery), Lithuania; works for us and only as we say

Until you have answered it is not done any more. If you do nothing, it stays like that.

To say yes or no, open this page and press a button (opening it alone changes nothing):
{public_url}/renew/{token}

The page works until 2026-12-21.

The whole notice as it is now:
{public_url}/notices/{notice}

--{space}
Tidewick Example SIA, Parauga iela 12, Rīga, LV-1000, Latvia. Write to privacy@tidewick.example.
"""


@pytest.fixture
def agreed(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock(), decisions=YES)


@pytest.fixture
def today(agreed: Lead, press: Press) -> Catalogue:
    """The catalogue after a material change, published when somebody had agreed to it as it was."""
    return press.publish(MATERIAL)


def ask(store: Store, queue: Queue, clock: DrivenClock) -> int:
    return ask_again(store, queue, TOKEN_KEY, now=clock())


def told(store: Store, catalogue: Catalogue, clock: DrivenClock, purpose: str = "product_offers") -> Permission:
    question = Question("email", str(FIELDS["email"]), purpose, "email")
    return check_permission(store, catalogue, question, now=clock()).permission


class TestWhoIsAsked:
    def test_v07_each_affected_person_once(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, press: Press
    ) -> None:
        affected = [
            keep_lead(store, catalogue, now=clock(), decisions=YES, email=f"guest{number}@guest.example")
            for number in range(60)  # more than one step takes
        ]
        again = keep_lead(store, catalogue, now=clock(), decisions=YES, email="guest1@guest.example")
        keep_lead(store, catalogue, now=clock(), email="no-yes@guest.example")
        press.publish(MATERIAL)
        assert [ask(store, queue, clock) for _ in range(3)] == [60, 0, 0]
        assert len(engine_holds(store)) == 60
        assert sum(len(renewals_of(store, lead)) for lead in (*affected, again)) == 60
        assert renewals_of(store, affected[0]) != []

    def test_c17_nobody_after_a_wording_fix(
        self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        press.publish(WORDING)
        assert ask(store, queue, clock) == 0

    @pytest.mark.parametrize("why_not", ["withdrawn", "erased", "restricted", "held", "by phone"])
    def test_v07_who_took_back_was_erased_restricted_it_or_has_no_address_is_not(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, press: Press, why_not: str
    ) -> None:
        if why_not == "by phone":
            keep_lead(store, catalogue, now=clock(), decisions=YES, email="", phone="+371 20 000 000")
        else:
            lead = keep_lead(store, catalogue, now=clock(), decisions=YES)
            if why_not == "withdrawn":
                withdraw_by_receipt(store, receipt_of(lead), None, now=clock())
            elif why_not == "erased":
                erase_by_receipt(store, receipt_of(lead), now=clock())
            with store.writing() as tx:
                if why_not == "restricted":
                    restrict(tx, lead.id, clock() + timedelta(days=30))
                elif why_not == "held":
                    tx.exec_driver_sql("""UPDATE leads SET state = 'held', held_for = '["too_quick"]'""")
        press.publish(MATERIAL)
        assert ask(store, queue, clock) == 0

    def test_c10_who_said_no_in_another_form_meanwhile_is_not(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        other = keep_lead(store, today, now=clock(), decisions=YES)
        withdraw_by_receipt(store, receipt_of(other), ["product_offers"], now=clock())
        assert ask(store, queue, clock) == 0

    def test_c17_a_second_change_asks_once_more_but_not_while_the_first_mail_waits(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        assert ask(store, queue, clock) == 1
        press.publish(("recipients.yml", "Otherledger", "Thirdledger"))
        assert ask(store, queue, clock) == 0
        send(store, desk_of(ToldMailer(), today), agreed, clock)
        press.publish(("recipients.yml", "Thirdledger", "Fourthledger"))
        assert ask(store, queue, clock) == 1

    def test_e01_the_evidence_says_that_they_are_asked(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        (entry,) = entries(store, agreed, "renewal.")
        assert (entry["kind"], entry["why"], entry["purposes"]) == ("renewal.queued", "changed", ["product_offers"])
        with store.reading() as tx:
            assert count_renewals(tx) == {(Why.CHANGED, MailState.QUEUED): (1, 0)}
        answer(store, token_of(store, agreed), "product_offers", clock, yes=False)
        with store.reading() as tx:
            assert count_renewals(tx) == {(Why.CHANGED, MailState.QUEUED): (1, 1)}


class TestTheMail:
    def test_v07_c14_says_what_has_changed_and_nothing_else(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        mailer = ToldMailer()
        sent = send(store, desk_of(mailer, today), agreed, clock)
        assert (sent.state, sent.attempts) == (MailState.SENT, 1)
        (mail,) = mailer.mails
        notice = today.view("request_demo", "en").notice.hash
        filled = {"public_url": PUBLIC_URL, "token": token_of(store, agreed), "notice": notice, "space": " "}
        assert mail.text == BODY.format(**filled)
        assert (mail.to, mail.subject) == (FIELDS["email"], "Tidewick: what you agreed to has changed")
        assert mail.stop_url is not None
        assert f"/u/{agreed.id}-" in mail.stop_url

    def test_it_is_in_the_language_of_the_form(
        self, store: Store, queue: Queue, catalogue: Catalogue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        seen = {"hash": catalogue.view("request_demo", "lv").notice.hash}
        with store.writing() as tx:
            tx.execute(text("UPDATE leads SET locale = 'lv', notice_hash = :hash"), seen)
        ask(store, queue, clock)
        mailer = ToldMailer()
        send(store, desk_of(mailer, today), agreed, clock)
        (mail,) = mailer.mails
        assert (mail.locale, mail.subject) == ("lv", "Tidewick: tas, kam piekritāt, ir mainījies")
        assert "\nIepriekš: Brightledger" in mail.text

    @pytest.mark.parametrize("meanwhile", ["withdrawn", "erased", "restricted"])
    def test_w02_what_waits_does_not_leave_when_there_is_nothing_left_to_ask(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock, meanwhile: str
    ) -> None:
        ask(store, queue, clock)
        if meanwhile == "withdrawn":
            withdraw_by_receipt(store, receipt_of(agreed), ["product_offers"], now=clock())
        elif meanwhile == "erased":
            erase_by_receipt(store, receipt_of(agreed), now=clock())
        else:
            with store.writing() as tx:
                restrict(tx, agreed.id, clock() + timedelta(days=30))
        mailer = ToldMailer()
        assert send(store, desk_of(mailer, today), agreed, clock).state is MailState.DROPPED
        assert mailer.mails == []

    def test_a_mail_that_cannot_be_handed_over_is_tried_again_with_the_same_link(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        mailer = ToldMailer(Retry("not_now", 421))
        sent = send(store, desk_of(mailer, today), agreed, clock)
        assert (sent.state, sent.last_reason) == (MailState.RETRYING, "not_now")
        assert sorted(kinds(store, agreed, "renewal.")) == ["renewal.queued", "renewal.tried"]

    def test_an_address_that_takes_no_mail_is_noted(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        send(store, desk_of(ToldMailer(Refused("address_refused", 550)), today), agreed, clock)
        assert told(store, today, clock, "respond_to_request").reason == "bounced"

    def test_an_attempt_that_broke_in_our_house_is_mended(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        engine = "workflow_status" if store.url.startswith("sqlite") else "dbos.workflow_status"
        with store.writing() as tx:
            tx.execute(text(f"UPDATE {engine} SET status = 'ERROR'"))  # noqa: S608
        assert mend_mails(store, queue, RENEWAL_MAIL, now=clock()) == 1
        assert renewal_of(store, agreed).state is MailState.RETRYING
        assert engine_holds(store) == []
        assert queue.failed_keys(SEND_RENEWAL) == []


class TestTheAnswer:
    def test_c17_a_yes_counts_under_the_notice_of_today(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        assert told(store, today, clock).reason == "needs_reconsent"
        clock.advance(days=2)
        answer(store, token_of(store, agreed), "product_offers", clock, yes=True)
        now = told(store, today, clock)
        assert (now.allowed, now.renewed) == (True, True)
        assert now.until == clock().replace(year=2027)
        (entry,) = entries(store, agreed, "consent.renewed")
        view = today.view("request_demo", "en")
        assert (entry["actor"], entry["notice"], entry["notice_before"]) == (
            "subject",
            view.notice.hash,
            agreed.notice_hash,
        )
        with store.reading() as tx:
            assert "product_offers" in judge_forwarding(tx, agreed, "crm", now=clock()).purposes

    def test_c17_a_no_takes_the_old_yes_back(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        answer(store, token_of(store, agreed), "product_offers", clock, yes=False)
        assert state_of(store, agreed, "product_offers") is DecisionState.WITHDRAWN
        assert told(store, today, clock).reason == "withdrawn"
        assert state_of(store, agreed, "respond_to_request") is DecisionState.ACTED

    def test_c17_silence_leaves_it_denied(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        token = token_of(store, agreed)
        assert len(questions(store, token, clock)) == 1
        clock.advance(days=30)
        assert questions(store, token, clock) == []
        with pytest.raises(RenewalOver):
            answer_renewal(store, token, Answer("product_offers", True, agreed.notice_hash, "?"), now=clock())
        assert told(store, today, clock).reason == "needs_reconsent"

    def test_again_changes_nothing(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        token = token_of(store, agreed)
        notice = today.view("request_demo", "en").notice.hash
        for is_yes in (True, True, False):
            answer_renewal(store, token, Answer("product_offers", is_yes, notice, "?"), now=clock())
        assert len(entries(store, agreed, "consent.")) == 1
        assert told(store, today, clock).allowed

    def test_c06_an_answer_to_a_notice_that_changed_meanwhile_is_none(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        ask(store, queue, clock)
        shown = today.view("request_demo", "en").notice.hash
        press.publish(("recipients.yml", "Otherledger", "Thirdledger"))
        with pytest.raises(NoticeChanged):
            answer_renewal(store, token_of(store, agreed), Answer("product_offers", True, shown, "?"), now=clock())
        assert kinds(store, agreed, "consent.") == []

    def test_c18_one_answer_counts_for_all_leads_of_the_address(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        first = keep_first_yes(store, queue, catalogue, now=clock())
        confirm_decision(store, confirmation_token_of(store, first), now=clock())
        second = keep_lead(store, catalogue, now=clock.advance(hours=1), decisions={"newsletter": True, **YES})
        confirm_decision(store, confirmation_token_of(store, second), now=clock())
        today = press.publish(MATERIAL)
        assert ask(store, queue, clock) == 1
        asked = [one for lead in (agreed, first, second) for one in renewals_of(store, lead)]
        (lead,) = [one for one in (agreed, first, second) if one.id == asked[0].lead_id]
        token = token_of(store, lead)
        assert {one.purpose for one in questions(store, token, clock)} == {"newsletter", "product_offers"}
        answer(store, token, "newsletter", clock, yes=True)
        assert told(store, today, clock, "newsletter").allowed
        assert [one.purpose for one in questions(store, token, clock)] == ["product_offers"]
        answer(store, token, "product_offers", clock, yes=False)
        assert questions(store, token, clock) == []

    def test_s08_nothing_of_it_is_left_open_after_an_erasure(
        self, store: Store, queue: Queue, today: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        ask(store, queue, clock)
        erase_by_receipt(store, receipt_of(agreed), now=clock())
        assert renewal_of(store, agreed).ended_at == clock()
        assert str(FIELDS["email"]).encode() not in everything_kept(store)
