"""What we believe against what the destination holds: found by name, put right on a click, cut off and gone on with."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.reconcile import reconcile_at_night, reconcile_batch, reconcile_now
from intake_api.flows.repair_difference import ForwardingBlocked, NotToRepair, repair_difference
from intake_api.flows.tell_destinations import tell_destinations
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.comparisons import Difference, Differs, begin_comparison, find_comparison, list_differences
from intake_api.store.deliveries import UNSETTLED, DeliveryRow, DeliveryState
from intake_api.store.leads import Lead
from intake_api.store.turns import give_turns
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.worlds.odoo import OdooWorld, odoo_19_world
from tests.intake_api.crm.worlds.webhook import webhook_world
from tests.intake_api.kept_leads import approve, deliveries_now, keep_lead, lead_now

STAFF = "s" * 32


class House:
    """A house whose leads go to an Odoo."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, world: OdooWorld) -> None:
        self.store, self.queue, self.catalogue, self.clock, self.world = store, queue, catalogue, clock, world
        self.destination = world.destination

    def delivered(self) -> Lead:
        lead = keep_lead(self.store, self.catalogue, now=self.clock())
        approve(self.store, self.queue, lead, now=self.clock(), destination="odoo")
        self.work(lead)
        assert lead_now(self.store, lead).state is LeadState.DELIVERED
        return lead

    def work(self, lead: Lead) -> None:
        """Make the attempt of all that waits of a lead."""
        for one in deliveries_now(self.store, lead):
            if one.state in UNSETTLED:
                with self.store.writing() as tx:
                    give_turns(tx, DeliveryRow, [one.id])
                deliver(self.store, self.destination, one.id, one.turn + 1, clock=self.clock)

    def erased(self, lead: Lead) -> None:
        with self.store.writing() as tx:
            now = lead_now(self.store, lead)
            tell_destinations(tx, now, "erase", now=self.clock())
            erase_lead(tx, now, actor="subject", why="asked", now=self.clock())
        self.work(lead)

    def found(self) -> list[Difference]:
        reconcile_now(self.store, self.destination, clock=self.clock)
        with self.store.reading() as tx:
            return list_differences(tx, limit=100)

    def repair(self, found: Difference) -> None:
        named = self.destination.map
        repair_difference(self.store, found.id, named, staff_id=STAFF, now=self.clock())

    def record(self, lead: Lead) -> dict[str, object]:
        """Return the record over there, to tamper with."""
        model, number = self.world.odoo.external[f"vestibule.{lead.id}"]
        return self.world.odoo.rows[model][number]


@pytest.fixture
def house(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> Iterator[House]:
    with odoo_19_world(tmp_path) as world:
        yield House(store, queue, catalogue, clock, world)


class TestFinding:
    def test_g05_nothing_where_both_say_the_same(self, house: House) -> None:
        house.delivered()
        house.erased(house.delivered())
        assert house.found() == []

    def test_g05_what_was_tampered_with_is_named_and_put_right(self, house: House) -> None:
        lead = house.delivered()
        house.record(lead)["email_from"] = "tampered@sample.example"
        (one,) = house.found()
        assert (one.kind, one.names, one.reference) == (Differs.OTHERWISE, ["email_from"], lead.reference)
        house.repair(one)
        with pytest.raises(NotToRepair):
            house.repair(one)
        house.work(lead)
        assert house.record(lead)["email_from"] == "janis.berzins@example.lv"
        assert house.found() == []

    def test_g05_what_was_erased_and_is_there_again_stands_first_and_is_erased(self, house: House) -> None:
        other, lead = house.delivered(), house.delivered()
        house.record(other)["email_from"] = "tampered@sample.example"
        model, number = house.world.odoo.external[f"vestibule.{lead.id}"]
        kept = dict(house.record(lead))
        house.erased(lead)
        assert house.world.records(lead.id) == []
        house.world.odoo.rows[model][number] = kept
        house.world.odoo.external[f"vestibule.{lead.id}"] = (model, number)
        first, _ = house.found()
        assert (first.kind, first.names, first.reference) == (Differs.STILL_THERE, [], lead.reference)
        house.repair(first)
        house.work(lead)
        assert house.world.records(lead.id) == []
        assert [one.kind for one in house.found()] == [Differs.OTHERWISE]

    def test_g05_what_is_missing_is_sent_again_through_the_gate(self, house: House, clock: DrivenClock) -> None:
        lead = house.delivered()
        model, number = house.world.odoo.external.pop(f"vestibule.{lead.id}")
        del house.world.odoo.rows[model][number]
        (one,) = house.found()
        assert one.kind is Differs.MISSING
        with house.store.writing() as tx:
            tx.execute(text("UPDATE leads SET delete_after = :then"), {"then": datetime(2026, 1, 1)})  # noqa: DTZ001
        with pytest.raises(ForwardingBlocked):
            house.repair(one)
        with house.store.writing() as tx:
            tx.execute(text("UPDATE leads SET delete_after = :then"), {"then": datetime(2027, 1, 1)})  # noqa: DTZ001
        house.repair(one)
        house.work(lead)
        assert len(house.world.records(lead.id)) == 1
        assert lead_now(house.store, lead).state is LeadState.DELIVERED
        assert house.found() == []

    def test_while_something_is_on_its_way_nothing_is_said(self, house: House, clock: DrivenClock) -> None:
        lead = house.delivered()
        house.record(lead)["email_from"] = "tampered@sample.example"
        with house.store.writing() as tx:
            tell_destinations(tx, lead_now(house.store, lead), "update_consent", now=clock())
        assert house.found() == []


class TestGoingOn:
    def test_a_batch_that_was_cut_off_is_made_again_and_nothing_twice(self, house: House, clock: DrivenClock) -> None:
        leads = [house.delivered() for _ in range(5)]
        with house.store.writing() as tx:
            begin_comparison(tx, "odoo", now=clock())
        assert reconcile_batch(house.store, house.destination, clock=clock, limit=2)
        with house.world.says(503, b"{}"):
            assert reconcile_batch(house.store, house.destination, clock=clock, limit=2)
        with house.store.reading() as tx:
            stopped = find_comparison(tx, "odoo")
        assert stopped is not None
        assert (stopped.compared, stopped.ended_for) == (2, "not_now")
        last = reconcile_now(house.store, house.destination, clock=clock)
        assert (last.compared, last.ended_for) == (len(leads), None)

    def test_only_at_night_once_and_while_nothing_is_due(self, house: House, clock: DrivenClock) -> None:
        lead = house.delivered()
        assert not reconcile_at_night(house.store, house.destination, clock=clock)
        clock.advance(hours=17)  # 02:00
        waiting = keep_lead(house.store, house.catalogue, now=clock())
        approve(house.store, house.queue, waiting, now=clock(), destination="odoo")
        assert not reconcile_at_night(house.store, house.destination, clock=clock)
        house.work(waiting)
        assert reconcile_at_night(house.store, house.destination, clock=clock)
        assert not reconcile_at_night(house.store, house.destination, clock=clock)
        assert lead_now(house.store, lead).state is LeadState.DELIVERED

    def test_one_that_only_takes_says_so(self, house: House, clock: DrivenClock, tmp_path: Path) -> None:
        with webhook_world(tmp_path) as world:
            lead = keep_lead(house.store, house.catalogue, now=clock())
            delivery = approve(house.store, house.queue, lead, now=clock())
            deliver(house.store, world.destination, delivery.id, delivery.turn, clock=clock)
            assert deliveries_now(house.store, lead)[0].state is DeliveryState.DELIVERED
            assert reconcile_now(house.store, world.destination, clock=clock).ended_for == "cannot_tell"
