"""Questions to a destination, asked by a worker: on the record, once, and with nothing of the person in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.crm.json_lines import JsonLinesFile
from intake_api.crm.port import Destination
from intake_api.flows.answer_question import answer_question, mend_questions
from intake_api.flows.ask_destination import ForwardingBlocked, LeadRestricted, ask_about_lead, ask_whether_open
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.tidy_store import tidy_store
from intake_api.queue import Queue
from intake_api.rules.field_map import AS_HERE
from intake_api.store.base import Store
from intake_api.store.destination_questions import Question, QuestionState, find_question
from intake_api.store.leads import Lead, restrict
from intake_api.store.staff import add_staff
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.worlds import WORLDS
from tests.intake_api.crm.worlds.world import World
from tests.intake_api.engine import engine_holds
from tests.intake_api.kept_leads import approve, deliveries_now, entries, receipt_of

TO = {"destination": "odoo", "recipient": "crm"}


class Desk:
    """Somebody who asks an Odoo, and the worker that does it."""

    def __init__(self, store: Store, queue: Queue, clock: DrivenClock, destination: Destination) -> None:
        self.store, self.queue, self.clock, self.destination = store, queue, clock, destination
        with store.writing() as tx:
            self.me = add_staff(tx, "ilze@tidewick.example", "none", one_time=True, now=clock())

    def ask(self, lead: Lead | None) -> Question:
        how = {**TO, "staff_id": self.me, "now": self.clock()}
        if lead is None:
            return ask_whether_open(self.store, self.queue, **how)  # type: ignore[arg-type]
        return ask_about_lead(self.store, self.queue, lead.reference, **how)  # type: ignore[arg-type]

    def answered(self, question: Question, destination: Destination | None = None) -> Question | None:
        """Do the worker's part; return the question as it then stands, if it still does."""
        answer_question(self.store, destination or self.destination, question.id, question.turn, clock=self.clock)
        with self.store.reading() as tx:
            return find_question(tx, **TO, lead_id=question.lead_id, now=self.clock())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with WORLDS["odoo-19"](tmp_path / "odoo") as opened:
        yield opened


@pytest.fixture
def desk(store: Store, queue: Queue, clock: DrivenClock, world: World) -> Desk:
    return Desk(store, queue, clock, world.destination)


class TestAboutALead:
    def test_it_says_that_it_is_new_there_and_then_which_record_it_is(self, desk: Desk, lead: Lead) -> None:
        new = desk.answered(desk.ask(lead))
        assert new is not None
        assert (new.outcome, new.remote_id) == ("absent", None)
        approve(desk.store, desk.queue, lead, now=desk.clock(), destination="odoo")
        (delivery,) = deliveries_now(desk.store, lead)
        deliver(desk.store, desk.destination, delivery.id, delivery.turn, clock=desk.clock)
        desk.clock.advance(minutes=1)
        there = desk.answered(desk.ask(lead))
        (delivery,) = deliveries_now(desk.store, lead)
        assert there is not None
        assert (there.outcome, there.remote_id) == ("held", delivery.remote_id)

    def test_who_asked_is_on_the_record_and_no_answer_of_the_lead_is(self, desk: Desk, lead: Lead) -> None:
        desk.answered(desk.ask(lead))
        (entry,) = entries(desk.store, lead, "lead.looked_for_there")
        assert (entry["actor"], entry["destination"], entry["recipient"]) == (f"staff:{desk.me}", "odoo", "crm")

    def test_one_that_waits_is_not_asked_twice(self, desk: Desk, lead: Lead) -> None:
        assert desk.ask(lead) == desk.ask(lead)
        assert len(engine_holds(desk.store)) == 1
        assert len(entries(desk.store, lead, "lead.looked_for_there")) == 1

    def test_x01_nothing_is_asked_about_what_may_not_go_there(self, desk: Desk, lead: Lead) -> None:
        with pytest.raises(ForwardingBlocked):
            ask_about_lead(
                desk.store,
                desk.queue,
                lead.reference,
                destination="odoo",
                recipient="another",
                staff_id=desk.me,
                now=desk.clock(),
            )
        assert engine_holds(desk.store) == []

    def test_s10_nor_about_what_is_kept_and_not_used(self, desk: Desk, lead: Lead) -> None:
        with desk.store.writing() as tx:
            restrict(tx, lead.id, desk.clock.advance(days=1))
        with pytest.raises(LeadRestricted):
            desk.ask(lead)

    def test_s02_what_was_erased_meanwhile_is_not_asked_and_leaves_nothing(self, desk: Desk, lead: Lead) -> None:
        question = desk.ask(lead)
        erase_by_receipt(desk.store, receipt_of(lead), now=desk.clock())
        assert desk.answered(question) is None


class TestAnswers:
    def test_whether_it_would_take_a_lead(self, desk: Desk, world: World) -> None:
        open_there = desk.answered(desk.ask(None))
        assert open_there is not None
        assert open_there.outcome == "done"
        refusing = world.refuses_us()
        assert refusing is not None
        desk.clock.advance(minutes=1)
        with refusing:
            closed = desk.answered(desk.ask(None))
        assert closed is not None
        assert (closed.outcome, closed.reason) == ("not_allowed_in", "credential_refused")

    def test_sec53_no_word_of_the_other_side_is_kept(self, desk: Desk, world: World, lead: Lead) -> None:
        saying = world.says(500, b"<script>REMOTE-TEXT</script>")
        assert saying is not None
        with saying:
            answered = desk.answered(desk.ask(lead))
        assert answered is not None
        assert "REMOTE" not in repr(answered)

    def test_a_kind_that_only_takes_cannot_tell(self, desk: Desk, lead: Lead, tmp_path: Path) -> None:
        asked = {"destination": "file", "recipient": "crm"}
        question = ask_about_lead(desk.store, desk.queue, lead.reference, **asked, staff_id=desk.me, now=desk.clock())
        file = JsonLinesFile(tmp_path / "leads.jsonl", "crm", AS_HERE)
        answer_question(desk.store, file, question.id, question.turn, clock=desk.clock)
        with desk.store.reading() as tx:
            answered = find_question(tx, **asked, lead_id=lead.id, now=desk.clock())
        assert answered is not None
        assert answered.outcome == "cannot_tell"

    def test_a_worker_with_other_settings_asks_nobody(self, desk: Desk, lead: Lead, tmp_path: Path) -> None:
        answered = desk.answered(desk.ask(lead), JsonLinesFile(tmp_path / "leads.jsonl", "crm", AS_HERE))
        assert answered is not None
        assert (answered.outcome, answered.reason) == ("not_asked", "destination_not_configured")

    def test_one_that_broke_down_here_is_answered_by_that(self, desk: Desk, lead: Lead) -> None:
        question = desk.ask(lead)
        with desk.store.writing() as tx:
            tx.execute(
                text(
                    "UPDATE workflow_status SET status = 'ERROR'"
                    if "sqlite" in desk.store.url
                    else "UPDATE dbos.workflow_status SET status = 'ERROR'"
                )
            )
        assert mend_questions(desk.store, desk.queue, now=desk.clock()) == 1
        with desk.store.reading() as tx:
            answered = find_question(tx, **TO, lead_id=lead.id, now=desk.clock())
        assert answered is not None
        assert (answered.state, answered.reason) == (QuestionState.ANSWERED, "internal_error")
        assert desk.answered(question) == answered  # its turn is over

    def test_after_a_day_it_counts_no_more_and_is_deleted(self, desk: Desk, lead: Lead) -> None:
        question = desk.ask(lead)
        desk.answered(question)
        desk.clock.advance(days=1)
        with desk.store.reading() as tx:
            assert find_question(tx, **TO, lead_id=lead.id, now=desk.clock()) is None
        tidy_store(desk.store, desk.queue, now=desk.clock())
        with desk.store.reading() as tx:
            assert tx.scalar(text("SELECT count(*) FROM destination_questions")) == 0
