"""A material change ends the yeses that were said before it, and nothing else (C-17, N-15)."""

import json

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import ForwardingBlocked
from intake_api.flows.check_permission import Question, check_permission
from intake_api.flows.confirm_decision import ConfirmationOver, confirm_decision
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.permission import Permission
from intake_api.store.base import Store
from intake_api.store.decisions import count_given
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import ToldMailer, attempt, desk_of, token_of
from tests.intake_api.flows.publishing import MATERIAL, WORDING, Press
from tests.intake_api.kept_leads import FIELDS, approve, keep_first_yes, keep_lead, lead_now, receipt_of


@pytest.fixture
def confirmed(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    lead = keep_first_yes(store, queue, catalogue, now=clock())
    confirm_decision(store, token_of(store, lead), now=clock())
    return lead


@pytest.fixture
def agreed(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})


def told(store: Store, catalogue: Catalogue, clock: DrivenClock, purpose: str = "newsletter") -> Permission:
    return check_permission(
        store, catalogue, Question("email", str(FIELDS["email"]), purpose, "email"), now=clock()
    ).permission


class TestPermission:
    def test_c17_a_material_change_ends_the_yes_of_before(
        self, store: Store, catalogue: Catalogue, confirmed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        assert told(store, catalogue, clock).allowed
        today = press.publish(MATERIAL)
        assert told(store, today, clock) == Permission(False, "needs_reconsent", None, DecisionState.NEEDS_RECONSENT)

    def test_c17_a_wording_fix_does_not(self, store: Store, confirmed: Lead, clock: DrivenClock, press: Press) -> None:
        assert told(store, press.publish(WORDING), clock).allowed

    def test_c17_what_is_called_material_is(
        self, store: Store, confirmed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        press.publish(WORDING)
        today = press.publish(("forms/newsletter.yml", "material_change: false", "material_change: true"))
        assert told(store, today, clock).reason == "needs_reconsent"
        today = press.publish(("locales/en.yml", "Monthly, for hosts", "A letter"))
        assert told(store, today, clock).reason == "needs_reconsent"

    def test_c17_an_act_is_no_consent_and_goes_on(
        self, store: Store, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        today = press.publish(MATERIAL)
        assert told(store, today, clock, "respond_to_request").allowed
        assert told(store, today, clock, "product_offers").reason == "needs_reconsent"

    def test_c17_a_yes_to_the_new_notice_counts(
        self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        today = press.publish(MATERIAL)
        keep_lead(store, today, now=clock.advance(hours=1), decisions={"product_offers": True})
        now = told(store, today, clock, "product_offers")
        assert (now.allowed, now.renewed) == (True, True)

    def test_c17_going_back_to_the_very_text_brings_the_yes_back(
        self, store: Store, confirmed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        press.publish(MATERIAL)
        assert told(store, press.publish(("recipients.yml", "Otherledger", "Brightledger")), clock).allowed

    def test_c17_what_was_taken_back_stays_so(
        self, store: Store, confirmed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        withdraw_by_receipt(store, receipt_of(confirmed), None, now=clock())
        assert told(store, press.publish(MATERIAL), clock).reason == "withdrawn"

    def test_n15_a_purpose_that_nobody_was_told_of_is_denied(
        self, store: Store, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        assert told(store, catalogue, clock, "loyalty_programme") == Permission(False, "not_informed", None, None)


class TestForwarding:
    def test_c17_nothing_passes_on_such_a_yes(
        self, store: Store, queue: Queue, confirmed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        press.publish(MATERIAL)
        with pytest.raises(ForwardingBlocked) as blocked:
            approve(store, queue, lead_now(store, confirmed), now=clock())
        assert [one.code for one in blocked.value.obstacles] == ["needs_reconsent"]

    def test_c17_what_else_allows_it_goes_on_without_the_changed_part(
        self, store: Store, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        press.publish(MATERIAL)
        with store.reading() as tx:
            judged = judge_forwarding(tx, agreed, "crm", now=clock())
        assert judged.purposes == ("respond_to_request",)
        states = {one.purpose: one.state for one in judged.decisions}
        assert states["product_offers"] is DecisionState.NEEDS_RECONSENT

    def test_n15_a_destination_that_was_added_since_gets_nothing(
        self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock, press: Press
    ) -> None:
        with pytest.raises(ForwardingBlocked) as blocked:
            approve(store, queue, lead_now(store, agreed), now=clock(), recipient="ledger")
        assert [one.code for one in blocked.value.obstacles] == ["recipient_not_disclosed"]
        ledger = "ledger:\n  name: Ledger Example SIA\n  role: processor\n  country: LV\n  safeguard: none\n"
        press.publish(
            ("recipients.yml", "mail:\n", f"{ledger}\nmail:\n"),
            ("purposes.yml", "recipients: [crm, mail]", "recipients: [crm, ledger, mail]"),
            ("locales/en.yml", "\nrecipients:\n", "\nrecipients:\n  ledger:\n    does: bookkeeping\n"),
        )
        with pytest.raises(ForwardingBlocked) as blocked:
            approve(store, queue, lead_now(store, agreed), now=clock(), recipient="ledger")
        assert [one.code for one in blocked.value.obstacles] == ["not_informed"]


class TestASecondYes:
    def test_c17_cannot_be_given_to_what_has_changed(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, press: Press
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        press.publish(MATERIAL)
        with pytest.raises(ConfirmationOver):
            confirm_decision(store, token_of(store, lead), now=clock())

    def test_c17_is_not_asked_for_any_more(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, press: Press
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        press.publish(MATERIAL)
        mailer = ToldMailer()
        sent = attempt(store, desk_of(mailer), lead, clock)
        assert (sent.state, sent.last_reason, mailer.mails) == (MailState.DROPPED, "notice_changed", [])


class TestCounting:
    def test_v07_counts_the_leads_whose_yes_a_change_would_end(
        self, store: Store, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        again = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True}, email="b@guest.example")
        keep_lead(store, catalogue, now=clock(), email="c@guest.example")
        gone = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True}, email="d@guest.example")
        erase_by_receipt(store, receipt_of(gone), now=clock())
        purposes = ["newsletter", "product_offers"]
        with store.reading() as tx:
            assert count_given(tx, "request_demo", "en", purposes) == 2
            assert count_given(tx, "request_demo", "lv", purposes) == 0
        withdraw_by_receipt(store, receipt_of(again), None, now=clock())
        with store.reading() as tx:
            assert count_given(tx, "request_demo", "en", purposes) == 1


class TestTheRecord:
    def test_v09_c17_says_for_which_purposes_people_are_asked_again(
        self, store: Store, clock: DrivenClock, press: Press
    ) -> None:
        press.publish(MATERIAL)
        with store.reading() as tx:
            bodies = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'notice.published'")).all()
        entries = [json.loads(body) for body in bodies]
        said = {(one["form"], one["locale"], one["before"] is None): one["asks_again"] for one in entries}
        assert said["newsletter", "en", True] == []
        assert said["newsletter", "lv", False] == ["newsletter"]
        assert said["request_demo", "en", False] == ["respond_to_request", "newsletter", "product_offers"]
