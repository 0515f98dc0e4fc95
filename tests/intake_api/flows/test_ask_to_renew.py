"""One question before a yes ends, and what is made of the answer, of silence and of a change meanwhile (C-16)."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.problems import CatalogueError
from intake_api.flows.ask_to_renew import ask_to_renew
from intake_api.flows.check_permission import Question, check_permission
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.expire_consents import expire_consents
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.permission import Permission
from intake_api.store.base import Store
from intake_api.store.leads import Lead, restrict
from intake_api.store.mails import MailState
from intake_api.store.renewals import Why
from tests.intake_api.catalogue.conftest import Copy
from tests.intake_api.conftest import PUBLIC_URL, ROOT, DrivenClock
from tests.intake_api.flows.confirmations import ToldMailer, state_of
from tests.intake_api.flows.renewals import answer, desk_of, questions, renewals_of, send, token_of
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, entries, keep_lead, lead_now, receipt_of

ASKS = frozenset({"product_offers"})
LAST_DAYS = 335  # days after a yes of a year: thirty are left


@pytest.fixture
def agreed(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead whose yes ends after a year; what is kept of it, later."""
    lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
    with store.writing() as tx:  # its retention ends with the yes: keep it, to see what the yes itself does
        tx.exec_driver_sql("UPDATE leads SET delete_after = '2029-01-01 00:00:00'")
    return lead


def ask(store: Store, queue: Queue, clock: DrivenClock) -> int:
    return ask_to_renew(store, queue, TOKEN_KEY, ASKS, now=clock())


def told(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Permission:
    question = Question("email", str(FIELDS["email"]), "product_offers", "email")
    return check_permission(store, catalogue, question, now=clock()).permission


class TestWhoIsAsked:
    def test_c16_thirty_days_before_the_end_and_once(
        self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=LAST_DAYS, seconds=-1)
        assert ask(store, queue, clock) == 0
        clock.advance(seconds=1)
        assert [ask(store, queue, clock) for _ in range(3)] == [1, 0, 0]
        clock.advance(days=29)
        assert ask(store, queue, clock) == 0
        assert len(renewals_of(store, agreed, Why.ENDING)) == 1

    def test_c16_not_for_a_purpose_whose_catalogue_does_not_say_so(
        self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=LAST_DAYS)
        assert ask_to_renew(store, queue, TOKEN_KEY, {"newsletter"}, now=clock()) == 0
        assert ask_to_renew(store, queue, TOKEN_KEY, (), now=clock()) == 0

    @pytest.mark.parametrize("why_not", ["withdrawn", "erased", "restricted"])
    def test_c16_not_who_has_taken_back_was_erased_or_has_it_restricted(
        self, store: Store, queue: Queue, agreed: Lead, clock: DrivenClock, why_not: str
    ) -> None:
        clock.advance(days=LAST_DAYS)
        if why_not == "withdrawn":
            withdraw_by_receipt(store, receipt_of(agreed), ["product_offers"], now=clock())
        elif why_not == "erased":
            erase_by_receipt(store, receipt_of(agreed), now=clock())
        else:
            with store.writing() as tx:
                restrict(tx, agreed.id, clock() + timedelta(days=30))
        assert ask(store, queue, clock) == 0

    def test_c16_one_mail_for_two_leads_of_one_address(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock.advance(hours=1), decisions={"product_offers": True})
        clock.advance(days=LAST_DAYS)
        assert ask(store, queue, clock) == 1

    def test_c16_not_who_has_said_yes_again_meanwhile(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=200)
        keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        clock.advance(days=LAST_DAYS - 200)
        assert ask(store, queue, clock) == 0


class TestTheMail:
    def test_c16_says_when_it_ends_and_asks(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=LAST_DAYS)
        ask(store, queue, clock)
        mailer = ToldMailer()
        assert send(store, desk_of(mailer, catalogue), agreed, clock, Why.ENDING).state is MailState.SENT
        (mail,) = mailer.mails
        assert mail.subject == "Tidewick: your yes ends on 2027-11-21"
        assert "If you do nothing, it ends on that day by itself. We ask only this once." in mail.text
        assert f"{PUBLIC_URL}/renew/{token_of(store, agreed, Why.ENDING)}" in mail.text.splitlines()
        assert "Before:" not in mail.text

    def test_c16_nothing_leaves_when_its_end_has_come(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=LAST_DAYS)
        ask(store, queue, clock)
        clock.advance(days=31)
        assert send(store, desk_of(ToldMailer(), catalogue), agreed, clock, Why.ENDING).state is MailState.DROPPED


class TestTheAnswer:
    def test_c16_r03_a_yes_is_renewed_for_its_whole_time(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=LAST_DAYS)
        ask(store, queue, clock)
        clock.advance(days=1)
        answer(store, token_of(store, agreed, Why.ENDING), "product_offers", clock, yes=True)
        now = told(store, catalogue, clock)
        assert (now.allowed, now.renewed, now.until) == (True, True, clock().replace(year=2028))
        assert questions(store, token_of(store, agreed, Why.ENDING), clock) == []
        clock.advance(days=40)
        assert expire_consents(store, now=clock()) == 0
        assert told(store, catalogue, clock).allowed
        clock.advance(days=LAST_DAYS - 40 + 1)  # 2028 has a day more
        assert ask(store, queue, clock) == 1  # about the new yes, once

    def test_c16_a_no_ends_it_at_once(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=LAST_DAYS)
        ask(store, queue, clock)
        answer(store, token_of(store, agreed, Why.ENDING), "product_offers", clock, yes=False)
        assert told(store, catalogue, clock).reason == "withdrawn"

    def test_c16_silence_lets_it_expire(
        self, store: Store, queue: Queue, catalogue: Catalogue, agreed: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=LAST_DAYS)
        ask(store, queue, clock)
        assert told(store, catalogue, clock).allowed
        clock.advance(days=30)
        assert told(store, catalogue, clock).reason == "expired"
        assert expire_consents(store, now=clock()) == 1
        assert state_of(store, agreed, "product_offers") is DecisionState.EXPIRED
        assert questions(store, token_of(store, agreed, Why.ENDING), clock) == []
        assert ask(store, queue, clock) == 0

    def test_t02_the_lead_is_kept_for_the_new_yes(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        clock.advance(days=LAST_DAYS)
        ask(store, queue, clock)
        answer(store, token_of(store, lead, Why.ENDING), "product_offers", clock, yes=True)
        assert lead_now(store, lead).delete_after == clock().replace(year=2028)
        (entry,) = entries(store, lead, "consent.renewed")
        assert entry["why"] == "ending"


class TestTheCatalogue:
    def test_c16_says_which_purposes_ask(self, catalogue: Catalogue) -> None:
        assert {one.id for one in catalogue.purposes.values() if one.asks_to_renew} == {"newsletter"}

    def test_c16_what_is_no_consent_is_not_renewed(self, tmp_path: Path) -> None:
        copy = Copy(Path(shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue")))
        copy.change("purposes.yml", "confirmation: none", "confirmation: none\n  renewal: ask")
        with pytest.raises(CatalogueError) as refused:
            load_catalogue(copy.folder, PUBLIC_URL)
        assert "respond_to_request.renewal" in {one.key for one in refused.value.problems}
        assert "product_offers.renewal" not in {one.key for one in refused.value.problems}
