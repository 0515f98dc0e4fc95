"""What needs a person, as a team lead or an administrator sees it, and what they can do about it."""

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.tell_of_parked import tell_of_parked
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.staff_roles import PEOPLE_ROLES, Role
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryState
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import deliveries_now, fail, keep_lead, lead_now
from tests.intake_api.web.review.test_forms_are_ours import FOREIGN
from tests.intake_api.web.review.test_roles import proof_of
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, Page, path_of, words_of

HERE = "/destinations/parked"
MARTA = "marta@tidewick.example"


@pytest.fixture
def marta(reviewing: MakeReviewer) -> Browser:
    """Marta, who leads the team."""
    return reviewing(MARTA, roles=[Role.LEAD])


@pytest.fixture
def failed(store: Store, queue: Queue, lead: Lead, clock: DrivenClock) -> str:
    """The id of a delivery that was refused."""
    return fail(store, queue, lead, clock).id


def state_of(store: Store, lead: Lead) -> DeliveryState:
    return deliveries_now(store, lead)[-1].state


def act(browser: Browser, seen: Page, delivery: str, name: str, **fields: str) -> int:
    return browser.send(seen, f"{HERE}/{delivery}/{name}", **fields).status_code


class TestList:
    def test_says_why_since_when_and_who_was_told(
        self, marta: Browser, store: Store, failed: str, lead: Lead, clock: DrivenClock
    ) -> None:
        assert f"{lead.reference} Refused there Why parcel refused (422)" in words_of(marta.page(HERE))
        assert "Told nobody yet" in words_of(marta.page(HERE))
        tell_of_parked(store, [Role.LEAD], now=clock())
        clock.advance(minutes=20)
        said = words_of(marta.page(HERE))
        assert "Since 20 min ago" in said
        assert f"Told {MARTA} (the mail is on its way)" in said

    def test_can_be_narrowed_down_to_a_reason_and_has_pages(
        self, marta: Browser, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock()) for _ in range(28)]
        for number, one in enumerate(leads):
            clock.advance(seconds=1)
            fail(store, queue, one, clock, reason="field_refused" if number % 9 else "record_not_ours")
        first = marta.page(HERE)
        assert [one.reference in first.text for one in leads] == [True] * 25 + [False] * 3
        further = marta.page(f"{HERE}?after={deliveries_now(store, leads[24])[0].id}").text
        assert [one.reference in further for one in leads] == [False] * 25 + [True] * 3
        narrowed = marta.page(f"{HERE}?reason=record_not_ours").text
        assert [one.reference in narrowed for one in leads] == [not number % 9 for number in range(28)]
        assert "All 28 a field was refused 24 record not ours 4" in words_of(first)

    def test_an_administrator_sees_it_without_a_way_to_the_lead(
        self, marta: Browser, reviewing: MakeReviewer, failed: str, lead: Lead
    ) -> None:
        link = f'href="{path_of(lead)}"'
        assert link in marta.get(HERE).text
        seen = reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR]).get(HERE).text
        assert (lead.reference in seen, link in seen) == (True, False)


class TestActs:
    def test_try_again(self, marta: Browser, store: Store, failed: str, lead: Lead) -> None:
        assert act(marta, marta.page(HERE), failed, "again") == 303
        assert lead_now(store, lead).state is LeadState.QUALIFIED
        assert "Nothing waits for a person" in marta.get(HERE).text

    def test_done_by_hand_is_said_on_the_lead(self, marta: Browser, store: Store, failed: str, lead: Lead) -> None:
        done = {"words": "Typed into the CRM", "remote_id": "4711"}
        assert act(marta, marta.page(HERE), failed, "by-hand", **done) == 303
        said = words_of(marta.page(path_of(lead)))
        assert "State Done by hand" in said
        assert f"Number there 4711 By {MARTA} In their words Typed into the CRM" in said
        assert f"Done there by hand by {MARTA}" in said
        assert state_of(store, lead) is DeliveryState.BY_HAND

    def test_given_up_is_said_on_the_lead(self, marta: Browser, store: Store, failed: str, lead: Lead) -> None:
        assert act(marta, marta.page(HERE), failed, "close", reason="not_possible") == 303
        said = words_of(marta.page(path_of(lead)))
        assert "State Given up by staff" in said
        assert "not possible there" in said

    @pytest.mark.parametrize(
        ("name", "fields", "status"),
        [
            ("by-hand", {"words": ""}, 422),
            ("by-hand", {"words": "for zane@guest.example"}, 422),
            ("by-hand", {"words": "Typed", "remote_id": "<b>"}, 422),
            ("close", {"reason": ""}, 422),
            ("close", {"reason": "parcel_refused"}, 422),
            ("close", {"reason": "other", "words": ""}, 422),
            ("again", {"seen_turn": "7"}, 409),
            ("again", {"seen_turn": "x"}, 400),
        ],
    )
    def test_what_cannot_be_taken_changes_nothing(
        self, marta: Browser, store: Store, failed: str, lead: Lead, name: str, fields: dict[str, str], status: int
    ) -> None:
        assert act(marta, marta.page(HERE), failed, name, **fields) == status
        assert state_of(store, lead) is DeliveryState.REFUSED

    def test_of_two_who_act_the_second_is_told(
        self, marta: Browser, reviewing: MakeReviewer, store: Store, failed: str, lead: Lead
    ) -> None:
        other = reviewing("elza@tidewick.example", roles=[Role.LEAD])
        theirs = other.page(HERE)
        assert act(marta, marta.page(HERE), failed, "close", reason="not_wanted") == 303
        answer = other.send(theirs, f"{HERE}/{failed}/by-hand", words="Typed into the CRM")
        assert answer.status_code == 409
        assert "Somebody was quicker" in answer.text
        assert state_of(store, lead) is DeliveryState.CLOSED

    @pytest.mark.parametrize("headers", FOREIGN)
    def test_sec11_another_site_changes_nothing(
        self, marta: Browser, store: Store, failed: str, lead: Lead, headers: dict[str, str]
    ) -> None:
        path = f"{HERE}/{failed}/again"
        assert (
            marta.client.post(path, data={"proof": proof_of(marta), "seen_turn": "1"}, headers=headers).status_code
            == 403
        )
        assert state_of(store, lead) is DeliveryState.REFUSED

    @pytest.mark.parametrize("role", sorted(PEOPLE_ROLES - {Role.LEAD, Role.ADMINISTRATOR}))
    @pytest.mark.parametrize("name", ["again", "by-hand", "close"])
    def test_sec06_nobody_else_settles_anything(
        self, reviewing: MakeReviewer, store: Store, failed: str, lead: Lead, role: Role, name: str
    ) -> None:
        browser = reviewing(roles=[role])
        data = {"proof": proof_of(browser), "seen_turn": "1", "reason": "not_wanted", "words": "Typed"}
        assert browser.client.post(f"{HERE}/{failed}/{name}", data=data, headers=OURS).status_code == 403
        assert state_of(store, lead) is DeliveryState.REFUSED
