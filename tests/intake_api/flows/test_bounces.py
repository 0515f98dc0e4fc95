"""An address of which its server says that there is nobody: marked, left alone, and good again when it takes a mail."""

from datetime import timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.check_permission import Question, check_permission
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.erase_expired import erase_expired
from intake_api.mail.port import Outcome, Refused, Retry, Sent
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.lead_index import bounced_since
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import ToldMailer, attempt, desk_of, token_of
from tests.intake_api.flows.rights import EMAIL, Office
from tests.intake_api.kept_leads import keep_first_yes, keep_lead, lead_now, receipt_of

NOBODY = Refused("address_refused", 550)


@pytest.fixture
def lead(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_first_yes(store, queue, catalogue, now=clock())


def since(store: Store, lead: Lead) -> object:
    with store.reading() as tx:
        return bounced_since(tx, lead.id)


class TestAnAddressThatTakesNoMail:
    def test_is_marked_with_the_time(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        assert since(store, lead) == clock()

    @pytest.mark.parametrize("outcome", [Retry("not_now", 450), Refused("mail_refused", 554), Sent(250)])
    def test_is_none_that_takes_it_later_or_not_this_one(
        self, store: Store, lead: Lead, clock: DrivenClock, outcome: Outcome
    ) -> None:
        attempt(store, desk_of(ToldMailer(outcome)), lead, clock)
        assert since(store, lead) is None

    def test_gets_no_other_mail_about_a_yes(
        self, store: Store, queue: Queue, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        mailer = ToldMailer(NOBODY)
        attempt(store, desk_of(mailer), lead, clock)
        again = keep_first_yes(store, queue, catalogue, now=clock.advance(days=2))
        mailer.outcome = Sent()
        settled = attempt(store, desk_of(mailer), again, clock)
        assert (settled.state, settled.last_reason) == (MailState.REFUSED, "address_bounced")
        assert len(mailer.mails) == 1
        assert since(store, again) is not None

    def test_c21_is_not_to_be_written_to_but_may_be_called(
        self, store: Store, queue: Queue, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock(), phone="+371 20 000 000")
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        reasons = [
            check_permission(store, catalogue, Question(*asked), now=clock()).permission.reason  # type: ignore[arg-type]
            for asked in (
                ("email", EMAIL, "respond_to_request", "email"),
                ("email", EMAIL, "respond_to_request", "phone"),
                ("phone", "+37120000000", "respond_to_request", "email"),
            )
        ]
        assert reasons == ["bounced", "acted", "bounced"]

    def test_loses_no_right_and_is_good_again_when_it_takes_a_mail(
        self, store: Store, lead: Lead, clock: DrivenClock, office: Office, tmp_path: Path
    ) -> None:
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        office.sent("access")
        assert len(office.links()) == 1
        assert since(store, lead) is None

    def test_is_marked_by_a_link_that_came_back(self, store: Store, lead: Lead, office: Office) -> None:
        office.mailer = ToldMailer(NOBODY)  # type: ignore[assignment]
        office.attempt(office.asked("access"))
        assert since(store, lead) is not None

    def test_e11_the_mark_goes_with_the_lead(
        self, store: Store, queue: Queue, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        erase_by_receipt(store, receipt_of(lead), now=clock())
        assert since(store, keep_first_yes(store, queue, catalogue, now=clock.advance(days=2))) is None

    def test_a_second_yes_by_its_link_still_counts(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        """It may have been sent before and bounced on the way of a repetition: who presses its button has read it."""
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        confirm_decision(store, token_of(store, lead), now=clock())


class TestHowLongItsLeadsAreKept:
    def test_t09_thirty_days_and_then_they_are_erased(
        self, store: Store, queue: Queue, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        request = keep_lead(store, catalogue, now=clock())
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        assert lead_now(store, request).delete_after == clock() + timedelta(days=30)
        assert lead_now(store, lead).delete_after == lead.delete_after  # its own end is sooner
        erase_expired(store, now=clock.advance(days=29, hours=23))
        assert lead_now(store, request).state is LeadState.NEW
        erase_expired(store, now=clock.advance(hours=1))
        assert lead_now(store, request).state is LeadState.ERASED

    def test_t09_an_address_that_takes_mail_again_gets_the_promised_end_back(
        self, store: Store, catalogue: Catalogue, lead: Lead, clock: DrivenClock, office: Office
    ) -> None:
        request = keep_lead(store, catalogue, now=clock())
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        clock.advance(days=10)
        office.sent("access")
        assert lead_now(store, request).delete_after == request.delete_after

    def test_t09_another_bounce_of_the_same_does_not_begin_anew(
        self, store: Store, catalogue: Catalogue, lead: Lead, clock: DrivenClock, office: Office
    ) -> None:
        request = keep_lead(store, catalogue, now=clock())
        attempt(store, desk_of(ToldMailer(NOBODY)), lead, clock)
        shortened = lead_now(store, request).delete_after
        office.mailer = ToldMailer(NOBODY)  # type: ignore[assignment]
        clock.advance(days=10)
        office.attempt(office.asked("access"))
        assert lead_now(store, request).delete_after == shortened
