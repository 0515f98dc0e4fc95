"""What the officer sees: who did what, and what people asked for; never a lead or a value (A-01, A-05)."""

import json
import re

import pytest
from sqlalchemy import text

from intake_api.flows.ask_for_right import ask_for_right
from intake_api.flows.read_lead import read_lead
from intake_api.flows.sign_in import SignInRefused, sign_in
from intake_api.queue import Queue
from intake_api.rules.rights import RightsKind
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of, words_of

ILZE, DACE = "ilze@tidewick.example", "dace@tidewick.example"
VALUES = ("zane@guest.example", "Zane Example")


@pytest.fixture
def officer(reviewing: MakeReviewer) -> Browser:
    """Dace, who looks after data protection."""
    return reviewing(DACE, roles=[Role.OFFICER])


class TestAudit:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_a01_names_who_opened_which_lead_and_which_fields_without_a_value(
        self, officer: Browser, reviewer: Browser, lead: Lead
    ) -> None:
        reviewer.page(path_of(lead))
        said = words_of(officer.page("/audit"))
        assert f"{ILZE} Opened {lead.reference} Fields" in said
        assert "email" in said
        assert not [value for value in VALUES if value in said]

    def test_narrows_down_to_a_person_a_lead_and_a_kind(
        self, officer: Browser, reviewer: Browser, reviewing: MakeReviewer, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        piotr = reviewing("piotr@tidewick.example")
        for browser in (reviewer, piotr):
            browser.page(path_of(lead))
        read_lead(store, lead.reference, actor="operator", why="command_line", now=clock())
        ids = dict(staff_ids(store))

        def found(**asked: str) -> str:
            text = officer.get("/audit", query_string=asked).text
            return text.partition("<tbody>")[2]

        assert found(who=ids[ILZE]).count("<tr>") == 1
        assert found(who="operator").count("<tr>") == 1
        assert found(reference=lead.reference.lower(), kind="lead.read").count("<tr>") == 3
        assert found(reference="VB-0000-0000") == found(kind="lead.approved") == ""

    def test_a_failed_sign_in_stands_there_for_the_account_it_was_about(
        self, officer: Browser, reviewer: Browser, store: Store, clock: DrivenClock
    ) -> None:
        with pytest.raises(SignInRefused):
            sign_in(store, ILZE, "not the password", network="192.0.2.1/32", now=clock())
        assert f"{ILZE} Failed to sign in" in words_of(officer.page("/audit"))

    def test_a01_looking_is_written_down_and_shown_when_asked_for(self, officer: Browser, store: Store) -> None:
        officer.page("/audit?who=operator")
        with store.reading() as tx:
            (body,) = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'audit.read'"))
        assert json.loads(body)["of"] == "operator"
        assert "Looked at this audit" not in officer.get("/audit").text.partition("<tbody>")[2]
        assert "Looked at this audit" in officer.get("/audit?kind=audit.read").text.partition("<tbody>")[2]

    def test_a03_what_cannot_be_written_down_is_not_shown(
        self, officer: Browser, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        reviewer.page(path_of(lead))
        with store.writing() as tx:
            tx.execute(
                text("CREATE TRIGGER broken BEFORE INSERT ON evidence BEGIN SELECT RAISE(ABORT, 'out of order'); END")
            )
        answer = officer.get("/audit")
        assert answer.status_code == 503
        assert lead.reference not in answer.text

    def test_a04_is_shown_in_pages_and_each_entry_once(
        self, officer: Browser, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        for number in range(120):
            clock.advance(seconds=number % 2)  # pairs of one moment
            read_lead(store, lead.reference, actor="operator", why=f"look_{number}", now=clock())
        seen, path, pages = [], "/audit?who=operator&reference=" + lead.reference, 0
        while path:
            page = officer.page(path)
            seen += re.findall(r"look (\d+)", page.text)
            path = next((link for link in page.links if "after=" in link and link != path), "")
            pages += 1
        assert pages == 3
        assert sorted(map(int, seen)) == list(range(120))

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    @pytest.mark.parametrize("name", ["who", "kind", "reference", "after"])
    @pytest.mark.parametrize("value", ["\0", "' OR 1=1 --", "%", "x" * 3000, "💥"])
    def test_sec30_what_is_looked_for_is_never_part_of_the_question(
        self, officer: Browser, name: str, value: str
    ) -> None:
        assert officer.get("/audit", query_string={name: value}).status_code == 200

    def test_an_officer_begins_here_and_gets_no_lead(self, officer: Browser, lead: Lead) -> None:
        assert officer.get("/").headers["Location"] == "/audit"
        assert officer.get(path_of(lead)).status_code == 403
        assert lead.reference not in officer.get(path_of(lead)).text

    def test_a05_nobody_else_gets_it(self, reviewer: Browser, reviewing: MakeReviewer) -> None:
        rest = [
            reviewer,
            *(reviewing(f"{role}@tidewick.example", roles=[role]) for role in (Role.LEAD, Role.ADMINISTRATOR)),
        ]
        assert [one.get(path).status_code for one in rest for path in ("/audit", "/rights")] == [403] * 6


class TestRights:
    def test_show_what_is_asked_for_until_when_and_no_address(
        self,
        officer: Browser,
        reviewing: MakeReviewer,
        store: Store,
        queue: Queue,
        settings: Settings,
        lead: Lead,
        clock: DrivenClock,
    ) -> None:
        ask_for_right(
            store,
            queue,
            settings.secrets.token_key,
            kind=RightsKind.ERASURE,
            email="zane@guest.example",
            locale="en",
            door="public",
            now=clock(),
        )
        page = officer.page("/rights")
        assert "21 Dec 2026 erasure Link not used yet" in words_of(page)
        assert "zane@guest" not in page.text
        clock.advance(days=31)
        assert "overdue" in reviewing("late@tidewick.example", roles=[Role.OFFICER]).page("/rights").text


def staff_ids(store: Store) -> list[tuple[str, str]]:
    with store.reading() as tx:
        return [(row.email, row.id) for row in tx.execute(text("SELECT email, id FROM staff"))]
