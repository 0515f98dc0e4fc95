"""Odoo: what each of its answers means, in both protocols, and what stays untouched over there."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intake_api.crm.odoo import Odoo
from intake_api.crm.port import (
    Absent,
    Done,
    Held,
    NotAllowedIn,
    Operation,
    Parcel,
    ParcelPurpose,
    Refused,
    Retry,
    Unknown,
)
from intake_api.settings import SettingsError
from tests.intake_api.crm.parcels import NOW, parcel
from tests.intake_api.crm.worlds.odoo import PLACES, OdooWorld, is_load, odoo_world
from tests.intake_api.crm.worlds.odoo_server import failed
from tests.intake_api.crm.worlds.serving import Answering, Asked, Said

ANNA = {"contact_name": "Anna Example", "email_from": "Anna@example.org", "phone": "+37120000000"}
EVERY: list[Operation] = ["upsert", "update_consent", "correct", "erase"]


@pytest.fixture(params=[19, 17])
def odoo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OdooWorld]:
    with odoo_world(request.param, tmp_path) as opened:
        yield opened


def anna(state: str = "given", delivery: str = "d1", lead: str = "lead-anna", **fields: str) -> Parcel:
    made = parcel(delivery, **(fields or ANNA))
    news = ParcelPurpose("newsletter", "A6-1-a-explicit-consent", state, NOW, "page", "e2")
    return replace(made, lead=lead, purposes=(*made.purposes, news))


def send(odoo: OdooWorld, operation: Operation, sent: Parcel) -> Any:
    return odoo.destination.send(operation, sent, now=NOW)


def the_lead(odoo: OdooWorld, lead: str = "lead-anna") -> dict[str, Any]:
    model, record = odoo.odoo.external[f"vestibule.{lead}"]
    return odoo.odoo.rows[model][record]


def answering(odoo: OdooWorld, name: str, text: str, status: int) -> Any:
    """Let Odoo raise something whatever it is asked."""
    said: dict[str, Any] = {"name": name, "message": text, "debug": "Traceback"}
    if odoo.odoo.version < 19:
        error = {"code": 200, "message": "Odoo Server Error", "data": said}
        status, said = 200, {"jsonrpc": "2.0", "id": 1, "error": error}
    return odoo.server.instead(lambda _before: lambda _asked: Said(status, said))


FAULTS = [
    ("odoo.exceptions.AccessDenied", "Access Denied", 403, NotAllowedIn, "credential_refused"),
    ("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401, NotAllowedIn, "credential_refused"),
    ("odoo.exceptions.AccessError", "You are not allowed", 403, NotAllowedIn, "rights_missing"),
    ("psycopg2.OperationalError", 'database "x" does not exist', 500, NotAllowedIn, "database_unknown"),
    ("psycopg2.OperationalError", "Connection refused", 500, Retry, "not_now"),
    ("psycopg2.errors.SerializationFailure", "could not serialize access", 500, Retry, "not_now"),
    ("psycopg2.errors.LockNotAvailable", "could not obtain lock", 500, Retry, "not_now"),
    ("odoo.exceptions.MissingError", "Record does not exist", 404, Retry, "not_now"),
    ("odoo.exceptions.ValidationError", "Wrong", 422, Refused, "parcel_refused"),
    ("odoo.exceptions.UserError", "Wrong", 422, Refused, "parcel_refused"),
    ("builtins.ValueError", "Invalid field 'x' on model 'crm.lead'", 500, Refused, "parcel_refused"),
    ("psycopg2.errors.NotNullViolation", "null value in column", 500, Refused, "parcel_refused"),
    ("psycopg2.errors.ForeignKeyViolation", "violates foreign key", 500, Refused, "parcel_refused"),
    ("werkzeug.exceptions.NotFound", "the model 'crm.lead' does not exist", 404, Unknown, "not_found_there"),
    ("builtins.MemoryError", "", 500, Unknown, "unexpected_fault"),
]

STATUSES = [
    (301, Unknown, "redirected"),
    (400, Unknown, "unexpected_status"),
    (401, NotAllowedIn, "credential_refused"),
    (403, NotAllowedIn, "credential_refused"),
    (404, Unknown, "not_found_there"),
    (429, Retry, "asked_to_wait"),
    (500, Retry, "not_now"),
    (502, Retry, "not_now"),
    (503, Retry, "not_now"),
    (200, Unknown, "answer_not_readable"),
]

MESSAGES = [
    ({"message": "could not serialize access due to concurrent update"}, Retry, "not_now"),
    ({"message": "duplicate key value violates unique constraint", "field": "name"}, Retry, "not_now"),
    ({"message": "No matching record found for name 'X'", "field": "source_id"}, Refused, "field_refused"),
    ({"message": "Unknown error during import: <class 'Exception'>: x"}, Unknown, "not_loaded"),
]


class TestHowAnAnswerIsTaken:
    @pytest.mark.parametrize(("name", "text", "status", "kind", "reason"), FAULTS)
    def test_a_fault_is_known_by_its_name(
        self, odoo: OdooWorld, name: str, text: str, status: int, kind: type[Any], reason: str
    ) -> None:
        with answering(odoo, name, text, status):
            outcomes = [send(odoo, "upsert", anna()), odoo.destination.check(now=NOW)]
        assert [(type(one), one.reason) for one in outcomes] == [(kind, reason)] * 2

    @pytest.mark.parametrize(("status", "kind", "reason"), STATUSES)
    def test_what_is_not_from_odoo_is_known_by_its_status(
        self, odoo: OdooWorld, status: int, kind: type[Any], reason: str
    ) -> None:
        with odoo.server.says(status, b"<h1>Bad gateway</h1>"):
            outcome = send(odoo, "upsert", anna())
        assert (type(outcome), outcome.reason, outcome.status) == (kind, reason, status)

    @pytest.mark.parametrize(("said", "kind", "reason"), MESSAGES)
    def test_a_load_that_failed_says_so_inside_a_success(
        self, odoo: OdooWorld, said: dict[str, str], kind: type[Any], reason: str
    ) -> None:
        with odoo.server.instead(loads(odoo, failed(**said))):
            outcome = send(odoo, "upsert", anna())
        assert (type(outcome), outcome.reason) == (kind, reason)

    def test_a_limit_says_how_long(self, odoo: OdooWorld) -> None:
        with odoo.server.instead(lambda _before: lambda _asked: Said(429, b"", {"Retry-After": "7"})):
            outcome = send(odoo, "upsert", anna())
        assert outcome.after.total_seconds() == 7

    def test_all_calls_of_an_operation_share_one_limit(self, odoo: OdooWorld) -> None:
        def slow(before: Answering) -> Answering:
            def answer(asked: Asked) -> Said | None:
                time.sleep(0.4)  # each call alone would be in time
                return before(asked)

            return answer

        hasty = Odoo(odoo.account, "crm", odoo.map(), allow_loopback=True, time_limit=1)
        with odoo.server.instead(slow):
            assert hasty.send("upsert", anna(), now=NOW) == Retry("too_slow")

    def test_who_says_nothing_is_too_slow(self, odoo: OdooWorld) -> None:
        hasty = Odoo(odoo.account, "crm", odoo.map(), allow_loopback=True, time_limit=0.3)
        with odoo.server.never_answers():
            assert [hasty.send(one, anna(), now=NOW) for one in EVERY] == [Retry("too_slow")] * 4
            odoo.server.stopped.set()

    def test_another_worker_made_it_between_look_and_write(self, odoo: OdooWorld) -> None:
        def bend(before: Answering) -> Answering:
            def answer(asked: Asked) -> Said | None:
                if not is_load(asked):
                    return before(asked)
                record = odoo.odoo.add("crm.lead", name="made by another")
                odoo.odoo.external["vestibule.lead-anna"] = ("crm.lead", record)
                result = failed("The value for this field already exists", field="name")
                return said_by_load(odoo, result)

            return answer

        with odoo.server.instead(bend):
            assert send(odoo, "upsert", anna()) == Retry("not_now")


def loads(odoo: OdooWorld, result: object) -> Any:
    """Let each `load` say that, the rest answer as it does."""
    return lambda before: lambda asked: said_by_load(odoo, result) if is_load(asked) else before(asked)


def said_by_load(odoo: OdooWorld, result: object) -> Said:
    return Said(200, result if odoo.odoo.version >= 19 else {"jsonrpc": "2.0", "id": 1, "result": result})


class TestWhatAProcessOfTheirsRemembers:
    """After a `load` that failed for a field, one may remember the record that was rolled back (seen of Odoo 17)."""

    @pytest.fixture
    def mistaken(self, odoo: OdooWorld) -> OdooWorld:
        bad = Odoo(odoo.account, "crm", odoo.map(fixed={"source_id": "Nowhere"}), allow_loopback=True, time_limit=5)
        assert bad.send("upsert", anna(), now=NOW) == Refused("field_refused")
        return odoo

    def test_a_lead_that_was_refused_is_not_there(self, mistaken: OdooWorld) -> None:
        assert mistaken.destination.read_back(anna(), now=NOW) == Absent()
        assert send(mistaken, "correct", anna()) == Refused("record_not_there")
        assert send(mistaken, "erase", anna()) == Done()

    def test_once_the_map_is_mended_it_is_made_and_found(self, mistaken: OdooWorld) -> None:
        sent = send(mistaken, "upsert", anna())
        assert isinstance(sent, Done)
        assert mistaken.destination.read_back(anna(), now=NOW) == Held(sent.remote_id or "")
        assert send(mistaken, "correct", anna(phone="+37120000001")) == sent
        assert send(mistaken, "erase", anna()) == Done()
        assert mistaken.records("lead-anna") == []


class TestWhatIsNotOurs:
    def test_a_record_that_sales_typed_with_the_same_address_stays(self, odoo: OdooWorld) -> None:
        theirs = odoo.odoo.add("crm.lead", name="Call her", email_from="anna@example.org", phone="+37120000000")
        before = dict(odoo.odoo.rows["crm.lead"][theirs])
        for operation in ("upsert", "update_consent", "correct", "erase"):
            assert isinstance(send(odoo, operation, anna("withdrawn")), Done)
        assert odoo.odoo.rows["crm.lead"] == {theirs: before}

    def test_what_sales_changed_stays_when_the_lead_comes_again(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        the_lead(odoo)["name"] = "Wants a demo"
        send(odoo, "upsert", anna(delivery="d2"))
        assert the_lead(odoo)["name"] == "Wants a demo"

    def test_a_lost_lead_is_updated_and_not_doubled(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        the_lead(odoo)["active"] = False
        assert isinstance(send(odoo, "upsert", anna(phone="+37120000002")), Done)
        assert [row["phone"] for row in odoo.odoo.rows["crm.lead"].values()] == ["+37120000002"]

    def test_a_lead_that_a_rule_hides_from_us_is_left_to_a_person(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        odoo.odoo.hidden = set(odoo.odoo.rows["crm.lead"])
        assert send(odoo, "correct", anna()) == Refused("record_hidden")
        assert odoo.destination.read_back(anna(), now=NOW) == Unknown("record_hidden")

    @pytest.mark.parametrize("operation", ["correct", "update_consent"])
    def test_what_they_deleted_is_not_made_again_by_a_change(self, odoo: OdooWorld, operation: Operation) -> None:
        assert send(odoo, operation, anna()) == Refused("record_not_there")
        assert odoo.odoo.rows["crm.lead"] == {}


class TestWhatIsWritten:
    def test_a_new_lead_has_a_title_and_what_is_fixed(self, tmp_path: Path) -> None:
        with odoo_world(19, tmp_path, fixed={"source_id": "Website"}) as odoo:
            send(odoo, "upsert", anna())
            assert (the_lead(odoo)["name"], the_lead(odoo)["source_id"]) == ("VB-7K3M-Q9TD", [1, "Website"])
            assert the_lead(odoo)["x_newsletter_at"] == "2026-03-02 09:30:00"

    def test_a_new_lead_is_nobodys_so_that_each_salesperson_sees_it(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        assert the_lead(odoo)["user_id"] is False
        the_lead(odoo)["user_id"] = [7, "Sales"]
        send(odoo, "upsert", anna(delivery="d2"))
        assert the_lead(odoo)["user_id"] == [7, "Sales"]

    def test_markup_that_a_visitor_typed_is_text(self, odoo: OdooWorld) -> None:
        typed = "1 < 2 & <b>bold</b>\nsecond line"
        send(odoo, "upsert", anna(description=typed))
        assert "&lt;b&gt;bold&lt;/b&gt;<br/>second" in the_lead(odoo)["description"]
        assert isinstance(odoo.destination.read_back(anna(description=typed), now=NOW), Held)
        assert odoo.destination.read_back(anna(description=typed), now=NOW).differs == ()  # type: ignore[union-attr]

    @pytest.mark.parametrize(("state", "ticked"), [("given", True), ("withdrawn", False), ("refused", False)])
    def test_a_check_box_says_yes_to_a_yes_only(self, tmp_path: Path, state: str, ticked: bool) -> None:
        boxes = {"newsletter": replace(PLACES, state="x_wants_news")}
        with odoo_world(17, tmp_path, consent=boxes, opt_out=()) as odoo:
            send(odoo, "upsert", anna(state))
            assert the_lead(odoo)["x_wants_news"] is ticked
            assert odoo.destination.read_back(anna(state), now=NOW).differs == ()  # type: ignore[union-attr]

    def test_a_correction_may_empty_a_field_and_leaves_no_old_value(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        send(odoo, "correct", anna(phone=""))
        assert the_lead(odoo)["phone"] is False
        assert the_lead(odoo)["contact_name"] == "Anna Example"
        assert not any(odoo.odoo.chatter.values())


class TestANoThatTravels:
    @pytest.mark.parametrize("operation", ["upsert", "update_consent"])
    def test_both_opt_out_lists_know_it(self, odoo: OdooWorld, operation: Operation) -> None:
        send(odoo, "upsert", anna())
        assert send(odoo, operation, anna("withdrawn", email_from="Anna@example.org")) == Done(
            str(odoo.odoo.external["vestibule.lead-anna"][1])
        )
        listed = odoo.odoo.rows["mail.blacklist"].values()
        assert [row["email"] for row in listed] == ["anna@example.org"]
        numbers = [row["number"] for row in odoo.odoo.rows["phone.blacklist"].values()]
        assert numbers == (["+37120000000"] if operation == "update_consent" else [])

    def test_an_address_that_sales_put_is_opted_out_too(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        the_lead(odoo)["email_from"] = "anna@work.example"
        send(odoo, "update_consent", anna("withdrawn", email_from="anna@example.org"))
        send(odoo, "update_consent", anna("withdrawn", email_from="anna@example.org"))
        assert "anna@work.example" in {row["email"] for row in odoo.odoo.rows["mail.blacklist"].values()}

    @pytest.mark.parametrize("operation", ["upsert", "update_consent"])
    def test_a_number_that_odoo_takes_for_none_stops_no_no(self, odoo: OdooWorld, operation: Operation) -> None:
        fields = {**ANNA, "phone": "+447700900123"}
        send(odoo, "upsert", anna(**fields))
        assert isinstance(send(odoo, operation, anna("withdrawn", **fields)), Done)
        assert the_lead(odoo)["x_newsletter"] == "withdrawn"
        assert [row["email"] for row in odoo.odoo.rows["mail.blacklist"].values()] == ["anna@example.org"]

    def test_nobody_is_taken_off_by_a_yes(self, odoo: OdooWorld) -> None:
        odoo.odoo.add("mail.blacklist", email="anna@example.org")
        send(odoo, "upsert", anna("given"))
        assert [row["active"] for row in odoo.odoo.rows["mail.blacklist"].values()] == [True]

    def test_who_was_taken_off_is_put_on_again(self, odoo: OdooWorld) -> None:
        row = odoo.odoo.add("mail.blacklist", email="anna@example.org")
        odoo.odoo.rows["mail.blacklist"][row]["active"] = False
        send(odoo, "upsert", anna("refused"))
        assert [one["active"] for one in odoo.odoo.rows["mail.blacklist"].values()] == [True]

    def test_read_back_sees_who_was_taken_off(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna("refused"))
        assert odoo.destination.read_back(anna("refused"), now=NOW).differs == ()  # type: ignore[union-attr]
        for row in odoo.odoo.rows["mail.blacklist"].values():
            row["active"] = False
        assert odoo.destination.read_back(anna("refused"), now=NOW).differs == ("newsletter",)  # type: ignore[union-attr]

    def test_until_the_list_knows_nothing_else_is_written(self, odoo: OdooWorld) -> None:
        odoo.odoo.users[8].may_not.add(("mail.blacklist", "create"))
        assert send(odoo, "upsert", anna("refused")) == NotAllowedIn("rights_missing")
        assert odoo.odoo.rows["crm.lead"] == {}


class TestErasing:
    def test_nothing_of_ours_is_left(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna("refused"))
        assert send(odoo, "erase", anna()) == Done()
        assert "example" not in str([odoo.odoo.rows, odoo.odoo.external, odoo.odoo.chatter])
        assert odoo.destination.read_back(anna(), now=NOW) == Absent()

    def test_a_no_that_others_have_a_need_of_stays(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna("refused"))
        odoo.odoo.add("res.partner", name="Anna", email_normalized="anna@example.org")
        send(odoo, "erase", anna())
        assert len(odoo.odoo.rows["mail.blacklist"]) == 1
        assert odoo.odoo.rows["phone.blacklist"] == {}

    def test_a_no_that_they_wrote_down_stays(self, odoo: OdooWorld) -> None:
        theirs = odoo.odoo.add("mail.blacklist", email="anna@example.org")
        send(odoo, "upsert", anna("refused"))
        send(odoo, "erase", anna())
        assert list(odoo.odoo.rows["mail.blacklist"]) == [theirs]

    def test_who_deleted_and_hung_up_is_asked_again(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        with odoo.server.hangs_up(lambda asked: b"unlink" in asked.body or asked.path.endswith("unlink")):
            assert isinstance(send(odoo, "erase", anna()), Retry)
        assert send(odoo, "erase", anna()) == Done()

    def test_a_salesperson_alone_may_not_and_a_person_does_it(self, odoo: OdooWorld) -> None:
        alone = Odoo(
            replace(odoo.account, erase_user="", erase_key=""), "crm", odoo.map(opt_out=()), allow_loopback=True
        )
        alone.send("upsert", anna(), now=NOW)
        outcome = alone.send("erase", anna(), now=NOW)
        assert (type(outcome), outcome.reason) == (Refused, "erase_not_allowed")  # type: ignore[union-attr]
        assert alone.check(now=NOW) == Refused("erase_not_allowed")
        assert len(odoo.records("lead-anna")) == 1

    def test_a_second_account_that_may_not_stops_the_destination(self, odoo: OdooWorld) -> None:
        send(odoo, "upsert", anna())
        odoo.odoo.users[8].may_not.add(("crm.lead", "unlink"))
        outcome = send(odoo, "erase", anna())
        assert (type(outcome), outcome.reason) == (NotAllowedIn, "rights_missing")


class TestTheCheck:
    @pytest.mark.parametrize(
        ("user", "model", "operation"),
        [
            (7, "crm.lead", "create"),
            (7, "crm.lead", "write"),
            (7, "crm.lead", "read"),
            (8, "crm.lead", "unlink"),
            (8, "mail.blacklist", "create"),
            (8, "phone.blacklist", "unlink"),
        ],
    )
    def test_each_right_is_asked_for(self, odoo: OdooWorld, user: int, model: str, operation: str) -> None:
        odoo.odoo.users[user].may_not.add((model, operation))
        assert odoo.destination.check(now=NOW) == NotAllowedIn("rights_missing")

    @pytest.mark.parametrize(
        ("differs", "reason"),
        [
            ({"fixed": {"x_no_such": "1"}}, "field_unknown_there"),
            ({"fixed": {"source_id": "Nowhere"}}, "fixed_not_taken"),
            ({"fixed": {"source_id": "Website", "type": "banana"}}, "fixed_not_taken"),
            ({"forms": {"request_demo": {"headcount": "x_headcount"}}}, "field_unknown_there"),
            ({"fields": None}, "map_missing"),
            ({"fields": {"name": "contact_name"}}, "opt_out_without_address"),
        ],
    )
    def test_a_map_that_cannot_work_is_told(self, tmp_path: Path, differs: dict[str, Any], reason: str) -> None:
        with odoo_world(19, tmp_path, **differs) as odoo:
            assert odoo.destination.check(now=NOW) == Refused(reason)

    def test_fixed_values_that_are_there_are_fine(self, tmp_path: Path) -> None:
        with odoo_world(19, tmp_path, fixed={"source_id": "Website", "type": "Opportunity"}) as odoo:
            assert odoo.destination.check(now=NOW) == Done()
            assert isinstance(odoo.destination.send("upsert", anna(), now=NOW), Done)

    def test_a_wrong_database_is_told(self, tmp_path: Path) -> None:
        with odoo_world(17, tmp_path) as odoo:
            lost = Odoo(replace(odoo.account, database="crn"), "crm", odoo.map(), allow_loopback=True)
            assert lost.check(now=NOW) == NotAllowedIn("database_unknown", 200)

    def test_an_older_odoo_does_not_know_json_2(self, tmp_path: Path) -> None:
        with odoo_world(17, tmp_path) as odoo:
            newer = Odoo(replace(odoo.account, user=""), "crm", odoo.map(), allow_loopback=True)
            assert newer.check(now=NOW) == Unknown("not_found_there", 404)

    def test_json_rpc_works_with_a_version_that_has_both(self, tmp_path: Path) -> None:
        with odoo_world(19, tmp_path) as odoo:
            account = replace(odoo.account, user="vestibule", erase_user="vestibule-erase", database="crm")
            older = Odoo(account, "crm", odoo.map(), allow_loopback=True)
            assert older.check(now=NOW) == Done()

    def test_a_user_without_a_database_is_told_at_the_start(self, odoo: OdooWorld) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_CRM_DATABASE is missing"):
            Odoo(replace(odoo.account, user="vestibule", database=""), "crm", odoo.map(), allow_loopback=True)
