"""Merging (T-10): only with the same confirmed address, the strictest counts, nothing is lost, undone exactly."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.deliver import deliver
from intake_api.flows.find_duplicates import find_duplicates
from intake_api.flows.judge_forwarding import Judgement, judge_forwarding
from intake_api.flows.mark_spam import mark_spam
from intake_api.flows.merge_leads import LeadChanged, MergeRefused, merge_leads
from intake_api.flows.read_lead import read_lead
from intake_api.flows.unmerge_leads import MoveRefused
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.rules.merging import Hindrance
from intake_api.store.base import Store
from intake_api.store.deliveries import DELIVERIES, DeliveryState
from intake_api.store.lead_candidates import find_hinted
from intake_api.store.lead_lists import Wanted, list_leads
from intake_api.store.lead_merges import states_together
from intake_api.store.leads import Lead, LeadRestricted, get_lead_by_id, restrict
from intake_api.store.turns import claim_turn
from intake_api.web.review.filters import ALL, states_in
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.engine import engine_holds
from tests.intake_api.flows.merging import ILZE, Pair
from tests.intake_api.kept_leads import FIELDS, approve, deliveries_now, entries, kinds

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
GIVEN, REFUSED = DecisionState.GIVEN, DecisionState.REFUSED


@pytest.fixture
def pair(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Pair:
    return Pair(store, queue, catalogue, clock)


def alike(lead: Lead) -> Lead:
    """Return a lead without its version, which only ever rises."""
    return replace(lead, version=0)


def everything_of(store: Store, lead: Lead) -> dict[str, list[tuple[object, ...]]]:
    """Return what is held about a lead beside its own row, as it lies in the tables."""
    tables = ("decisions", "lead_index", "lead_notes", "confirmations", "lead_moves", "deliveries")
    with store.reading() as tx:
        sealed = tx.execute(text("SELECT sealed, receipt_digest FROM leads WHERE id = :id"), {"id": lead.id}).all()
        found = {"sealed": [tuple(row) for row in sealed]}
        for table in tables:
            rows = tx.execute(text(f"SELECT * FROM {table} WHERE lead_id = :id"), {"id": lead.id})  # noqa: S608
            found[table] = sorted((tuple(row) for row in rows), key=repr)
    return found


def judged(pair: Pair, lead: Lead) -> Judgement:
    with pair.store.reading() as tx:
        return judge_forwarding(tx, get_lead_by_id(tx, lead.id), "crm", now=pair.clock())


class TestWhatCanBeMerged:
    def test_t10_without_a_confirmed_address_nothing_is(self, store: Store, pair: Pair) -> None:
        one, other = (pair.keep(email="anna@sample.example", phone="+37126123456") for _ in range(2))
        third = pair.keep(phone="+37126123456", email="bela@sample.example")
        for stays, merged in ((one, other), (one, third), (pair.confirmed, third)):
            with pytest.raises(MergeRefused) as refused:
                pair.merge(stays, merged)
            assert refused.value.code == "contact_not_confirmed"
        assert kinds(store, one, "lead.merged") == []

    def test_c16_a_name_suffices_for_nothing(self, pair: Pair) -> None:
        namesake = pair.keep(email="namesake@sample.example")
        with pytest.raises(MergeRefused) as refused:
            pair.merge(pair.confirmed, namesake)
        assert refused.value.hindrance is Hindrance.NOT_CONFIRMED

    def test_neither_with_itself_nor_what_looks_like_a_machines(self, pair: Pair) -> None:
        with pytest.raises(MergeRefused) as refused:
            pair.merge(pair.later, pair.later)
        assert refused.value.hindrance is Hindrance.SAME_LEAD
        seen = pair.now(pair.later).version
        mark_spam(pair.store, pair.later.reference, seen_version=seen, staff_id=ILZE, now=pair.clock())
        for stays, merged in ((pair.later, pair.confirmed), (pair.confirmed, pair.later)):
            with pytest.raises(MergeRefused) as refused:
                pair.merge(stays, merged)
            assert refused.value.hindrance is Hindrance.STATE

    def test_s10_nor_what_is_restricted(self, pair: Pair) -> None:
        with pair.store.writing() as tx:
            restrict(tx, pair.later.id, pair.later.delete_after)
        for stays, merged in ((pair.later, pair.confirmed), (pair.confirmed, pair.later)):
            with pytest.raises(LeadRestricted):
                pair.merge(stays, merged)

    def test_a_chain_is_refused_and_more_into_one_is_not(self, pair: Pair) -> None:
        third = pair.keep()
        pair.merge(pair.confirmed, pair.later)
        for stays, merged, why in (
            (pair.later, third, Hindrance.STATE),
            (third, pair.later, Hindrance.STATE),
            (third, pair.confirmed, Hindrance.HAS_MERGED),
        ):
            with pytest.raises(MergeRefused) as refused:
                pair.merge(stays, merged)
            assert refused.value.hindrance is why
        pair.merge(pair.confirmed, third)
        assert pair.now(third).state is LeadState.MERGED

    @pytest.mark.parametrize("which", ["stays", "merged"])
    def test_an_old_look_merges_nothing(self, pair: Pair, which: str) -> None:
        seen = {"seen_version": pair.now(pair.confirmed).version, "merged_version": pair.now(pair.later).version}
        seen["seen_version" if which == "stays" else "merged_version"] -= 1
        one, other = pair.confirmed.reference, pair.later.reference
        with pytest.raises(LeadChanged):
            merge_leads(pair.store, one, other, **seen, staff_id=ILZE, now=pair.clock())
        assert pair.now(pair.later).state is LeadState.NEW


class TestMerged:
    def test_nothing_of_either_is_rewritten(self, store: Store, pair: Pair) -> None:
        before = [everything_of(store, lead) for lead in (pair.confirmed, pair.later)]
        pair.merge(pair.confirmed, pair.later)
        assert [everything_of(store, lead) for lead in (pair.confirmed, pair.later)] == before
        whole = read_lead(store, pair.later.reference, actor="operator", why="test", now=pair.clock())
        assert whole.values["message"] == "Me again."

    def test_it_leaves_every_list(self, store: Store, pair: Pair, clock: DrivenClock) -> None:
        third = pair.keep()
        pair.merge(pair.confirmed, pair.later)
        with store.reading() as tx:
            for wanted in (Wanted(states=states_in(ALL)), Wanted(states=(LeadState.NEW,))):
                assert {one.id for one in list_leads(tx, wanted)} == {pair.confirmed.id, third.id}
            assert find_hinted(tx, [third.id]) == {third.id}
        whole = read_lead(store, third.reference, actor="operator", why="test", now=clock())
        found = find_duplicates(store, whole, staff_id=ILZE, now=clock())
        assert [one.lead.id for one in found.shown] == [pair.confirmed.id]
        pair.merge(pair.confirmed, third)
        with store.reading() as tx:
            assert find_hinted(tx, [pair.confirmed.id]) == set()

    def test_t10_the_earlier_end_counts_for_both(self, pair: Pair) -> None:
        ends = {pair.now(lead).delete_after for lead in (pair.confirmed, pair.later)}
        assert len(ends) == 2
        pair.merge(pair.later, pair.confirmed)
        assert {pair.now(lead).delete_after for lead in (pair.confirmed, pair.later)} == {min(ends)}

    def test_t10_the_gate_and_the_queue_read_the_strictest_of_both(self, store: Store, pair: Pair) -> None:
        lead, permitted = pair.later, Wanted(states=(LeadState.NEW,), purpose="product_offers")
        for purposes, listed, state in (
            ({"respond_to_request", "product_offers"}, [lead.id], GIVEN),
            ({"respond_to_request"}, [], REFUSED),
        ):
            assert set(judged(pair, lead).purposes) == purposes
            with store.reading() as tx:
                assert states_together(tx, [lead.id])[lead.id]["product_offers"] is state
                assert [found.id for found in list_leads(tx, permitted)] == listed
            if listed:
                pair.merge(lead, pair.confirmed)

    def test_the_evidence_of_both_names_both_and_what_won(self, store: Store, pair: Pair) -> None:
        pair.merge(pair.confirmed, pair.later)
        (mine,), (theirs,) = (entries(store, lead, "lead.merged") for lead in (pair.confirmed, pair.later))
        assert (mine["lead"], theirs["lead"]) == (pair.confirmed.id, pair.later.id)
        for entry in (mine, theirs):
            assert (entry["into"], entry["merged"], entry["actor"]) == (
                pair.confirmed.id,
                pair.later.id,
                f"staff:{ILZE}",
            )
            lines = {line["purpose"]: (line["stays"], line["merged"], line["counts"]) for line in entry["decisions"]}
            assert lines["newsletter"] == ("given", "requested", "requested")
            assert lines["product_offers"] == ("refused", "given", "refused")
        assert not [value for value in FIELDS.values() if str(value) in json.dumps(mine, ensure_ascii=False)]

    def test_x02_what_leaves_says_the_strictest_and_where_it_is_proven(
        self, store: Store, queue: Queue, pair: Pair, receiver: Receiver
    ) -> None:
        pair.merge(pair.later, pair.confirmed)
        sent = approve(store, queue, pair.now(pair.later), now=pair.clock())
        deliver(store, webhook(receiver.url), sent.id, sent.turn, clock=pair.clock)
        (parcel,) = (json.loads(request.body)["data"] for request in receiver.requests)
        said = {one["id"]: (one["state"], one["evidence"]) for one in parcel["purposes"]}
        assert said["product_offers"] == ("refused", pair.confirmed.evidence_entry)
        assert said["respond_to_request"] == ("acted", pair.later.evidence_entry)
        assert (parcel["lead"], parcel["fields"]["message"]) == (pair.later.id, "Me again.")


class TestUndoing:
    @pytest.mark.parametrize("turned", [False, True])
    def test_t10_both_stand_exactly_as_before(self, store: Store, pair: Pair, turned: bool) -> None:
        stays, merged = (pair.later, pair.confirmed) if turned else (pair.confirmed, pair.later)
        before = [(alike(pair.now(lead)), everything_of(store, lead)) for lead in (stays, merged)]
        pair.merge(stays, merged)
        pair.undo(stays, merged)
        assert [(alike(pair.now(lead)), everything_of(store, lead)) for lead in (stays, merged)] == before
        assert kinds(store, stays, "lead.unmerged") == kinds(store, merged, "lead.unmerged") == ["lead.unmerged"]
        assert judged(pair, stays).open

    def test_the_last_merge_is_undone_first(self, pair: Pair) -> None:
        third = pair.keep()
        leads = (pair.confirmed, pair.later, third)
        before = [alike(pair.now(lead)) for lead in leads]
        pair.merge(third, pair.confirmed)
        pair.merge(third, pair.later)
        with pytest.raises(MoveRefused):
            pair.undo(third, pair.confirmed)
        pair.undo(third, pair.later)
        pair.undo(third, pair.confirmed)
        assert [alike(pair.now(lead)) for lead in leads] == before
        with pytest.raises(MoveRefused):
            pair.undo(third, pair.confirmed)


class TestDeliveries:
    def test_what_waits_is_cancelled_and_waits_again_once(self, store: Store, queue: Queue, pair: Pair) -> None:
        delivery = approve(store, queue, pair.now(pair.later), now=pair.clock())
        qualified = pair.now(pair.later)
        pair.merge(pair.confirmed, pair.later)
        (cancelled,) = deliveries_now(store, pair.later)
        assert (cancelled.state, cancelled.last_reason) == (DeliveryState.CANCELLED, "merged")
        pair.undo(pair.confirmed, pair.later)
        (waiting,) = deliveries_now(store, pair.later)
        assert (waiting.id, waiting.state, waiting.turn) == (delivery.id, DeliveryState.QUEUED, delivery.turn + 1)
        assert any(f"{waiting.id}.{waiting.turn}" in key for key, _ in engine_holds(store))
        assert alike(pair.now(pair.later)) == alike(qualified)

    def test_what_a_worker_has_in_hands_is_waited_for(self, store: Store, queue: Queue, pair: Pair) -> None:
        delivery = approve(store, queue, pair.now(pair.later), now=pair.clock())
        with store.writing() as tx:
            claim_turn(tx, DELIVERIES, delivery.id, now=pair.clock())
        with pytest.raises(MergeRefused) as refused:
            pair.merge(pair.confirmed, pair.later)
        assert refused.value.hindrance is Hindrance.UNDER_WAY

    @pytest.mark.parametrize("turned", [False, True])
    def test_t10_the_recipient_who_has_one_is_told_what_counts_and_again_when_it_is_undone(
        self, store: Store, queue: Queue, pair: Pair, receiver: Receiver, turned: bool
    ) -> None:
        sent = approve(store, queue, pair.now(pair.later), now=pair.clock())
        deliver(store, webhook(receiver.url), sent.id, sent.turn, clock=pair.clock)
        stays, merged = (pair.later, pair.confirmed) if turned else (pair.confirmed, pair.later)
        pair.merge(stays, merged)
        (untold,) = (one for lead in (stays, merged) for one in deliveries_now(store, lead) if one.is_no)
        assert (untold.kind, untold.state, untold.place) == ("update_consent", DeliveryState.RETRYING, sent.place)
        assert (untold.lead_id, untold.next_attempt_at) == (pair.later.id, pair.clock())
        (entry,) = entries(store, merged, "lead.merged")
        assert [one["delivery"] for one in entry["told"]] == [untold.id]
        pair.clock.advance(seconds=1)
        pair.undo(stays, merged)
        nos = [one for one in deliveries_now(store, pair.later) if one.is_no]
        assert [one.state for one in nos] == [DeliveryState.CANCELLED, DeliveryState.RETRYING]  # it says what is so now
        assert pair.now(pair.later).state is LeadState.DELIVERED
