"""Teams and being here, as it is seen: on the page of people, on one's account, above the queue, on a lead."""

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.assign_by_rule import assign_by_rule
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.teams import teams_of
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import lead_now
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of, words_of

ILZE = "ilze@tidewick.example"
AWAY = "You did not say that you are here today"


@pytest.fixture
def admin(reviewing: MakeReviewer) -> Browser:
    return reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR])


def id_of(store: Store, email: str) -> str:
    with store.reading() as tx:
        account = staff.find_account(tx, email)
    assert account
    return account.reviewer.id


class TestTeams:
    def test_from_the_page_of_people_to_a_lead_in_hand(
        self,
        admin: Browser,
        reviewer: Browser,
        lead: Lead,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
    ) -> None:
        ilze = id_of(store, ILZE)
        assert AWAY not in words_of(reviewer.page("/"))
        assert admin.send(admin.page("/people"), f"/people/{ilze}/teams", team="sales").status_code == 303
        assert f'id="{ilze}-team-sales" name="team" value="sales" checked' in admin.get("/people").text
        queue_page = reviewer.page("/")
        assert AWAY in words_of(queue_page)
        assert reviewer.send(queue_page, "/account/here", here="yes").location == "/"
        assert AWAY not in words_of(reviewer.page("/"))
        kinds = [(lead.form, lead.locale)]
        assert assign_by_rule(store, queue, catalogue.assignment, kinds, now=clock()) == 1
        assert lead_now(store, lead).assigned_to == ilze
        assert "by the rule “requests”" in words_of(reviewer.page(path_of(lead)))
        account = reviewer.page("/account")
        assert "You said that you are here. That ends by itself at 21 Nov 2026, 22:00 UTC." in words_of(account)
        assert reviewer.send(account, "/account/here", here="no").location == "/account"
        assert AWAY in words_of(reviewer.page("/"))

    def test_a_team_that_the_catalogue_does_not_know_is_not_taken(
        self, admin: Browser, reviewer: Browser, store: Store
    ) -> None:
        ilze = id_of(store, ILZE)
        for teams, kept in (("complaints", {"complaints"}), ("the_boss", None)):
            admin.send(admin.page("/people"), f"/people/{ilze}/teams", team=teams)
            with store.reading() as tx:
                assert teams_of(tx).get(ilze) == kept

    def test_a_person_in_no_team_reads_nothing_of_it(self, reviewer: Browser) -> None:
        assert "Here today" not in words_of(reviewer.page("/account"))

    def test_the_officer_sees_which_rule_gave_what_to_whom(
        self,
        admin: Browser,
        reviewer: Browser,
        reviewing: MakeReviewer,
        lead: Lead,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
    ) -> None:
        admin.send(admin.page("/people"), f"/people/{id_of(store, ILZE)}/teams", team="sales")
        reviewer.send(reviewer.page("/"), "/account/here")
        assign_by_rule(store, queue, catalogue.assignment, [(lead.form, lead.locale)], now=clock())
        officer = reviewing("dace@tidewick.example", roles=[Role.OFFICER])
        said = words_of(officer.page("/audit?kind=lead.assigned"))
        assert (ILZE in said, "Team Answers requests" in said) == (True, True)
        assert "Gave other teams" in words_of(officer.page("/audit?kind=staff.teams_changed"))
