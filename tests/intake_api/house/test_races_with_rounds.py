"""The worker's rounds at the same moment as the person (S-14, SEC-40), and two workers at the same moment.

Run as `test_races.py` says.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from intake_api.catalogue.definitions import DOUBLE_OPT_IN
from intake_api.catalogue.model import Catalogue
from intake_api.flows.answer_renewal import Answer, answer_renewal
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.disown_decision import disown_decision
from intake_api.flows.expire_consents import expire_consents
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.flows.send_confirmation import send_confirmation
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.show_renewal import show_renewal
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.rules.consent import DecisionState
from intake_api.settings import Settings
from intake_api.store.confirmations import confirmation_token, list_confirmations
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from intake_api.store.renewals import Why, add_renewal, renewal_token
from intake_api.store.signer import Signer
from tests.intake_api.flows.confirmations import ToldMailer, desk_of, state_of, token_of
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track
from tests.intake_api.kept_leads import TOKEN_KEY, confirmation_of, kinds, receipt_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


class TestTheMailThatAsks:
    def test_w02_against_an_erasure_goes_before_or_never(self, people: People, track: Track) -> None:
        mailer = ToldMailer()

        def race() -> Race:
            mark = people.mark()
            lead = people.first_yes(mark)
            asked = confirmation_of(people.store, lead)

            def check(sent: Ended, erased: Ended) -> None:
                assert (sent.code, erased.code) == ("done", "done")
                people.is_gone(lead, mark)
                left = [mail for mail in mailer.mails if mail.to.startswith(mark)]
                state = confirmation_of(people.store, lead).state
                assert (state, len(left)) in [(MailState.SENT, 1), (MailState.DROPPED, 0)]

            return Race(
                lambda store: send_confirmation(store, desk_of(mailer), asked.id, asked.turn, clock=people.clock),
                people.erases(lead),
                check,
            )

        track.run(race)


class TestTheRoundThatEndsFirstYeses:
    def test_c12_against_a_withdrawal_ends_them_once(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.first_yes(mark)
            later = UNCONFIRMED.duration.after(people.now)

            def check(expired: Ended, taken_back: Ended) -> None:
                assert (expired.code, taken_back.code) == ("done", "done")
                assert state_of(people.store, lead) in (DecisionState.REFUSED, DecisionState.WITHDRAWN)
                assert len(kinds(people.store, lead, "consent.")) == 1
                assert not people.may_be_written_to(mark, "newsletter")

            return Race(lambda store: expire_unconfirmed(store, now=later), people.takes_back(lead), check)

        track.run(race)


class TestTheRoundThatEndsYeses:
    def test_c16_against_a_withdrawal_ends_them_once(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.first_yes(mark)
            confirm_decision(people.store, token_of(people.store, lead), now=people.now)
            later = datetime(people.now.year + 5, 1, 1, tzinfo=people.now.tzinfo)

            def check(expired: Ended, taken_back: Ended) -> None:
                assert (expired.code, taken_back.code) == ("done", "done")
                assert state_of(people.store, lead) in (DecisionState.EXPIRED, DecisionState.WITHDRAWN)
                assert len(kinds(people.store, lead, "consent.")) == 2
                assert not people.may_be_written_to(mark, "newsletter")

            return Race(lambda store: expire_consents(store, now=later), people.takes_back(lead), check)

        track.run(race)


class TestPuttingTheEvidenceInOrder:
    def test_e03_by_two_workers_at_once_makes_one_log(self, people: People, track: Track, settings: Settings) -> None:
        def race() -> Race:
            people.lead(people.mark())

            def check(one: Ended, other: Ended) -> None:
                assert (one.code, other.code) == ("done", "done")

            return Race(ordering(people, settings), ordering(people, settings), check, alike=True)

        track.run(race)

    def test_e06_beside_a_submission_loses_no_entry(self, people: People, track: Track, settings: Settings) -> None:
        def race() -> Race:
            mark = people.mark()
            people.lead(people.mark())

            def check(ordered: Ended, sent: Ended) -> None:
                assert (ordered.code, sent.code) == ("done", "done")
                assert len(people.leads_of(mark)) == 1

            return Race(ordering(people, settings), people.sends(people.showing(mark)), check)

        track.run(race)


class TestTwoYesesThatWaitForTheirMails:
    @pytest.fixture
    def catalogue(self, catalogue: Catalogue) -> Catalogue:
        """A catalogue in which a form may ask for two second yeses."""
        offers = replace(catalogue.purpose("product_offers"), confirmation=DOUBLE_OPT_IN)
        return replace(catalogue, purposes={**catalogue.purposes, "product_offers": offers})

    def test_c14_one_confirmed_while_the_other_is_disowned_ends_erased(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark, {"newsletter": True, "product_offers": True})
            with people.store.reading() as tx:
                asked = [confirmation_token(TOKEN_KEY, one.id) for one in list_confirmations(tx, lead.id)]

            def check(confirmed: Ended, disowned: Ended) -> None:
                assert confirmed.code in ("done", "confirmation_over")
                assert disowned.code == "done"
                people.is_gone(lead, mark)

            return Race(
                lambda store: confirm_decision(store, asked[0], now=people.now),
                lambda store: disown_decision(store, asked[1], now=people.now),
                check,
            )

        track.run(race)

    def test_c12_one_confirmed_while_the_round_ends_the_other_is_answered_each_by_itself(
        self, people: People, track: Track
    ) -> None:
        def race() -> Race:
            lead = people.lead(people.mark(), {"newsletter": True, "product_offers": True})
            with people.store.reading() as tx:
                asked = {one.purpose: one.id for one in list_confirmations(tx, lead.id)}
            token, later = confirmation_token(TOKEN_KEY, asked["newsletter"]), UNCONFIRMED.duration.after(people.now)

            def check(confirmed: Ended, expired: Ended) -> None:
                assert expired.code == "done"
                given = confirmed.code == "done"
                assert given or confirmed.code == "confirmation_over"
                assert state_of(people.store, lead) is (DecisionState.GIVEN if given else DecisionState.REFUSED)
                assert state_of(people.store, lead, "product_offers") is DecisionState.REFUSED

            return Race(
                lambda store: confirm_decision(store, token, now=people.now),
                lambda store: expire_unconfirmed(store, now=later),
                check,
            )

        track.run(race)


class TestAYesThatIsAskedForAgain:
    def test_w02_against_a_withdrawal_never_stands(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead, renewing, soon = asked_again(people, mark)

            def check(renewed: Ended, taken_back: Ended) -> None:
                assert renewed.code in ("done", "renewal_over")
                assert taken_back.code == "done"
                assert state_of(people.store, lead) is DecisionState.WITHDRAWN
                assert not people.may_be_written_to(mark, "newsletter")

            taking_back: Act = lambda store: withdraw_by_receipt(store, receipt_of(lead), None, now=soon)  # noqa: E731
            return Race(renewing, taking_back, check)

        track.run(race)

    def test_s14_against_an_erasure_ends_erased(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead, renewing, _ = asked_again(people, mark)

            def check(renewed: Ended, erased: Ended) -> None:
                assert renewed.code in ("done", "renewal_over")
                assert erased.code == "done"
                people.is_gone(lead, mark)

            return Race(renewing, people.erases(lead), check)

        track.run(race)


def asked_again(people: People, mark: str) -> tuple[Lead, Act, datetime]:
    """Ask for a yes again that ends soon; return the lead, the yes that is said again, and when that is."""
    lead = people.first_yes(mark)
    confirm_decision(people.store, token_of(people.store, lead), now=people.now)
    validity = people.catalogue.purpose("newsletter").validity
    assert validity
    end = validity.after(people.now)
    soon = end - timedelta(days=1)
    with people.store.writing() as tx:
        about = {"lead_id": lead.id, "why": Why.ENDING, "purposes": ["newsletter"]}
        renewal = add_renewal(tx, TOKEN_KEY, **about, expires_at=end, now=soon)  # type: ignore[arg-type]
    token = renewal_token(TOKEN_KEY, renewal.id)
    (question,) = show_renewal(people.store, token, now=soon).questions
    yes = Answer("newsletter", is_yes=True, notice_hash=question.today_hash, words="Yes")
    return lead, lambda store: answer_renewal(store, token, yes, now=soon), soon


def ordering(people: People, settings: Settings) -> Act:
    signer = Signer(settings.secrets.evidence_key)
    return lambda store: sequence_evidence(store, signer, settings.checkpoint_file, now=people.now)
