"""What a mail server says of an address at the same moment as its person acts (S-14, SEC-40, T-02, T-09).

Run as `test_races.py` says.
"""

import pytest
from sqlalchemy import text

from intake_api.flows.erase_by_link import erase_by_link
from intake_api.flows.note_bounce import KEPT_FOR
from intake_api.flows.send_confirmation import send_confirmation
from intake_api.flows.send_letter import LetterDesk, send_letter
from intake_api.flows.send_rights_link import RightsDesk, send_rights_link
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.flows.write_letter import write_about_lead
from intake_api.mail.port import Outcome, Refused
from intake_api.mail.words import read_mail_words
from intake_api.rules.retention import NOTHING_LIVES
from intake_api.store.lead_index import contact_token, mark_bounced
from intake_api.store.leads import Lead, shorten
from intake_api.store.letters import LetterKind
from tests.intake_api.conftest import PUBLIC_URL
from tests.intake_api.flows.confirmations import ToldMailer, desk_of
from tests.intake_api.house.people import People
from tests.intake_api.house.racing import Act, Ended, Race, Track
from tests.intake_api.kept_leads import TOKEN_KEY, confirmation_of, lead_now, receipt_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
YES = {"newsletter": False, "product_offers": True}
EVERYTHING = ["respond_to_request", "product_offers"]
NOBODY_THERE = Refused("address_refused", 550)


class TestAnAddressThatTakesNoMail:
    def test_t02_against_taking_everything_back_keeps_nothing_longer(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark, YES)

            def check(sent: Ended, taken_back: Ended) -> None:
                assert (sent.code, taken_back.code) == ("done", "done")
                assert lead_now(people.store, lead).delete_after == people.now + NOTHING_LIVES

            return Race(asking(people, mark, NOBODY_THERE), taking_everything_back(people, lead), check)

        track.run(race)

    def test_s14_against_erasing_all_of_the_address_ends_erased(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            leads = [people.lead(mark), people.lead(mark)]
            token, send = people.link("erasure", mark), asking(people, mark, NOBODY_THERE)

            def check(sent: Ended, erased: Ended) -> None:
                assert (sent.code, erased.code) == ("done", "done")
                for lead in leads:
                    people.is_gone(lead, mark)

            return Race(send, lambda store: erase_by_link(store, token, now=people.now), check)

        track.run(race)


class TestAnAddressThatTakesMailAgain:
    def test_t02_against_taking_everything_back_keeps_nothing_longer(self, people: People, track: Track) -> None:
        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark, YES)
            with people.store.writing() as tx:
                mark_bounced(tx, contact_token(people.store.vault, "email", f"{mark}@guest.example"), people.now)
                shorten(tx, lead.id, people.now + KEPT_FOR)
            case = people.office.asked("access", f"{mark}@guest.example")
            words = read_mail_words()
            desk = RightsDesk(ToldMailer(), TOKEN_KEY, PUBLIC_URL, people.catalogue.organisation, words)  # type: ignore[arg-type]

            def check(sent: Ended, taken_back: Ended) -> None:
                assert (sent.code, taken_back.code) == ("done", "done")
                assert lead_now(people.store, lead).delete_after == people.now + NOTHING_LIVES

            return Race(
                lambda store: send_rights_link(store, desk, case.id, case.turn, clock=people.clock),
                taking_everything_back(people, lead),
                check,
            )

        track.run(race)


class TestALetter:
    def test_s14_against_an_erasure_goes_before_or_never(self, people: People, track: Track) -> None:
        mailer = ToldMailer()
        desk = LetterDesk(mailer, TOKEN_KEY, PUBLIC_URL, people.catalogue, read_mail_words())  # type: ignore[arg-type]

        def race() -> Race:
            mark = people.mark()
            lead = people.lead(mark)
            with people.store.writing() as tx:
                said = {"way": "phone", "day": "2026-11-21"}
                letter = write_about_lead(tx, people.store, people.queue, lead, LetterKind.NOTICE, said, now=people.now)

            def check(sent: Ended, erased: Ended) -> None:
                assert (sent.code, erased.code) == ("done", "done")
                people.is_gone(lead, mark)
                with people.store.reading() as tx:
                    state = tx.scalar(text("SELECT state FROM letters WHERE id = :id"), {"id": letter.id})
                left = [mail for mail in mailer.mails if mail.to.startswith(mark)]
                assert (state, len(left)) in [("sent", 1), ("dropped", 0)]

            return Race(
                lambda store: send_letter(store, desk, letter.id, letter.turn, clock=people.clock),
                people.erases(lead),
                check,
            )

        track.run(race)


def asking(people: People, mark: str, outcome: Outcome) -> Act:
    """Ask an address for a second yes, and hear what its mail server says."""
    asked = confirmation_of(people.store, people.first_yes(mark))
    desk = desk_of(ToldMailer(outcome))
    return lambda store: send_confirmation(store, desk, asked.id, asked.turn, clock=people.clock)


def taking_everything_back(people: People, lead: Lead) -> Act:
    return lambda store: withdraw_by_receipt(store, receipt_of(lead), EVERYTHING, now=people.now)
