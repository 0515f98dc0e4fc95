"""Before the button: what would travel, what stays, and why; and no button where nothing may (X-01 to X-03)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from intake_api.app import create_review_app
from intake_api.catalogue.definitions import Recipient
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.rules.lead_state import LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead, restrict
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, deliveries_now, keep_first_yes, keep_lead, lead_now
from tests.intake_api.recorded_leads import record
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, path_of, words_of

ODOO = FieldMap(
    fields={"name": "contact_name", "email": "email_from"},
    fixed={"source_id": "Website"},
    consent={"newsletter": ConsentFields("x_newsletter", None, "x_proof")},
    opt_out=("newsletter",),
)
Moved = Callable[..., Browser]


@pytest.fixture
def moved(settings: Settings, catalogue: Catalogue, store: Store, clock: DrivenClock, reviewer: Browser) -> Moved:
    """The same reviewer at a door whose settings or catalogue are others."""

    def move(known: Catalogue = catalogue, **changes: str) -> Browser:
        app = create_review_app(replace(settings, **changes), known, store, clock)  # type: ignore[arg-type]
        return Browser(app, reviewer.token)

    return move


class TestDryRun:
    def test_x02_it_says_what_travels_under_which_name_and_what_stays(
        self, moved: Moved, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"newsletter": False})
        page = moved(replace(catalogue, destinations={"odoo": ODOO}), destination="odoo").page(path_of(lead))
        said = words_of(page)
        assert "Would travel: 2 · stays here: 2" in said
        assert f"contact_name ← name {FIELDS['name']}" in said
        assert f"email_from ← email {FIELDS['email']}" in said
        assert "source_id ← the same for every new one Website" in said
        assert "written there in x_newsletter , x_proof" in said
        assert "is told not to send this person advertising" in said
        assert "Message – the map of fields for “Odoo” does not name it" in said
        assert said.index("Would travel") < said.index("Approve and send")

    def test_a_yes_that_waits_for_its_confirmation_is_no_no(
        self, moved: Moved, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"newsletter": True})
        page = moved(replace(catalogue, destinations={"odoo": ODOO}), destination="odoo").page(path_of(lead))
        assert "written there in x_newsletter , x_proof" in words_of(page)
        assert "is told not to send this person advertising" not in words_of(page)

    def test_where_it_cannot_be_known_what_becomes_of_it_there_that_is_said(
        self, reviewer: Browser, lead: Lead
    ) -> None:
        assert 'data-there="cannot_tell"' in reviewer.get(path_of(lead)).text

    def test_it_stands_only_where_somebody_may_approve(self, reviewer: Browser, lead: Lead) -> None:
        assert "data-dry-run" in reviewer.get(path_of(lead)).text
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/approve"))
        assert "data-dry-run" not in reviewer.get(path_of(lead)).text

    def test_x01_another_crm_gets_nothing_and_the_page_says_what_to_do_next(
        self, moved: Moved, store: Store, catalogue: Catalogue, lead: Lead
    ) -> None:
        other = Recipient("partner", "Fernpost Example Ltd", "controller", "GB", None)
        known = replace(catalogue, recipients={**catalogue.recipients, "partner": other})
        switched = moved(known, destination_recipient="partner")
        page = switched.page(path_of(lead))
        assert "Would travel: 0 · stays here: 4" in words_of(page)
        assert "Name, email, company, message – nothing of this lead may go" in words_of(page)
        refused = forced(switched, lead)
        assert refused.status_code == 409
        assert 'data-obstacle="recipient_not_disclosed"' in refused.text
        assert "Whoever looks after the catalogue names the recipient in the notice" in refused.text
        assert (lead_now(store, lead).state, deliveries_now(store, lead)) == (LeadState.NEW, [])


class TestMissing:
    """X-03: whatever is missing, nothing goes: neither by the button, which is not there, nor around it."""

    @pytest.fixture
    def tried(self, reviewer: Browser, store: Store) -> Callable[[Lead, str], None]:
        """Look at a lead and force its approval: both say what is missing, and nothing comes of it."""

        def try_it(lead: Lead, code: str) -> None:
            assert path_of(lead, "/approve") not in reviewer.page(path_of(lead)).forms
            refused = forced(reviewer, lead)
            assert refused.status_code == 409
            assert f'data-obstacle="{code}"' in refused.text
            assert (lead_now(store, lead).state, deliveries_now(store, lead)) == (LeadState.NEW, [])

        return try_it

    def test_x03_the_second_yes(
        self, tried: Callable[[Lead, str], None], store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        tried(keep_first_yes(store, queue, catalogue, now=clock()), "confirmation_missing")

    def test_x03_the_notice(
        self, tried: Callable[[Lead, str], None], store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        tried(record(store, queue, catalogue, now=clock()), "not_told")

    def test_x03_time(self, reviewing: MakeReviewer, store: Store, lead: Lead, clock: DrivenClock) -> None:
        clock.now = lead.delete_after + timedelta(seconds=1)
        refused = forced(reviewing(), lead)
        assert (refused.status_code, 'data-obstacle="past_retention"' in refused.text) == (409, True)
        assert deliveries_now(store, lead) == []

    def test_x03_s10_leave_to_use_it(self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock) -> None:
        with store.writing() as tx:
            restrict(tx, lead.id, clock() + timedelta(days=365))
        refused = forced(reviewer, lead)
        assert (refused.status_code, deliveries_now(store, lead)) == (423, [])


def forced(browser: Browser, lead: Lead) -> Any:
    """Approve a lead around its page, as somebody who makes the request by hand."""
    proof = next(iter(browser.page("/").forms.values())).fields["proof"]
    seen = {"proof": proof, "seen_version": str(lead.version)}
    return browser.client.post(path_of(lead, "/approve"), data=seen, headers=OURS)
