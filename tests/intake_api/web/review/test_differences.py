"""What differs at the destination, as a team lead or an administrator sees it, and putting it right by a press."""

import pytest

from intake_api.queue import Queue
from intake_api.rules.staff_roles import PEOPLE_ROLES, Role
from intake_api.store.base import Store
from intake_api.store.comparisons import Differs, begin_comparison, go_on, list_differences, note_difference
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, deliveries_now, fail
from tests.intake_api.web.review.test_roles import proof_of
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, words_of

HERE = "/destinations/differences"


@pytest.fixture
def marta(reviewing: MakeReviewer) -> Browser:
    return reviewing("marta@tidewick.example", roles=[Role.LEAD])


@pytest.fixture
def found(store: Store, queue: Queue, lead: Lead, clock: DrivenClock) -> str:
    """A lead of which another consent stands there."""
    delivery = fail(store, queue, lead, clock)
    with store.writing() as tx:
        note_difference(tx, delivery, Differs.OTHERWISE, ["newsletter"], now=clock())
    return delivery.id


class TestPage:
    def test_names_the_lead_and_what_differs_and_no_value(self, marta: Browser, found: str, lead: Lead) -> None:
        said = words_of(marta.page(HERE))
        assert f"{lead.reference} stands otherwise there To webhook Names newsletter" in said
        assert not [value for value in FIELDS.values() if str(value) in said]

    @pytest.mark.parametrize(
        ("why", "said"),
        [
            (None, "Last compared 21 Nov 2026, 09:00 UTC: 3 leads."),
            ("cannot_tell", "“file” only takes: nothing can be asked of it."),
            ("not_reachable", "The last comparing ended early: not reachable."),
        ],
    )
    def test_says_how_the_last_comparing_ended(
        self, marta: Browser, store: Store, clock: DrivenClock, why: str | None, said: str
    ) -> None:
        assert "Nothing was compared yet." in words_of(marta.page(HERE))
        with store.writing() as tx:
            begin_comparison(tx, "file", now=clock())
            go_on(tx, "file", place="", compared=3, over=True, why=why, now=clock())
        assert said in words_of(marta.page(HERE))


class TestRepairing:
    def test_g05_tells_the_destination_again_and_the_second_press_is_told(
        self, marta: Browser, store: Store, found: str, lead: Lead
    ) -> None:
        seen, path = marta.page(HERE), f"{HERE}/{found}/repair"
        assert [marta.send(seen, path).status_code for _ in range(2)] == [303, 409]
        (repair,) = [one for one in deliveries_now(store, lead) if one.id != found]
        assert (repair.kind, repair.state.value) == ("update_consent", "retrying")
        assert "Put right Trying again" in words_of(marta.page(HERE))

    @pytest.mark.parametrize("role", sorted(PEOPLE_ROLES - {Role.LEAD, Role.ADMINISTRATOR}))
    def test_sec06_nobody_else_does(self, reviewing: MakeReviewer, store: Store, found: str, role: Role) -> None:
        browser = reviewing(roles=[role])
        path = f"{HERE}/{found}/repair"
        assert browser.client.post(path, data={"proof": proof_of(browser)}, headers=OURS).status_code == 403
        with store.reading() as tx:
            assert [one.repair_id for one in list_differences(tx, limit=9)] == [None]
