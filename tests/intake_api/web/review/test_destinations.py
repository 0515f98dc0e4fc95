"""How destinations fare, for those who lead, look after data protection or administrate; and letting one go on."""

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.staff_roles import PEOPLE_ROLES, Role
from intake_api.store.base import Store
from intake_api.store.destinations import list_pauses, pause_destination
from intake_api.store.leads import Lead
from intake_api.store.workers import add_worker
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import approve, lead_now
from tests.intake_api.web.review.test_roles import proof_of
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, path_of, words_of

HERE, RESUME = "/destinations", "/destinations/webhook/resume"
STOPPED = "Nothing is sent to “webhook” since 21 Nov 2026, 09:00 UTC: credential refused."


@pytest.fixture
def administrator(reviewing: MakeReviewer) -> Browser:
    return reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR])


def pause(store: Store, clock: DrivenClock, reason: str = "credential_refused") -> None:
    with store.writing() as tx:
        pause_destination(tx, "webhook", reason=reason, delivery_id=None, now=clock())


class TestPage:
    def test_says_what_waits_and_that_no_worker_is_at_work(
        self, administrator: Browser, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        approve(store, queue, lead, now=clock())
        clock.advance(minutes=20)
        said = words_of(administrator.page(HERE))
        assert "webhook not set up any more" in said
        assert "Due now 1" in said
        assert "Oldest waits for 20 min" in said
        assert "No worker is at work" in said
        with store.writing() as tx:
            add_worker(tx, "w" * 32, host="here", now=clock())
        assert "No worker is at work" not in words_of(administrator.page(HERE))

    def test_names_no_lead_to_anybody(
        self, reviewing: MakeReviewer, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        approve(store, queue, lead, now=clock())
        for role in (Role.LEAD, Role.OFFICER, Role.ADMINISTRATOR):
            assert lead.reference not in reviewing(f"{role}@tidewick.example", roles=[role]).get(HERE).text

    @pytest.mark.parametrize(
        ("reason", "said"),
        [
            ("credential_refused", "Put the key or the password right"),
            ("rights_missing", "Give our account there the rights"),
            ("address_gone", "Set the new one"),
            ("address_not_public", "Find out which before anything is sent"),
            ("lead_key_field_missing", "docs/delivery.md says what this answer means"),
        ],
    )
    def test_a_pause_comes_with_what_to_do(
        self, administrator: Browser, store: Store, clock: DrivenClock, reason: str, said: str
    ) -> None:
        pause(store, clock, reason)
        assert said in words_of(administrator.page(HERE))


class TestResuming:
    def test_an_administrator_lets_deliveries_go_on_and_it_is_on_the_record(
        self, administrator: Browser, reviewing: MakeReviewer, store: Store, clock: DrivenClock
    ) -> None:
        pause(store, clock)
        answer = administrator.send(administrator.page(HERE), RESUME)
        assert answer.status_code == 303
        assert "Deliveries to “webhook” go on" in words_of(administrator.page(answer.headers["Location"]))
        with store.reading() as tx:
            assert list_pauses(tx) == []
        officer = reviewing("dace@tidewick.example", roles=[Role.OFFICER])
        assert "anna@tidewick.example Let deliveries go on" in words_of(officer.page("/audit"))

    def test_of_two_who_press_one_is_told_that_the_other_was_quicker(
        self, administrator: Browser, store: Store, clock: DrivenClock
    ) -> None:
        pause(store, clock)
        seen = administrator.page(HERE)
        assert [administrator.send(seen, RESUME).status_code for _ in range(2)] == [303, 409]

    @pytest.mark.parametrize("role", sorted(PEOPLE_ROLES - {Role.ADMINISTRATOR}))
    def test_sec06_nobody_else_does(
        self, reviewing: MakeReviewer, store: Store, clock: DrivenClock, role: Role
    ) -> None:
        pause(store, clock)
        browser = reviewing(roles=[role])
        assert browser.client.post(RESUME, data={"proof": proof_of(browser)}, headers=OURS).status_code == 403
        assert "Let deliveries go on" not in browser.get(HERE).text
        with store.reading() as tx:
            assert len(list_pauses(tx)) == 1


class TestEveryPage:
    PAGES = ("/account", "/people", "/destinations", "/reports", "/bulk")

    def test_says_what_is_paused_to_those_who_can_act(
        self, reviewing: MakeReviewer, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        leads = reviewing("marta@tidewick.example", roles=[Role.LEAD, Role.ADMINISTRATOR])
        paths = (*self.PAGES, "/", path_of(lead))
        assert [path for path in paths if "Nothing is sent to" in leads.get(path).text] == []
        pause(store, clock)
        assert [path for path in paths if " ".join(leads.get(path).text.split()).count(STOPPED) != 1] == []

    def test_and_to_reviewers_where_leads_stand(
        self, reviewer: Browser, store: Store, queue: Queue, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        pause(store, clock)
        said = [words_of(reviewer.page(path)) for path in ("/", path_of(lead), "/account")]
        assert [STOPPED in one for one in said] == [False] * 3
        assert ["Deliveries to “webhook” are paused" in one for one in said] == [True, True, False]
        assert lead_now(store, lead).version == lead.version
