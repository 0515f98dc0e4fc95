"""Leads taken out as files: who may, who has to agree, what stands in one, how long it lives, what takes it away."""

import json

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows import act_on_many as flow
from intake_api.flows.act_on_many import AT_A_TIME
from intake_api.flows.ask_export import (
    AlreadyAnswered,
    Asking,
    JobUnknown,
    MayNotAgree,
    WordsInvalid,
    ask_export,
    refuse_export,
)
from intake_api.flows.begin_bulk import begin_bulk, stop_bulk
from intake_api.flows.change_staff import change_roles, disable_staff
from intake_api.flows.count_readings import TooManyReadings, has_room
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.end_exports import end_exports
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.hand_out_export import ExportGone
from intake_api.flows.tidy_store import tidy_store
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules import exports as rules
from intake_api.rules.bulk import JobState, LeftOut, Stopped
from intake_api.rules.exports import LIVES, WAITS, FileShape, Gone, Reason
from intake_api.rules.lead_state import LeadState
from intake_api.rules.staff_roles import Role
from intake_api.store import second_factors
from intake_api.store.base import Store
from intake_api.store.leads import Lead, restrict
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import everything_kept
from tests.intake_api.flows.exporting import ASKING, Exporting
from tests.intake_api.kept_leads import FIELDS, keep_first_yes, keep_lead, lead_now, receipt_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def house(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Exporting:
    return Exporting(store, queue, catalogue, clock)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> int:
    """More leads than this want a second person."""
    monkeypatch.setattr(rules, "ALONE", 3)
    return 4


def facts_of(house: Exporting, kind: str) -> list[dict[str, object]]:
    query = text("SELECT body FROM evidence WHERE kind = :kind ORDER BY at, id")
    with house.store.reading() as tx:
        return [json.loads(row.body) for row in tx.execute(query, {"kind": kind})]


class TestWhatStandsInIt:
    def test_x02_what_was_typed_for_a_purpose_that_holds_and_no_long_text(self, house: Exporting) -> None:
        (lead,) = house.leads(1)
        (line,) = house.take(house.made([lead])).lines
        assert line["fields"] == {name: FIELDS[name] for name in ("name", "email", "company")}
        assert line["said"]["reference"] == lead.reference
        assert line["said"]["purposes"] == ["respond_to_request"]
        assert set(line["said"]) == {
            *("reference", "received_at", "form", "channel", "language", "state"),
            *("score", "purposes", "delete_after"),
        }

    def test_m10_a_field_of_a_purpose_that_was_taken_back_stays_out(self, house: Exporting) -> None:
        lead = keep_lead(house.store, house.catalogue, now=house.clock(), decisions={"product_offers": True})
        withdraw_by_receipt(house.store, receipt_of(lead), ["respond_to_request"], now=house.clock())
        (line,) = house.take(house.made([lead])).lines
        assert (line["said"]["purposes"], set(line["fields"])) == (["product_offers"], {"email"})

    def test_what_stays_out_and_why(self, house: Exporting) -> None:
        leads = house.leads(9)
        changes = {
            "restricted_until": "delete_after",
            "state": "'erased'",
            "tell_by": "delete_after",
            "held_for": "'[\"marked\"]'",
            "delete_after": "received_at",
        }
        with house.store.writing() as tx:
            for lead, (column, value) in zip(leads, changes.items(), strict=False):
                query = f"UPDATE leads SET {column} = {value} WHERE id = :id"  # noqa: S608 - our own words
                tx.execute(text(query), {"id": lead.id})
            for lead, state in zip(leads[5:8], ("withdrawn", "spam", "merged"), strict=True):
                tx.execute(text("UPDATE leads SET state = :state WHERE id = :id"), {"id": lead.id, "state": state})
        unconfirmed = keep_first_yes(house.store, house.queue, house.catalogue, now=house.clock())
        export = house.look([*leads, unconfirmed])
        assert house.outcomes(export) == {
            None: 1,
            LeftOut.RESTRICTED: 1,
            "erased": 1,
            "not_told": 1,
            "past_retention": 1,
            LeftOut.TAKEN_BACK: 1,
            LeftOut.MACHINE: 2,
            LeftOut.STATE: 1,
            LeftOut.NO_PURPOSE: 1,
        }

    def test_what_somebody_decided_meanwhile_is_told_as_it_is(self, house: Exporting) -> None:
        (lead,) = house.leads(1)
        export = house.look([lead])
        decline_lead(
            house.store, lead.reference, seen_version=1, reason="not_a_fit", staff_id=house.anna, now=house.clock()
        )
        house.ask(export)
        house.make(export)
        assert house.take(export).lines[0]["said"]["state"] == "declined"

    def test_nothing_is_in_clear_in_the_database(self, house: Exporting) -> None:
        export = house.made(house.leads(2, name="Zzsealed Person", company="Zzsealed Works"))
        assert house.lines(export) == 2
        assert b"Zzsealed" not in everything_kept(house.store)
        assert house.take(export).lines[0]["fields"]["name"] == "Zzsealed Person"

    def test_a_line_that_is_moved_to_another_place_does_not_open(self, house: Exporting) -> None:
        export = house.made(house.leads(2))
        with house.store.writing() as tx:
            tx.execute(
                text(
                    "UPDATE lead_export_lines SET sealed = (SELECT sealed FROM lead_export_lines WHERE job_id = :id"
                    " AND place = 1) WHERE job_id = :id AND place = 0"
                ),
                {"id": export},
            )
        with pytest.raises(Exception, match="sealed value"):
            house.take(export)


class TestOnTheRecord:
    def test_a01_one_entry_says_whose_which_fields_and_what_for(self, house: Exporting) -> None:
        leads = house.leads(2)
        export = house.made(leads)
        house.take(export)
        house.take(export)
        (made,) = facts_of(house, "leads.exported")
        assert made["found"] == [lead.id for lead in leads]
        assert made["fields"] == ["company", "email", "name"]
        assert (made["export"], made["reason"], made["actor"]) == (export, "call", f"staff:{house.marta}")
        assert not [value for value in FIELDS.values() if str(value) in json.dumps(made, ensure_ascii=False)]
        assert house.entries() == ["leads.export_asked", *["leads.export_downloaded"] * 2, "leads.exported"]

    def test_a04_its_leads_count_as_seen_and_too_many_want_a_factor_first(self, house: Exporting) -> None:
        with house.store.writing() as tx:
            second_factors.put_factor(tx, house.store.vault, house.marta, SECRET, now=house.clock())
            second_factors.confirm_factor(tx, house.marta, now=house.clock())
        house.made(house.leads(20))
        with house.store.writing() as tx:
            assert not has_room(tx, f"staff:{house.marta}", now=house.clock())
            assert has_room(tx, f"staff:{house.anna}", now=house.clock())
        export = house.look(house.leads(1))
        with pytest.raises(TooManyReadings):
            house.ask(export)
        assert house.job(export).state is JobState.PREVIEWED

    def test_its_own_words_stand_in_no_entry(self, house: Exporting) -> None:
        export = house.look(house.leads(1))
        house.ask(export, asking=Asking(Reason.OTHER, "Zzwords of the fair", FileShape.XLSX))
        assert house.said(export).words == "Zzwords of the fair"
        assert "Zzwords" not in json.dumps([facts_of(house, kind) for kind in set(house.entries())])


class TestWords:
    @pytest.mark.parametrize(
        "words", ["ask anna@guest.example", "call 20 000 000", "+371-2000-0000", "x" * 201, "two\nlines"]
    )
    def test_what_names_somebody_is_refused_and_nothing_is_written(self, house: Exporting, words: str) -> None:
        export = house.look(house.leads(1))
        with pytest.raises(WordsInvalid) as refused:
            house.ask(export, asking=Asking(Reason.CALL, words, FileShape.COMMA))
        assert words not in str(refused.value)
        assert house.job(export).state is JobState.PREVIEWED

    def test_own_words_are_needed_where_they_are_the_reason(self, house: Exporting) -> None:
        with pytest.raises(WordsInvalid):
            house.ask(house.look(house.leads(1)), asking=Asking(Reason.OTHER, "  ", FileShape.COMMA))

    def test_c11_what_a_note_must_not_carry_is_refused(self, house: Exporting) -> None:
        with pytest.raises(WordsInvalid):
            house.ask(house.look(house.leads(1)), asking=Asking(Reason.OTHER, "She has diabetes", FileShape.COMMA))


class TestTwoPeople:
    def test_sec10_few_are_made_at_once_many_wait_for_somebody_else(self, house: Exporting, large: int) -> None:
        few, many = house.look(house.leads(large - 1)), house.look(house.leads(large), by=house.anna)
        assert house.ask(few).state is JobState.QUEUED
        assert house.ask(many, by=house.anna).state is JobState.ASKED
        assert house.approve(many, by=house.marta).state is JobState.QUEUED
        assert house.make(many).state is JobState.DONE
        assert len(house.take(many, by=house.anna).lines) == large
        (made,) = facts_of(house, "leads.exported")
        assert (made["approved_by"], made["actor"]) == (house.marta, f"staff:{house.anna}")
        with pytest.raises(JobUnknown):  # whoever agrees does not get it
            house.take(many, by=house.marta)

    def test_sec10_parts_of_a_large_file_count_as_the_large_file(self, house: Exporting, large: int) -> None:
        house.made(house.leads(large - 1))
        assert house.ask(house.look(house.leads(1))).state is JobState.ASKED
        house.clock.advance(days=1, seconds=1)
        assert house.ask(house.look(house.leads(1))).state is JobState.QUEUED

    def test_what_was_refused_does_not_count(self, house: Exporting, large: int) -> None:
        refused = house.look(house.leads(large))
        house.ask(refused)
        refuse_export(house.store, refused, staff_id=house.anna, now=house.clock())
        assert house.ask(house.look(house.leads(1))).state is JobState.QUEUED

    def test_nobody_agrees_to_their_own(self, house: Exporting, large: int) -> None:
        export = house.look(house.leads(large))
        house.ask(export)
        for answer in (
            lambda: house.approve(export, by=house.marta),
            lambda: refuse_export(house.store, export, staff_id=house.marta, now=house.clock()),
        ):
            with pytest.raises(MayNotAgree):
                answer()
        assert house.job(export).state is JobState.ASKED

    @pytest.mark.parametrize("how", ["disabled", "role", "reviewer"])
    def test_sec09_who_may_not_take_leads_out_does_not_agree(self, house: Exporting, large: int, how: str) -> None:
        export, who = house.look(house.leads(large)), house.anna
        house.ask(export)
        if how == "disabled":
            disable_staff(house.store, who, actor="operator", now=house.clock())
        elif how == "role":
            change_roles(house.store, who, [Role.REVIEWER, Role.OFFICER], actor="operator", now=house.clock())
        else:
            who = house.hire("ilze@tidewick.example", Role.REVIEWER)
        with pytest.raises(MayNotAgree):
            house.approve(export, by=who)
        assert house.job(export).state is JobState.ASKED

    def test_a_second_answer_changes_nothing(self, house: Exporting, large: int) -> None:
        export, piotr = house.look(house.leads(large)), house.hire("piotr@tidewick.example")
        house.ask(export)
        refuse_export(house.store, export, staff_id=house.anna, now=house.clock())
        with pytest.raises(AlreadyAnswered):
            house.approve(export, by=piotr)
        assert (house.job(export).stopped_for, house.said(export).answered_by) == (Stopped.REFUSED, house.anna)
        assert house.entries() == ["leads.export_asked", "leads.export_refused"]

    def test_what_nobody_answers_is_over_after_a_day(self, house: Exporting, large: int) -> None:
        export = house.look(house.leads(large))
        house.ask(export)
        house.clock.advance(seconds=WAITS.total_seconds() - 1)
        end_exports(house.store, now=house.clock())
        assert house.job(export).state is JobState.ASKED
        house.clock.advance(seconds=1)
        with pytest.raises(AlreadyAnswered):
            house.approve(export)
        end_exports(house.store, now=house.clock())
        assert (house.job(export).state, house.job(export).stopped_for) == (JobState.STOPPED, Stopped.UNANSWERED)

    def test_asked_twice_it_is_asked_once(self, house: Exporting, large: int) -> None:
        export = house.look(house.leads(large))
        assert house.ask(export) == house.ask(export)
        assert house.entries() == ["leads.export_asked"]

    def test_the_doors_of_other_acts_do_not_open_it(self, house: Exporting) -> None:
        export = house.look(house.leads(1))
        with pytest.raises(JobUnknown):
            begin_bulk(house.store, house.queue, export, staff_id=house.marta, now=house.clock())
        house.ask(export)
        with pytest.raises(JobUnknown):
            stop_bulk(house.store, export, staff_id=house.marta, now=house.clock())
        with pytest.raises(JobUnknown):
            ask_export(
                house.store, house.queue, house.catalogue, "0" * 32, ASKING, staff_id=house.marta, now=house.clock()
            )


class TestMaking:
    def test_an_attempt_that_is_made_again_goes_on_and_each_line_is_there_once(
        self, house: Exporting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        export = house.look(house.leads(6))
        house.ask(export)
        inner, calls = flow._do_next, []

        def overtaken(*args: object, **more: object) -> bool:
            calls.append(1)
            if len(calls) == 3:  # another worker takes the same turn over, and does the rest
                house.make(export)
            return inner(*args, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(flow, "_do_next", overtaken)
        house.make(export)
        assert (house.lines(export), len(house.take(export).lines)) == (6, 6)
        assert house.entries().count("leads.exported") == 1

    def test_before_its_end_it_cannot_be_had(self, house: Exporting) -> None:
        export = house.look(house.leads(AT_A_TIME + 1))
        house.ask(export)
        flow.act_on_many(house.store, house.desk, export, 1, clock=house.clock)
        assert house.lines(export) == AT_A_TIME
        with pytest.raises(JobUnknown):
            house.take(export)

    @pytest.mark.parametrize("how", ["disabled", "role"])
    def test_sec09_who_may_no_longer_take_leads_out_gets_none_and_nothing_is_left(
        self, house: Exporting, how: str
    ) -> None:
        export = house.look(house.leads(AT_A_TIME + 1))
        house.ask(export)
        flow.act_on_many(house.store, house.desk, export, 1, clock=house.clock)
        if how == "disabled":
            disable_staff(house.store, house.marta, actor="operator", now=house.clock())
        else:
            change_roles(house.store, house.marta, [Role.REVIEWER], actor="operator", now=house.clock())
        assert house.make(export).stopped_for == Stopped.ACCOUNT
        end_exports(house.store, now=house.clock())
        assert (house.lines(export), house.said(export).gone_for) == (0, Gone.STOPPED)
        with pytest.raises(JobUnknown):
            house.take(export)

    def test_sec09_nor_are_they_handed_one_that_was_made(self, house: Exporting) -> None:
        export = house.made(house.leads(1))
        change_roles(house.store, house.marta, [Role.REVIEWER], actor="operator", now=house.clock())
        with pytest.raises(JobUnknown):
            house.take(export)


class TestItsEnd:
    def test_x06_after_a_day_it_is_gone_and_its_bytes_are_deleted(self, house: Exporting) -> None:
        export = house.made(house.leads(2))
        house.clock.advance(seconds=LIVES.total_seconds() - 1)
        end_exports(house.store, now=house.clock())
        assert len(house.take(export).lines) == 2
        house.clock.advance(seconds=1)
        with pytest.raises(ExportGone):
            house.take(export)
        assert house.why_gone(export) == Gone.EXPIRED
        assert end_exports(house.store, now=house.clock()) == 1
        assert (house.lines(export), house.said(export).gone_for) == (0, Gone.EXPIRED)
        assert end_exports(house.store, now=house.clock()) == 0
        assert house.entries().count("leads.export_removed") == 1
        with pytest.raises(ExportGone):
            house.take(export)

    @pytest.mark.parametrize("what", ["erased", "restricted", "withdrawn"])
    def test_s10_who_goes_takes_the_whole_file_along(self, house: Exporting, what: str) -> None:
        stays, goes = house.leads(2)
        export, other = house.made([stays, goes]), house.made([stays])
        self._let_go(house, goes, what)
        with pytest.raises(ExportGone):
            house.take(export)
        assert house.why_gone(export) == Gone.LEAD
        assert end_exports(house.store, now=house.clock()) == 1
        assert (house.lines(export), house.said(export).gone_for) == (0, Gone.LEAD)
        assert len(house.take(other).lines) == 1

    @pytest.mark.parametrize("what", ["erased", "restricted", "withdrawn"])
    def test_who_goes_while_it_is_made_or_asked_for_does_not_come_back(self, house: Exporting, what: str) -> None:
        before, meanwhile, *others = house.leads(AT_A_TIME + 2)
        export = house.look([meanwhile, *others, before])
        house.ask(export)
        flow.act_on_many(house.store, house.desk, export, 1, clock=house.clock)
        self._let_go(house, before, what)
        house.make(export)
        assert house.outcomes(export).keys() - {"moved"} <= {"erased", LeftOut.RESTRICTED, LeftOut.TAKEN_BACK}
        assert len(house.take(export).lines) == AT_A_TIME + 1
        again = house.look([meanwhile, *others])
        house.ask(again)
        flow.act_on_many(house.store, house.desk, again, 1, clock=house.clock)
        self._let_go(house, meanwhile, what)
        house.make(again)
        with pytest.raises(ExportGone):
            house.take(again)

    def test_q01_the_line_of_who_was_erased_opens_no_more_before_anything_is_deleted(self, house: Exporting) -> None:
        (lead,) = house.leads(1)
        export = house.made([lead])
        erase_by_receipt(house.store, receipt_of(lead), now=house.clock())
        with house.store.reading() as tx:
            query = text("SELECT wrapped_key FROM subjects WHERE id = :id")
            assert tx.execute(query, {"id": lead.subject_id}).scalar_one() is None
        assert house.lines(export) == 1
        assert end_exports(house.store, now=house.clock()) == 1
        assert house.lines(export) == 0

    def test_looks_go_after_a_day_and_what_is_said_of_a_file_after_thirty(self, house: Exporting) -> None:
        looked, made = house.look(house.leads(1)), house.made(house.leads(1))
        house.clock.advance(days=1, seconds=1)
        end_exports(house.store, now=house.clock())
        tidy_store(house.store, house.queue, now=house.clock())
        count = text("SELECT count(*) FROM lead_exports WHERE job_id IN (:one, :other)")
        with house.store.reading() as tx:
            assert tx.execute(count, {"one": looked, "other": made}).scalar_one() == 1
        house.clock.advance(days=30)
        tidy_store(house.store, house.queue, now=house.clock())
        with house.store.reading() as tx:
            assert tx.execute(count, {"one": looked, "other": made}).scalar_one() == 0

    def _let_go(self, house: Exporting, lead: Lead, what: str) -> None:
        if what == "erased":
            erase_by_receipt(house.store, receipt_of(lead), now=house.clock())
        elif what == "withdrawn":
            withdraw_by_receipt(house.store, receipt_of(lead), None, now=house.clock())
            assert lead_now(house.store, lead).state is LeadState.WITHDRAWN
        else:
            with house.store.writing() as tx:
                restrict(tx, lead.id, lead.delete_after)
