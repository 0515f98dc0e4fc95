"""The kept counts of reports: whatever happens, in whatever order it is counted, they are what counting anew finds."""

from collections import Counter
from random import Random

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.crm.port import Done, Refused, Retry
from intake_api.flows.contact_lead import contact_lead
from intake_api.flows.count_for_reports import count_for_reports
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.deliver import settle
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.forget_erased import forget_erased
from intake_api.flows.judge_forwarding import ForwardingBlocked
from intake_api.flows.mark_spam import mark_spam
from intake_api.flows.read_lead import read_lead
from intake_api.flows.refuse_form import refuse_form
from intake_api.flows.reverse_lead import reverse_lead
from intake_api.flows.seed_leads import seed_leads
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.flows.undo_move import undo_move
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState, MoveRefused
from intake_api.settings import Settings
from intake_api.store import counted_leads
from intake_api.store.base import Store, StoreUnavailable
from intake_api.store.counted_leads import current_counts
from intake_api.store.deliveries import UNSETTLED
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.report_counts import Kind, Mark
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.counted_anew import counted_anew, counts_now, marks_of
from tests.intake_api.flows.merging import Pair
from tests.intake_api.kept_leads import TOKEN_KEY, approve, deliveries_now, keep_lead, lead_now, receipt_of

STAFF_ID = "s" * 32
STEPS = 120
OUTCOMES = (Done(remote_id=None, status=200), Refused(reason="no", status=400), Retry(reason="busy", status=503))


class House:
    """A house to which things happen at random, always the same ones for a seed."""

    def __init__(self, store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock, seed: int) -> None:
        self.store, self.settings, self.catalogue, self.clock = store, settings, catalogue, clock
        self.queue, self.dice = Queue(store.url), Random(seed)
        self.leads: list[Lead] = []
        self.gone: Counter[Mark] = Counter()

    def expected(self) -> Counter[Mark]:
        """Say what the counts must be: what is there, and what those counted for who were erased."""
        return Counter({mark: number for mark, number in (self.gone + counted_anew(self.store)).items() if number})

    def count(self) -> None:
        """Do what the worker does each few seconds."""
        sequence_evidence(
            self.store, Signer(self.settings.secrets.evidence_key), self.settings.checkpoint_file, now=self.clock()
        )
        count_for_reports(self.store)

    def happen(self) -> None:
        """Let one thing happen; what the house refuses did not happen."""
        self.clock.advance(minutes=self.dice.randrange(1, 400))
        what = self.dice.choice(
            [self.come, self.come, self.refuse, self.decide, self.decide, self.deliver, self.person, self.count]
        )
        try:
            what()
        except (MoveRefused, ForwardingBlocked):
            return

    def come(self) -> None:
        """Let somebody send a form."""
        code = self.dice.choice(("", "spring", "autumn"))
        shown = show_form(self.store, self.catalogue, TOKEN_KEY, "request_contact", "en", "chat", now=self.clock())
        said = {"newsletter": self.dice.random() < 0.5}
        came_by = {"utm_source": "fair", "utm_campaign": code} if code else {}
        fields = {"name": "Olga Sample", "email": f"olga{len(self.leads)}@guest.example", "message": "Please call."}
        asked = {field.name for field in shown.view.form.fields}
        typed = {name: value for name, value in fields.items() if name in asked}
        sent = Submission("request_contact", shown.signed_id, "en", typed, said, came_by)
        if self.dice.random() < 0.5:
            lead = keep_lead(self.store, self.catalogue, now=self.clock(), decisions={"product_offers": True})
            self.leads.append(lead)
            return
        receipt = submit_lead(self.store, self.queue, self.catalogue, TOKEN_KEY, sent, now=self.clock())
        with self.store.reading() as tx:
            found = tx.scalar(text("SELECT id FROM leads WHERE reference = :it"), {"it": receipt.reference})
            self.leads.append(get_lead_by_id(tx, str(found)))

    def refuse(self) -> None:
        """Let somebody say no to a form, after a while."""
        shown = show_form(self.store, self.catalogue, TOKEN_KEY, "request_demo", "en", "page", now=self.clock())
        now = self.clock.advance(minutes=20)
        for _ in range(2):
            refuse_form(self.store, TOKEN_KEY, "request_demo", shown.signed_id, now=now)

    def decide(self) -> None:
        """Let staff do something about a lead."""
        if (lead := self.one()) is None:
            return
        seen = {"seen_version": lead.version, "staff_id": STAFF_ID, "now": self.clock()}
        what = self.dice.randrange(7)
        if what == 0:
            contact_lead(self.store, lead.reference, **seen)
        elif what == 1:
            decline_lead(self.store, lead.reference, reason="not_a_fit", **seen)
        elif what == 2:
            mark_spam(self.store, lead.reference, **seen)
        elif what == 3:
            undo_move(self.store, self.queue, lead.reference, **seen)
        elif what == 4:
            read_lead(self.store, lead.reference, actor=f"staff:{STAFF_ID}", why="review", now=self.clock())
        elif what == 5 and lead.state is LeadState.DELIVERED:
            reverse_lead(self.store, lead.reference, reason="not_a_fit", **seen)
        else:
            approve(self.store, self.queue, lead, now=self.clock(), destination="file")

    def deliver(self) -> None:
        """Let what waits to be delivered have an outcome."""
        if (lead := self.one()) is None:
            return
        waiting = [one for one in deliveries_now(self.store, lead) if one.kind == "upsert" and one.state in UNSETTLED]
        for delivery in waiting:
            with self.store.writing() as tx:
                settle(tx, delivery, self.dice.choice(OUTCOMES), None, now=self.clock(), jitter=0.5)

    def person(self) -> None:
        """Let the person of a lead take back what they said, or be erased."""
        if (lead := self.one()) is None:
            return
        if self.dice.random() < 0.5:
            withdraw_by_receipt(self.store, receipt_of(lead), None, now=self.clock())
            return
        with self.store.writing() as tx:
            self.gone.update(marks_of(tx, lead.id))
            erase_lead(tx, get_lead_by_id(tx, lead.id), actor="subject", why="asked", now=self.clock())

    def one(self) -> Lead | None:
        """Draw a lead that is not erased, as it stands."""
        there = [lead for lead in (lead_now(self.store, one) for one in self.leads) if lead.state != LeadState.ERASED]
        return self.dice.choice(there) if there else None


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestReportCounts:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_are_what_counting_anew_finds_whatever_happened(
        self, store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock, seed: int
    ) -> None:
        house = House(store, settings, catalogue, clock, seed)
        for step in range(STEPS):
            house.happen()
            if step % 10 == 0:
                assert counts_now(store) == house.expected()
        assert counts_now(store) == house.expected()
        house.count()
        with store.reading() as tx:
            assert current_counts(tx).since == {}
        assert counts_now(store) == house.expected()
        assert house.gone

    def test_what_was_there_before_is_counted_batch_by_batch(
        self,
        store: Store,
        settings: Settings,
        catalogue: Catalogue,
        clock: DrivenClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(counted_leads, "AT_ONCE", 70)
        to = {"mode": "test", "destination": "file", "recipient": "crm", "now": clock(), "rng": Random(5)}
        assert list(seed_leads(store, catalogue, count=200, **to)) == [200]  # type: ignore[arg-type]
        house = House(store, settings, catalogue, clock, 3)
        sequence_evidence(store, Signer(settings.secrets.evidence_key), settings.checkpoint_file, now=clock())
        with store.writing() as tx:  # as the migration finds it
            tx.execute(text("UPDATE counting SET is_filled = FALSE, position = (SELECT MAX(position) FROM evidence)"))
        with store.reading() as tx:
            assert current_counts(tx).is_filling
        count_for_reports(store)
        with store.reading() as tx:
            assert not current_counts(tx).is_filling
        assert counts_now(store) == house.expected()

    def test_are_right_before_and_after_two_leads_are_merged_and_stand_alone_again(
        self, store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock, queue: Queue
    ) -> None:
        house, pair = House(store, settings, catalogue, clock, 6), Pair(store, queue, catalogue, clock)
        approve(store, queue, pair.later, now=clock(), destination="file")
        for act in (pair.merge, pair.undo):
            house.count()
            act(pair.confirmed, pair.later)
            assert counts_now(store) == house.expected()
            house.count()
            assert counts_now(store) == house.expected()

    def test_what_was_read_stays_so_when_the_log_is_thinned_out(
        self, store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        house, lead = House(store, settings, catalogue, clock, 7), keep_lead(store, catalogue, now=clock())
        read_lead(store, lead.reference, actor=f"staff:{STAFF_ID}", why="review", now=clock())
        house.count()
        before = {mark: number for mark, number in counts_now(store).items() if mark.kind is Kind.FIELD}
        with store.writing() as tx:
            tx.execute(text("UPDATE evidence SET lead_id = NULL, by_staff = NULL WHERE kind = 'lead.read'"))
        contact_lead(store, lead.reference, seen_version=1, staff_id=STAFF_ID, now=clock())
        house.count()
        assert {mark: number for mark, number in counts_now(store).items() if mark.kind is Kind.FIELD} == before

    def test_q01_what_says_whose_a_number_was_goes_with_the_person_and_the_number_stays(
        self, store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        house = House(store, settings, catalogue, clock, 4)
        lead = keep_lead(store, catalogue, now=clock())
        house.count()
        before = counts_now(store)
        with store.writing() as tx:
            erase_lead(tx, lead, actor="subject", why="asked", now=clock())
        assert counts_now(store) == before
        with store.reading() as tx:
            assert tx.execute(text("SELECT counted FROM counted_leads")).all() == [(None,)]
        forget_erased(store, now=clock.advance(days=4000))
        house.count()
        with store.reading() as tx:
            assert tx.execute(text("SELECT * FROM counted_leads")).all() == []
        assert counts_now(store) == before

    def test_who_reads_is_told_when_more_happened_than_is_counted_at_once(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(counted_leads, "READ_ALONG", 3)
        for _ in range(3):
            keep_lead(store, catalogue, now=clock())
        with store.reading() as tx:
            assert current_counts(tx).is_behind


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestTurns:
    def test_counting_gives_way_to_whoever_erases_a_lead(
        self, store: Store, settings: Settings, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        house, lead = House(store, settings, catalogue, clock, 8), keep_lead(store, catalogue, now=clock())
        with store.writing() as tx:
            held = get_lead_by_id(tx, lead.id, hold=True)
            with pytest.raises(StoreUnavailable):
                house.count()
            erase_lead(tx, held, actor="subject", why="asked", now=clock())
        house.count()
        assert {mark.kind for mark in counts_now(store)} >= {Kind.CAME, Kind.FIELD}
