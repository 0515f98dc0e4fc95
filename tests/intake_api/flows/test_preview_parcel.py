"""The dry run says exactly what a delivery then sends, and why the rest stays here (X-02)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.crm.json_lines import JsonLinesFile
from intake_api.crm.port import document
from intake_api.flows.deliver import deliver
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.preview_parcel import Going, Preview, preview_parcel
from intake_api.flows.read_lead import read_lead
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.field_map import AS_HERE, ConsentFields, FieldMap
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, approve, deliveries_now, keep_lead, kinds, receipt_of

MAPPED = FieldMap(
    fields={"name": "contact_name", "email": "email_from"},
    forms={"request_demo": {"headcount": "x_headcount"}},
    fixed={"source": "Website"},
    consent={"newsletter": ConsentFields("x_newsletter", None, "x_proof")},
    opt_out=("newsletter",),
)


def preview(store: Store, lead: Lead, clock: DrivenClock, named: FieldMap = AS_HERE, recipient: str = "crm") -> Preview:
    """Make the dry run of a lead, as the page and the command do."""
    whole = read_lead(store, lead.reference, actor="operator", why="preview", now=clock())
    with store.reading() as tx:
        return preview_parcel(
            tx,
            store,
            whole.lead,
            judge_forwarding(tx, whole.lead, recipient, now=clock()),
            named,
            destination="file",
            recipient=recipient,
            given=whole.values,
        )


class TestPreview:
    @pytest.mark.parametrize("named", [AS_HERE, MAPPED], ids=["as here", "mapped"])
    def test_x02_it_is_the_parcel_that_is_then_delivered(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path, named: FieldMap
    ) -> None:
        said = {"newsletter": True, "product_offers": False}
        lead = keep_lead(store, catalogue, now=clock(), decisions=said, headcount=25)
        made = preview(store, lead, clock, named)
        approve(store, queue, lead, now=clock(), destination="file")
        (delivery,) = deliveries_now(store, lead)
        file = JsonLinesFile(tmp_path / "leads.jsonl", "crm", named)
        deliver(store, file, delivery.id, delivery.turn, clock=clock)
        assert made.parcel is not None
        sent = json.loads((tmp_path / "leads.jsonl").read_text())
        assert {**document("upsert", replace(made.parcel, delivery=delivery.id)), "sent_at": sent["sent_at"]} == sent
        assert {one.there: one.value for one in made.going} == sent["fields"]

    def test_each_field_says_why_it_stays(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        lead = keep_lead(store, catalogue, now=clock(), headcount=25)
        made = preview(store, lead, clock, MAPPED)
        assert made.going == (
            Going("name", "contact_name", FIELDS["name"]),  # type: ignore[arg-type]
            Going("email", "email_from", FIELDS["email"]),  # type: ignore[arg-type]
            Going("headcount", "x_headcount", 25),
        )
        assert {one.here: one.why for one in made.staying} == {"company": "unmapped", "message": "unmapped"}
        assert (made.opt_out, made.fixed, made.remote_id) == (True, {"source": "Website"}, None)
        assert made.consent == {"newsletter": MAPPED.consent["newsletter"]}

    def test_what_was_taken_back_stays_with_what_it_was_for(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        """The answers of a request that was stopped do not go with a yes to something else."""
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        withdraw_by_receipt(store, receipt_of(lead), ["respond_to_request"], now=clock())
        made = preview(store, lead, clock)
        stays = {one.here: (one.why, dict(one.states)) for one in made.staying}
        assert stays["company"] == ("no_living_purpose", {"respond_to_request": DecisionState.STOPPED})
        assert [one.here for one in made.going] == ["email"]

    def test_where_nothing_may_go_nothing_goes(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        made = preview(store, keep_lead(store, catalogue, now=clock()), clock, recipient="another_crm")
        assert (made.parcel, made.going) == (None, ())
        assert {one.why for one in made.staying} == {"gate_closed"}
        assert [one.code for one in made.obstacles] == ["recipient_not_disclosed"]

    def test_nothing_is_sent_and_nothing_but_the_reading_written(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock())
        before = kinds(store, lead)
        preview(store, lead, clock)
        assert sorted(kinds(store, lead)) == sorted([*before, "lead.read"])
        assert deliveries_now(store, lead) == []
