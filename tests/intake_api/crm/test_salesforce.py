"""Salesforce: what each of its answers means, and what stays untouched over there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

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
from intake_api.crm.salesforce import Salesforce
from tests.intake_api.crm.parcels import NOW, parcel
from tests.intake_api.crm.worlds.salesforce import NAMES, PLACES, SalesforceWorld, is_upsert, salesforce_world
from tests.intake_api.crm.worlds.salesforce_server import fault
from tests.intake_api.crm.worlds.serving import Answering, Asked, Said

ANNA = {"LastName": "Anna Example", "Email": "anna@example.org", "Phone": "+37120000000"}
EVERY: list[Operation] = ["upsert", "update_consent", "correct", "erase"]
CHANGES: list[Operation] = ["update_consent", "correct"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[SalesforceWorld]:
    with salesforce_world(tmp_path) as world:
        yield world


def anna(state: str = "given", delivery: str = "d1", **fields: str | int) -> Parcel:
    made = parcel(delivery, **(fields or ANNA))
    news = ParcelPurpose("newsletter", "A6-1-a-explicit-consent", state, NOW, "page", "e2")
    return replace(made, lead="lead-anna", purposes=(*made.purposes, news))


def send(opened: SalesforceWorld, operation: Operation, sent: Parcel) -> Any:
    return opened.destination.send(operation, sent, now=NOW)


def the_lead(opened: SalesforceWorld) -> dict[str, Any]:
    (row,) = [row for row in opened.salesforce.live() if row["Vestibule_Lead__c"] == "lead-anna"]
    return row


def code(status: int, name: str, **headers: str) -> Said:
    return fault(status, name, "anna@example.org", **headers)


ANSWERS = [
    (code(400, "UNABLE_TO_LOCK_ROW"), Retry, "not_now"),
    (code(503, "SERVER_UNAVAILABLE"), Retry, "not_now"),
    (code(400, "QUERY_TIMEOUT"), Retry, "not_now"),
    (code(404, "ENTITY_IS_DELETED"), Retry, "not_now"),
    (code(400, "ENTITY_IS_LOCKED"), Retry, "not_now"),
    (code(403, "REQUEST_LIMIT_EXCEEDED"), Retry, "daily_limit"),
    (code(400, "DUPLICATES_DETECTED"), Refused, "duplicate_rule"),
    (code(400, "DUPLICATE_VALUE"), Refused, "conflict"),
    (code(400, "REQUIRED_FIELD_MISSING"), Refused, "parcel_refused"),
    (code(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"), Refused, "parcel_refused"),
    (code(400, "INVALID_EMAIL_ADDRESS"), Refused, "parcel_refused"),
    (code(400, "CANNOT_UPDATE_CONVERTED_LEAD"), Refused, "converted_there"),
    (code(400, "INVALID_FIELD"), NotAllowedIn, "field_unknown_there"),
    (code(400, "INVALID_FIELD_FOR_INSERT_UPDATE"), NotAllowedIn, "field_unknown_there"),
    (code(507, "STORAGE_LIMIT_EXCEEDED"), NotAllowedIn, "storage_full"),
    (code(403, "API_DISABLED_FOR_ORG"), Refused, "record_hidden"),
    (code(401, "INVALID_SESSION_ID"), NotAllowedIn, "credential_refused"),
    (code(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"), Unknown, "server_error"),
    (code(500, "UNKNOWN_EXCEPTION"), Unknown, "server_error"),
    (code(400, "NEVER_HEARD_OF"), Unknown, "unexpected_fault"),
    (code(404, "NOT_FOUND"), Unknown, "not_found_there"),
    (Said(300, ["/services/data/v60.0/sobjects/Lead/1"]), Refused, "several_there"),
    (Said(301, b""), Unknown, "redirected"),
    (Said(403, b"<h1>IP restricted</h1>"), Unknown, "unexpected_status"),
    (Said(429, b""), Retry, "asked_to_wait"),
    (Said(500, b"<h1>Down</h1>"), Retry, "not_now"),
    (Said(200, b"{}"), Unknown, "answer_not_readable"),
    (Said(201, {"id": "00Q000000000000001", "success": False, "errors": []}), Unknown, "answer_not_readable"),
]


class TestHowAnAnswerIsTaken:
    def test_who_has_no_time_left_to_sign_in_was_too_slow(self, opened: SalesforceWorld) -> None:
        late = Salesforce(opened.account, "crm", opened.map(), allow_loopback=True, time_limit=0)
        assert [late.send(one, anna(), now=NOW) for one in EVERY] == [Retry("too_slow")] * 4

    @pytest.mark.parametrize(("said", "kind", "reason"), ANSWERS)
    def test_each_has_its_class(self, opened: SalesforceWorld, said: Said, kind: type[Any], reason: str) -> None:
        with opened.server.instead(lambda before: lambda asked: said if is_upsert(asked) else before(asked)):
            outcome = send(opened, "upsert", anna())
        assert (type(outcome), outcome.reason) == (kind, reason)

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            (Said(400, {"error": "invalid_client_id"}), NotAllowedIn),
            (
                Said(400, {"error": "invalid_grant", "error_description": "no client credentials user enabled"}),
                NotAllowedIn,
            ),
            (Said(401, b""), NotAllowedIn),
            (Said(400, {"error": "rate_limit_exceeded"}), Retry),
            (Said(400, {"error": "unknown_error", "error_description": "retry your request"}), Retry),
            (Said(503, b"<h1>Maintenance</h1>"), Retry),
            (Said(400, b"<h1>Bad</h1>"), Unknown),
            (Said(200, {"access_token": "two\r\nlines"}), Unknown),
        ],
    )
    def test_each_answer_to_a_sign_in_has_its_class(self, opened: SalesforceWorld, said: Said, kind: type[Any]) -> None:
        with opened.server.instead(lambda before: lambda asked: said if "oauth2" in asked.path else before(asked)):
            assert isinstance(send(opened, "upsert", anna()), kind)

    @pytest.mark.parametrize(
        ("usage", "headers", "outcome"),
        [
            ("api-usage=15000/15000", {}, Retry("daily_limit", timedelta(hours=1), 403)),
            ("api-usage=14/15000", {}, Retry("asked_to_wait", timedelta(seconds=30), 403)),
            ("api-usage=14/15000", {"Retry-After": "7"}, Retry("asked_to_wait", timedelta(seconds=7), 403)),
        ],
    )
    def test_the_limit_of_a_day_is_told_from_too_many_at_once(
        self, opened: SalesforceWorld, usage: str, headers: dict[str, str], outcome: Retry
    ) -> None:
        said = code(403, "REQUEST_LIMIT_EXCEEDED", **{"Sforce-Limit-Info": usage, **headers})
        with opened.server.instead(lambda before: lambda asked: said if is_upsert(asked) else before(asked)):
            assert send(opened, "upsert", anna()) == outcome

    def test_who_says_nothing_is_too_slow(self, opened: SalesforceWorld) -> None:
        hasty = Salesforce(opened.account, "crm", opened.map(), allow_loopback=True, time_limit=0.3)
        with opened.server.never_answers():
            assert [hasty.send(one, anna(), now=NOW) for one in EVERY] == [Retry("too_slow")] * 4
            opened.server.stopped.set()

    @pytest.mark.parametrize("operation", EVERY)
    def test_a_session_that_is_over_is_opened_anew(self, opened: SalesforceWorld, operation: Operation) -> None:
        send(opened, "upsert", anna())
        opened.salesforce.tokens.clear()
        assert isinstance(send(opened, operation, anna()), Done)

    def test_a_session_that_ends_before_the_bin_is_emptied_is_opened_anew(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna())
        ended: list[str] = []

        def ending(before: Answering) -> Answering:
            def answering(asked: Asked) -> Said | None:
                if "Soap" in asked.path and not ended:
                    ended.append(asked.path)
                    opened.salesforce.tokens.clear()
                return before(asked)

            return answering

        with opened.server.instead(ending):
            assert send(opened, "erase", anna()) == Done()
        assert opened.salesforce.rows == []

    def test_the_token_goes_to_the_address_of_the_settings_alone(self, opened: SalesforceWorld) -> None:
        """The answer to a sign-in names another server (`instance_url`), and anybody could stand there."""
        assert isinstance(send(opened, "upsert", anna()), Done)


class TestWhatIsNotOurs:
    def test_a_lead_that_looks_alike_is_neither_taken_nor_touched(self, opened: SalesforceWorld) -> None:
        row = opened.salesforce.add(LastName="Anna Example", Email="anna@example.org", Company="Example Ltd")
        before = dict(row)
        for operation in EVERY:
            assert isinstance(send(opened, operation, anna()), Done)
        assert opened.salesforce.rows == [before]

    def test_a_rule_that_lets_no_second_one_in_is_told(self, opened: SalesforceWorld) -> None:
        opened.salesforce.duplicate_rule = "block"
        opened.salesforce.add(LastName="Anna", Email="anna@example.org", Company="Example Ltd")
        assert send(opened, "upsert", anna()) == Refused("duplicate_rule", 400)

    def test_another_key_in_other_letters_is_another_lead(self, opened: SalesforceWorld) -> None:
        opened.salesforce.add(LastName="Anna", Vestibule_Lead__c="LEAD-ANNA", Company="Example Ltd")
        assert send(opened, "correct", anna()) == Refused("record_not_there")
        assert send(opened, "erase", anna()) == Done()
        assert len(opened.salesforce.rows) == 1

    @pytest.mark.parametrize("operation", CHANGES)
    def test_what_they_deleted_is_not_made_again_by_a_change(
        self, opened: SalesforceWorld, operation: Operation
    ) -> None:
        send(opened, "upsert", anna())
        the_lead(opened)["IsDeleted"] = True
        assert send(opened, operation, anna()) == Refused("record_not_there")
        assert opened.destination.read_back(anna(), now=NOW) == Absent()

    def test_what_sales_changed_stays_when_the_lead_comes_again(self, tmp_path: Path) -> None:
        with salesforce_world(tmp_path, fixed={"LeadSource": "Web", "Company": "Private person"}) as opened:
            send(opened, "upsert", anna())
            assert (the_lead(opened)["LeadSource"], the_lead(opened)["Company"]) == ("Web", "Private person")
            the_lead(opened)["LeadSource"] = "Partner"
            send(opened, "upsert", anna(delivery="d2"))
            assert the_lead(opened)["LeadSource"] == "Partner"

    @pytest.mark.parametrize("operation", ["upsert", *CHANGES])
    def test_a_lead_that_became_a_customer_is_left_to_a_person(
        self, opened: SalesforceWorld, operation: Operation
    ) -> None:
        send(opened, "upsert", anna())
        the_lead(opened)["IsConverted"] = True
        assert send(opened, operation, anna("withdrawn")) == Refused("converted_there")

    @pytest.mark.parametrize("operation", ["upsert", *CHANGES])
    def test_one_that_was_merged_into_another_is_left_to_a_person(
        self, opened: SalesforceWorld, operation: Operation
    ) -> None:
        send(opened, "upsert", anna())
        theirs = opened.salesforce.add(LastName="Anna", Company="Example Ltd")
        the_lead(opened).update(IsDeleted=True, MasterRecordId=theirs["Id"])
        assert send(opened, operation, anna()) == Refused("merged_there")
        assert send(opened, "erase", anna()) == Refused("merged_there")
        assert opened.salesforce.rows == [theirs]

    def test_one_that_another_was_merged_into_is_not_erased(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna())
        opened.salesforce.add(LastName="Anna").update(IsDeleted=True, MasterRecordId=the_lead(opened)["Id"])
        assert send(opened, "erase", anna()) == Refused("merged_there")
        assert the_lead(opened)["Email"] == "anna@example.org"

    @pytest.mark.parametrize("operation", ["upsert", *CHANGES])
    def test_one_that_was_given_to_somebody_else_does_not_stop_all(
        self, opened: SalesforceWorld, operation: Operation
    ) -> None:
        send(opened, "upsert", anna())
        the_lead(opened)["owner"] = "somebody else"
        assert send(opened, operation, anna()) == Refused("record_hidden", 403)
        opened.salesforce.apps[0].rights["updateable"] = False
        opened.destination.check(now=NOW)
        assert isinstance(send(opened, operation, anna()), NotAllowedIn)


class TestOneRecord:
    def test_one_that_another_worker_made_is_updated(self, opened: SalesforceWorld) -> None:
        def meanwhile(before: Answering) -> Answering:
            def answering(asked: Asked) -> Said | None:
                if not is_upsert(asked):
                    return before(asked)
                opened.salesforce.add(LastName="Anna", Vestibule_Lead__c="lead-anna")
                return code(400, "DUPLICATE_VALUE")

            return answering

        with opened.server.instead(meanwhile):
            assert send(opened, "upsert", anna()) == Done(the_lead(opened)["Id"])
        assert the_lead(opened)["LastName"] == "Anna Example"

    @pytest.mark.parametrize("wrong", [{"unique": False}, {"externalId": False}])
    def test_without_a_unique_field_of_our_key_nothing_is_sent(
        self, opened: SalesforceWorld, wrong: dict[str, bool]
    ) -> None:
        """To an unknown external id Salesforce says 404 NOT_FOUND, as to a lead that is not there."""
        opened.salesforce.key |= wrong
        for operation in EVERY:
            assert send(opened, operation, anna()) == NotAllowedIn("lead_key_field_missing")
        assert opened.destination.check(now=NOW) == NotAllowedIn("lead_key_field_missing")
        opened.salesforce.key |= {"unique": True, "externalId": True}
        assert isinstance(send(opened, "upsert", anna()), Done)

    def test_two_with_our_key_are_left_to_a_person(self, opened: SalesforceWorld) -> None:
        for _ in range(2):
            opened.salesforce.add(LastName="Anna", Vestibule_Lead__c="lead-anna")
        assert send(opened, "upsert", anna()) == Refused("several_there")

    def test_a_key_is_quoted_in_a_query(self, opened: SalesforceWorld) -> None:
        opened.salesforce.add(LastName="Somebody", Company="Example Ltd")
        odd = replace(anna(), lead="x' OR LastName != '\\")
        assert isinstance(send(opened, "upsert", odd), Done)
        assert send(opened, "erase", odd) == Done()
        assert [row["LastName"] for row in opened.salesforce.rows] == ["Somebody"]


class TestValues:
    def test_each_is_written_as_its_field_wants_it(self, tmp_path: Path) -> None:
        names = {**NAMES, "headcount": "NumberOfEmployees", "wants": "Wants_News__c"}
        boxes = {"newsletter": replace(PLACES, state="Wants_News__c", decided_at="News_Day__c")}
        with salesforce_world(tmp_path, fields=names, consent=boxes) as opened:
            sent = anna(**ANNA, NumberOfEmployees=40, Description="first\nsecond ")
            assert isinstance(send(opened, "upsert", sent), Done)
            row = the_lead(opened)
            assert (row["NumberOfEmployees"], row["Wants_News__c"], row["News_Day__c"]) == (40, True, "2026-03-02")
            row["Description"] = "first\r\nsecond"  # as the real one keeps it
            assert opened.destination.read_back(sent, now=NOW) == Held(row["Id"])
            assert isinstance(send(opened, "correct", anna(LastName="", Phone="", Description=7)), Done)
            assert (row["LastName"], row["Phone"], row["Description"]) == ("VB-7K3M-Q9TD", None, "7")

    def test_capitals_in_an_address_are_no_difference(self, opened: SalesforceWorld) -> None:
        sent = anna(LastName="Anna", Email="Anna@Example.org")
        send(opened, "upsert", sent)
        assert opened.destination.read_back(sent, now=NOW) == Held(the_lead(opened)["Id"])

    def test_what_lacks_a_name_gets_its_reference(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna(Email="anna@example.org"))
        assert (the_lead(opened)["LastName"], the_lead(opened)["Company"]) == ("VB-7K3M-Q9TD", "VB-7K3M-Q9TD")


class TestANoThatTravels:
    @pytest.mark.parametrize("operation", ["upsert", "update_consent"])
    def test_mail_and_calls_are_opted_out(self, opened: SalesforceWorld, operation: Operation) -> None:
        send(opened, "upsert", anna())
        assert (the_lead(opened)["HasOptedOutOfEmail"], the_lead(opened)["DoNotCall"]) == (False, False)
        assert isinstance(send(opened, operation, anna("withdrawn")), Done)
        assert (the_lead(opened)["HasOptedOutOfEmail"], the_lead(opened)["DoNotCall"]) == (True, True)

    def test_nobody_is_opted_in_by_a_yes(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna("refused"))
        send(opened, "upsert", anna("given", "d2"))
        assert the_lead(opened)["HasOptedOutOfEmail"] is True

    def test_a_no_that_cannot_be_written_stops_the_destination(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna())
        del opened.salesforce.fields["HasOptedOutOfEmail"]  # hidden from this user
        assert opened.destination.check(now=NOW) == Refused("field_unknown_there")
        assert send(opened, "update_consent", anna("withdrawn")) == NotAllowedIn("field_unknown_there")

    def test_read_back_sees_who_was_opted_in_again(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna("refused"))
        the_lead(opened)["HasOptedOutOfEmail"] = False
        found = opened.destination.read_back(anna("refused"), now=NOW)
        assert found == Held(the_lead(opened)["Id"], ("newsletter",))


class TestErasing:
    def test_nothing_is_left_in_the_recycle_bin(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna())
        assert send(opened, "erase", anna()) == Done()
        assert opened.salesforce.rows == []

    def test_what_sales_deleted_is_taken_out_of_the_bin(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna())
        the_lead(opened)["IsDeleted"] = True
        assert send(opened, "erase", anna()) == Done()
        assert opened.salesforce.rows == []

    @pytest.mark.parametrize("part", ["/sobjects/Lead/00Q", "/Soap/"])
    def test_who_deleted_and_hung_up_is_asked_again(self, opened: SalesforceWorld, part: str) -> None:
        send(opened, "upsert", anna())
        with opened.server.hangs_up(lambda asked: part in asked.path):
            assert isinstance(send(opened, "erase", anna()), Retry)
        assert send(opened, "erase", anna()) == Done()
        assert opened.salesforce.rows == []

    def test_who_may_not_erase_leaves_it_to_a_person(self, opened: SalesforceWorld) -> None:
        alone = Salesforce(replace(opened.account, erase_key=""), "crm", opened.map(), allow_loopback=True)
        alone.send("upsert", anna(), now=NOW)
        assert alone.send("erase", anna(), now=NOW) == Refused("erase_not_allowed", 403)
        assert alone.check(now=NOW) == Refused("erase_not_allowed")

    def test_a_second_app_that_may_not_stops_the_destination(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna())
        opened.salesforce.apps[1].rights["deletable"] = False
        assert send(opened, "erase", anna()) == NotAllowedIn("rights_missing", 403)
        assert opened.destination.check(now=NOW) == NotAllowedIn("rights_missing")

    def test_a_bin_that_is_not_ours_to_empty_is_told(self, opened: SalesforceWorld) -> None:
        send(opened, "upsert", anna())
        opened.salesforce.apps[1].may_empty_bin = False
        assert send(opened, "erase", anna()) == Refused("erase_refused", 200)


class TestTheCheck:
    @pytest.mark.parametrize("right", ["createable", "updateable", "queryable"])
    def test_each_right_is_asked_for(self, opened: SalesforceWorld, right: str) -> None:
        opened.salesforce.apps[0].rights[right] = False
        assert opened.destination.check(now=NOW) in (
            NotAllowedIn("rights_missing"),
            NotAllowedIn("rights_missing", 404),
        )

    @pytest.mark.parametrize(
        ("differs", "reason"),
        [({"fixed": {"No_Such__c": "1"}}, "field_unknown_there"), ({"fields": None}, "map_missing")],
    )
    def test_a_map_that_cannot_work_is_told(self, tmp_path: Path, differs: dict[str, Any], reason: str) -> None:
        with salesforce_world(tmp_path, **differs) as opened:
            assert opened.destination.check(now=NOW) == Refused(reason)
