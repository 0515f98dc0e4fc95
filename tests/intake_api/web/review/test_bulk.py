"""Many leads at once, as it is seen: chosen, looked at, begun, watched, stopped; by whom, and how nothing is read."""

import re
from collections.abc import Callable, Sequence

import pyotp
import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.flows.act_on_many import BulkDesk, act_on_many
from intake_api.queue import Queue
from intake_api.rules.bulk import MANY
from intake_api.rules.lead_state import LeadState
from intake_api.rules.staff_roles import Role
from intake_api.store import second_factors, staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, keep_first_yes, keep_lead, kinds, lead_now
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, Page, path_of, words_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def look(browser: Browser, leads: Sequence[Lead], act: str, **fields: str) -> str:
    """Choose leads in the queue and look at what would happen; return the path of the page."""
    form = browser.page("/?state=all").forms["/bulk"]
    ticked = {"lead": [lead.reference for lead in leads]}
    answer = browser.client.post("/bulk", data={**form.fields, **ticked, "act": act, **fields}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return answer.location.partition("?")[0]


@pytest.fixture
def works(store: Store, queue: Queue, clock: Clock) -> Callable[[str, int], None]:
    """Do the worker's part: so many turns of a job, or all."""

    def work(path: str, turns: int = 100) -> None:
        job = path.rpartition("/")[2]
        for turn in range(1, turns + 1):
            act_on_many(store, BulkDesk(queue, "file", "crm"), job, turn, clock=clock)

    return work


@pytest.fixture
def leads(store: Store, catalogue: Catalogue, clock: DrivenClock) -> list[Lead]:
    return [keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(3)]


class TestChoosing:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_from_the_ticks_to_the_end(
        self,
        reviewer: Browser,
        leads: list[Lead],
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
        works: Callable[[str, int], None],
    ) -> None:
        waiting = keep_first_yes(store, queue, catalogue, now=clock())
        path = look(reviewer, [*leads[:2], waiting], "approve")
        page = reviewer.page(path)
        said = words_of(page)
        assert "It would be done with 2" in said
        assert "1 This person has not confirmed yet, and nothing else allows passing it on." in said
        assert f"/leads/{waiting.reference}?state=new" in page.links
        assert lead_now(store, leads[0]) == leads[0]
        assert reviewer.send(page, f"{path}/begin").status_code == 303
        running = reviewer.get(path).text
        assert 'data-progress="running"' in running
        assert "begun by ilze@tidewick.example" in running
        works(path, 3)
        over = reviewer.page(path)
        assert 'data-progress="over"' in reviewer.get(path).text
        assert "Done. Done: 2. Left out: 1. Still to do: 0." in words_of(over)
        assert f"{path}/stop" not in over.forms
        assert [lead_now(store, one).state for one in leads[:2]] == [LeadState.QUALIFIED] * 2
        assert lead_now(store, waiting).state is LeadState.NEW
        assert path in reviewer.page("/bulk").links

    def test_all_on_the_page_and_all_of_the_filter(self, reviewer: Browser, leads: list[Lead]) -> None:
        page = reviewer.page(look(reviewer, [], "contact", which="filter"))
        assert "It would be done with 3" in words_of(page)
        form = reviewer.page("/").forms["/bulk"]
        shown = {"which": "page", "shown": [leads[0].reference, leads[2].reference], "act": "contact"}
        answer = reviewer.client.post("/bulk", data={**form.fields, **shown}, headers=OURS)
        assert "It would be done with 2" in words_of(reviewer.page(answer.location))

    def test_nothing_ticked_a_reason_or_a_person_that_is_none(self, reviewer: Browser, leads: list[Lead]) -> None:
        form = reviewer.page("/").forms["/bulk"]
        for act, ticked, status in (
            ("contact", [], 422),
            ("contact", ["VB-0000-0000"], 422),
            ("decline:because", [leads[0].reference], 422),
            ("decline", [leads[0].reference], 422),
            ("assign:nobody", [leads[0].reference], 422),
            ("erase", [leads[0].reference], 400),
        ):
            data = {**form.fields, "lead": ticked, "act": act}
            assert reviewer.client.post("/bulk", data=data, headers=OURS).status_code == status, act

    def test_a01_choosing_reads_nobodys_data(
        self, reviewer: Browser, leads: list[Lead], store: Store, works: Callable[[str, int], None]
    ) -> None:
        path = look(reviewer, leads, "decline:not_a_fit")
        texts = [reviewer.get(path).text, reviewer.send(reviewer.page(path), f"{path}/begin").text]
        works(path, 2)
        texts += [reviewer.get(path).text, reviewer.get("/bulk").text]
        assert not [value for value in FIELDS.values() if str(value) in "".join(texts)]
        assert {kind for lead in leads for kind in kinds(store, lead, "lead.")} == {"lead.declined"}

    def test_sec11_a_form_without_its_proof_changes_nothing(self, reviewer: Browser, leads: list[Lead]) -> None:
        path = look(reviewer, leads, "contact")
        for at in ("/bulk", f"{path}/begin", f"{path}/stop"):
            assert reviewer.client.post(at, data={"proof": "x"}, headers=OURS).status_code == 403


class TestWho:
    def test_sec08_whoever_began_it_and_those_who_lead(
        self, reviewer: Browser, reviewing: MakeReviewer, leads: list[Lead], works: Callable[[str, int], None]
    ) -> None:
        piotr, anna = reviewing("piotr@tidewick.example"), reviewing("anna@tidewick.example", roles=[Role.LEAD])
        path = look(reviewer, leads, "contact")
        for other in (piotr, anna):  # a look is its owner's alone
            assert other.get(path).status_code == 404
            assert path not in other.page("/bulk").links
        reviewer.send(reviewer.page(path), f"{path}/begin")
        assert piotr.get(path).status_code == 404
        assert piotr.send(reviewer.page(path), f"{path}/stop").status_code in (403, 404)
        assert path not in piotr.page("/bulk").links
        assert "ilze@tidewick.example" in words_of(anna.page("/bulk"))
        assert anna.send(anna.page(path), f"{path}/stop").status_code == 303
        works(path, 2)
        assert "Somebody stopped it. What is done stays done" in words_of(reviewer.page(path))

    def test_what_is_no_job_is_not_there(self, reviewer: Browser) -> None:
        for path in ("/bulk/" + "0" * 32, "/bulk/x", "/bulk/" + "A" * 32):
            assert reviewer.get(path).status_code == 404

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_sec10_many_want_a_second_factor_shown_lately(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock()) for _ in range(MANY + 1)]
        with store.writing() as tx:
            account = staff.find_account(tx, "ilze@tidewick.example")
            assert account
            second_factors.put_factor(tx, store.vault, account.reviewer.id, SECRET, now=clock())
            second_factors.confirm_factor(tx, account.reviewer.id, now=clock())
        few, many = look(reviewer, leads[:MANY], "contact"), look(reviewer, leads, "contact")
        assert "your code is asked for" not in words_of(reviewer.page(few))
        assert "your code is asked for" in words_of(reviewer.page(many))
        assert reviewer.send(reviewer.page(few), f"{few}/begin").status_code == 303
        asked = reviewer.send(reviewer.page(many), f"{many}/begin")
        assert asked.status_code == 403
        assert "Not begun" in words_of(reviewer.page("/bulk"))
        shown = reviewer.send(Page(asked.text), "/step-up", code=pyotp.TOTP(SECRET).at(clock()))
        assert shown.location == "/bulk"
        assert many in reviewer.page("/bulk").links
        assert reviewer.send(reviewer.page(many), f"{many}/begin").status_code == 303


class TestPage:
    def test_each_row_has_a_box_that_says_whose_it_is(self, reviewer: Browser, leads: list[Lead]) -> None:
        html = reviewer.get("/").text
        assert re.findall(r'form="many" name="lead" value="(VB-[A-Z0-9-]+)"', html) == [
            lead.reference for lead in reversed(leads)
        ]
        assert "Several at once" in Page(html).text

    def test_the_link_of_a_lead_on_it_leads_there(self, reviewer: Browser, leads: list[Lead]) -> None:
        links = reviewer.page(look(reviewer, leads[:1], "contact")).links
        assert [link for link in links if link.startswith(path_of(leads[0]))]
