"""Leads approved by the rule of their form: only whom it was said to, and nobody is dropped (N-13, S-12)."""

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows import approve_by_rule as flow
from intake_api.flows.approve_by_rule import RuleDesk, approve_by_rule
from intake_api.flows.undo_move import undo_move
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.lead_lists import list_leads
from intake_api.store.leads import Lead, restrict
from intake_api.store.rule_approvals import approved_by
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.engine import engine_holds
from tests.intake_api.flows.approving import CONFIRMED, TURN_ON
from tests.intake_api.flows.merging import confirm
from tests.intake_api.flows.publishing import Press
from tests.intake_api.kept_leads import approve, deliveries_now, entries, keep_lead, kinds, lead_now


class Ruled:
    """A house whose form has a rule."""

    def __init__(self, store: Store, queue: Queue, clock: DrivenClock, press: Press) -> None:
        self.store, self.queue, self.clock, self.press = store, queue, clock, press
        self.catalogue = press.publish(*TURN_ON)
        self.desk = self.desk_of(self.catalogue)

    @staticmethod
    def desk_of(catalogue: Catalogue) -> RuleDesk:
        rules = {form.key: form.approval for form in catalogue.forms.values() if form.approval}
        return RuleDesk(rules, "file", "crm")

    def lead(self, catalogue: Catalogue | None = None, **fields: object) -> Lead:
        """Keep a lead of somebody of their own."""
        known = catalogue or self.catalogue
        someone = f"anna{self.clock.advance(seconds=1):%H%M%S}@caller.example"
        return keep_lead(self.store, known, now=self.clock(), **{"email": someone, **fields})

    def round(self) -> int:
        return approve_by_rule(self.store, self.queue, self.desk, now=self.clock())


@pytest.fixture
def ruled(store: Store, queue: Queue, clock: DrivenClock, press: Press) -> Ruled:
    return Ruled(store, queue, clock, press)


class TestApproving:
    def test_it_goes_as_if_a_person_had_approved_it_and_the_evidence_says_by_which_rule(self, ruled: Ruled) -> None:
        lead = ruled.lead(headcount=25, role="owner")
        assert ruled.round() == 1
        assert lead_now(ruled.store, lead).state is LeadState.QUALIFIED
        (delivery,) = deliveries_now(ruled.store, lead)
        assert (delivery.destination, delivery.recipient, len(engine_holds(ruled.store))) == ("file", "crm", 1)
        (entry,) = entries(ruled.store, lead, "lead.approved_by_rule")
        assert (entry["actor"], entry["rule"], entry["version"]) == ("system", "request_demo.approve_automatically", 1)
        assert (entry["score"], entry["score_at_least"], entry["delivery"]) == (55, 50, delivery.id)
        assert "lead.read" not in kinds(ruled.store, lead)
        with ruled.store.reading() as tx:
            assert approved_by(tx, lead.id) == 1
        assert ruled.round() == 0

    def test_s12_a_low_score_waits_in_sight_of_a_person(self, ruled: Ruled) -> None:
        lead = ruled.lead()
        assert lead.score == 0
        assert [ruled.round() for _ in range(3)] == [0, 0, 0]
        assert lead_now(ruled.store, lead) == lead
        with ruled.store.reading() as tx:
            assert [one.id for one in list_leads(tx)] == [lead.id]

    def test_n13_who_was_not_told_is_decided_on_by_a_person(self, ruled: Ruled, catalogue: Catalogue) -> None:
        """Turned on today, it does not reach back to whoever sent the form on the notice of yesterday."""
        before = ruled.lead(catalogue, headcount=25, role="owner")
        assert ruled.round() == 0
        assert lead_now(ruled.store, before).state is LeadState.NEW

    def test_where_the_address_must_be_confirmed_an_unconfirmed_one_waits(self, ruled: Ruled) -> None:
        stricter = ruled.press.publish(CONFIRMED)
        ruled.desk = ruled.desk_of(stricter)
        lead = ruled.lead(stricter, headcount=25, role="owner")
        assert ruled.round() == 0
        assert lead_now(ruled.store, lead).state is LeadState.NEW

    def test_and_goes_once_its_owner_has_followed_the_link(self, ruled: Ruled) -> None:
        stricter = ruled.press.publish(CONFIRMED)
        ruled.desk = ruled.desk_of(stricter)
        lead = ruled.lead(stricter, headcount=25, role="owner", decisions={"newsletter": True})
        assert ruled.round() == 0
        confirm(ruled.store, lead, ruled.clock)
        assert ruled.round() == 1

    def test_of_two_leads_that_may_be_of_one_person_neither_goes(self, ruled: Ruled) -> None:
        for _ in range(2):
            ruled.lead(headcount=25, role="owner", phone="+371 2612 3456")
        assert ruled.round() == 0

    def test_s10_g02_what_may_not_go_does_not(self, ruled: Ruled) -> None:
        restricted = ruled.lead(headcount=25, role="owner")
        with ruled.store.writing() as tx:
            restrict(tx, restricted.id, ruled.clock.now.replace(year=2028))
        ruled.desk.recipient = "another"
        closed = ruled.lead(headcount=25, role="owner")
        assert ruled.round() == 0
        assert lead_now(ruled.store, closed).state is LeadState.NEW

    def test_what_a_person_took_back_is_not_approved_again(self, ruled: Ruled) -> None:
        by_rule, by_person = ruled.lead(headcount=25, role="owner"), ruled.lead(headcount=25, role="manager")
        approve(ruled.store, ruled.queue, by_person, now=ruled.clock(), destination="file")
        assert ruled.round() == 1
        for lead in (by_rule, by_person):
            seen = lead_now(ruled.store, lead)
            how = {"seen_version": seen.version, "staff_id": "5" * 32, "now": ruled.clock()}
            undo_move(ruled.store, ruled.queue, lead.reference, **how)  # type: ignore[arg-type]
        assert ruled.round() == 0
        assert {lead_now(ruled.store, one).state for one in (by_rule, by_person)} == {LeadState.NEW}

    def test_those_it_leaves_to_people_do_not_keep_it_from_later_ones(
        self, ruled: Ruled, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(flow, "A_ROUND", 2)
        for _ in range(4):
            ruled.lead(headcount=25, role="owner", phone="+371 2612 3456")
        later = ruled.lead(headcount=25, role="owner")
        assert sum(ruled.round() for _ in range(3)) == 1
        assert lead_now(ruled.store, later).state is LeadState.QUALIFIED
