"""Leads in somebody's hand: given, taken, put back, found by it, and told by a mail that says nothing of anybody."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.choose_language import choose_language
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.send_assignment import send_assignment
from intake_api.flows.write_to_staff import StaffDesk
from intake_api.mail.registry import open_mailer
from intake_api.mail.words import read_mail_words
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, entries, keep_lead, lead_now, receipt_of
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of, words_of

PIOTR = "piotr@tidewick.example"


def give(browser: Browser, lead: Lead, to: str) -> int:
    """Give a lead by a form of its page."""
    return browser.send(browser.page(path_of(lead)), path_of(lead, "/assign"), to=to).status_code


@pytest.fixture
def piotr(reviewing: MakeReviewer) -> Browser:
    return reviewing(PIOTR)


@pytest.fixture
def id_of(store: Store) -> Callable[[str], str]:
    """Return the id of an account."""

    def find(email: str) -> str:
        with store.reading() as tx:
            account = staff.find_account(tx, email)
        assert account
        return account.reviewer.id

    return find


@pytest.fixture
def deliver(store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock) -> Callable[[], list[str]]:
    """Do the worker's part; return the mails that are in the folder, whole."""
    key, mailer, words = settings.secrets.token_key, open_mailer(settings, catalogue.organisation), read_mail_words()
    desk = StaffDesk(mailer, key, settings.public_url, "http://localhost", catalogue.organisation, words, "en")

    def send() -> list[str]:
        with store.reading() as tx:
            waiting = tx.execute(text("SELECT id, turn FROM assignment_mails WHERE state = 'queued'")).all()
        for row in waiting:
            send_assignment(store, desk, row.id, row.turn, clock=clock)
        return [file.read_bytes().decode() for file in Path(settings.mail_folder).glob("*.eml")]

    return send


class TestAssigning:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_a_lead_is_given_found_by_it_and_told_without_a_word_about_anybody(
        self,
        reviewer: Browser,
        piotr: Browser,
        lead: Lead,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        id_of: Callable[[str], str],
        deliver: Callable[[], list[str]],
    ) -> None:
        other = keep_lead(store, catalogue, now=clock())
        for one in (lead, other):
            assert give(reviewer, one, id_of(PIOTR)) == 303
        (mail,) = deliver()  # one tells of both
        message = message_from_bytes(mail.encode(), policy=default)
        body = message.get_body(("plain",))
        assert message["To"] == PIOTR
        assert body is not None
        assert "http://localhost/?state=all&assignee=me" in body.get_content()
        assert not [one for one in (*FIELDS.values(), lead.reference, other.reference) if str(one) in mail]
        entry = entries(store, lead, "lead.assigned")[0]
        assert (entry["actor"], entry["staff"]) == (f"staff:{id_of('ilze@tidewick.example')}", id_of(PIOTR))
        assert lead.reference in piotr.get("/?state=all&assignee=me").text
        assert lead.reference not in reviewer.get("/?assignee=me").text
        assert lead.reference not in reviewer.get("/?assignee=nobody").text
        assert lead.reference in reviewer.get(f"/?assignee={id_of(PIOTR)}").text
        assert "In hand of piotr" in words_of(reviewer.page("/"))
        assert f"{PIOTR} has it in hand." in words_of(reviewer.page(path_of(lead)))

    def test_the_mail_is_in_the_language_in_which_they_read_our_pages(
        self,
        reviewer: Browser,
        piotr: Browser,
        lead: Lead,
        store: Store,
        id_of: Callable[[str], str],
        deliver: Callable[[], list[str]],
    ) -> None:
        choose_language(store, id_of(PIOTR), "pl")
        assert give(reviewer, lead, id_of(PIOTR)) == 303
        (mail,) = deliver()
        message = message_from_bytes(mail.encode(), policy=default)
        assert message["Subject"] == "Tidewick: zgłoszenia do rozpatrzenia"
        assert message["Content-Language"] == "pl"

    def test_taking_one_oneself_is_told_to_nobody_and_it_can_be_put_back(
        self, reviewer: Browser, lead: Lead, store: Store, id_of: Callable[[str], str], deliver: Callable[[], list[str]]
    ) -> None:
        me = id_of("ilze@tidewick.example")
        assert 'data-key="a"' in reviewer.get(path_of(lead)).text
        assert give(reviewer, lead, me) == 303
        assert lead_now(store, lead).assigned_to == me
        assert "You have it in hand." in words_of(reviewer.page(path_of(lead)))
        assert lead.reference in reviewer.get("/?assignee=me").text
        assert give(reviewer, lead, "") == 303
        assert lead.reference in reviewer.get("/?assignee=nobody").text
        assert deliver() == []
        assert sorted(str(entry["staff"]) for entry in entries(store, lead, "lead.assigned")) == sorted(("None", me))

    def test_only_those_who_decide_and_are_here_are_given_any(
        self, reviewer: Browser, reviewing: MakeReviewer, lead: Lead, store: Store, id_of: Callable[[str], str]
    ) -> None:
        reviewing("dace@tidewick.example", roles=[Role.OFFICER])
        reviewing("left@tidewick.example")
        with store.writing() as tx:
            staff.set_disabled(tx, id_of("left@tidewick.example"), lead.received_at)
        for to in (id_of("dace@tidewick.example"), id_of("left@tidewick.example"), "0" * 32, "x"):
            assert give(reviewer, lead, to) == 422
        assert lead_now(store, lead) == lead

    def test_the_later_of_two_gets_the_conflict_page_and_a_decided_lead_stays(
        self, reviewer: Browser, piotr: Browser, lead: Lead, store: Store, id_of: Callable[[str], str]
    ) -> None:
        seen = piotr.page(path_of(lead))
        assert give(reviewer, lead, id_of("ilze@tidewick.example")) == 303
        late = piotr.send(seen, path_of(lead, "/assign"), to=id_of(PIOTR))
        assert (late.status_code, "Somebody was quicker" in late.text) == (409, True)
        page = reviewer.page(path_of(lead))
        reviewer.send(page, path_of(lead, "/decline"), reason="not_a_fit")
        assert reviewer.send(page, path_of(lead, "/assign"), to=id_of(PIOTR)).status_code == 409
        assert lead_now(store, lead).assigned_to == id_of("ilze@tidewick.example")

    def test_nobody_is_told_of_what_is_gone(
        self,
        reviewer: Browser,
        piotr: Browser,
        lead: Lead,
        store: Store,
        clock: DrivenClock,
        id_of: Callable[[str], str],
        deliver: Callable[[], list[str]],
    ) -> None:
        give(reviewer, lead, id_of(PIOTR))
        erase_by_receipt(store, receipt_of(lead), now=clock())
        assert lead_now(store, lead).assigned_to is None
        assert deliver() == []
        with store.reading() as tx:
            assert tx.scalar(text("SELECT state FROM assignment_mails")) == "dropped"
