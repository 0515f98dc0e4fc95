"""Dolibarr: what each of its answers means, and what stays untouched over there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intake_api.crm.dolibarr import Dolibarr
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
from tests.intake_api.crm.worlds.dolibarr import ERASE_KEY, KEY, PLACES, DolibarrWorld, dolibarr_world, is_create
from tests.intake_api.crm.worlds.serving import Asked, Said

ANNA = {"name": "Anna Example", "email": "anna@example.org", "phone": "+37120000000"}
EVERY: list[Operation] = ["upsert", "update_consent", "correct", "erase"]
JSON_404 = b'{"error": {"code": 404, "message": "Not Found: Thirdparty not found"}}'


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[DolibarrWorld]:
    with dolibarr_world(tmp_path) as opened:
        yield opened


def anna(state: str = "given", delivery: str = "d1", **fields: str) -> Parcel:
    made = parcel(delivery, **(fields or ANNA))
    news = ParcelPurpose("newsletter", "A6-1-a-explicit-consent", state, NOW, "page", "e2")
    return replace(made, lead="lead-anna", purposes=(*made.purposes, news))


def send(crm: DolibarrWorld, operation: Operation, sent: Parcel) -> Any:
    return crm.destination.send(operation, sent, now=NOW)


def the_party(crm: DolibarrWorld) -> dict[str, Any]:
    (row,) = [row for row in crm.dolibarr.rows if row["barcode"] == "lead-anna"]
    return row


def alone(crm: DolibarrWorld) -> Dolibarr:
    """Return the destination without a second key."""
    return Dolibarr(replace(crm.account, erase_key=""), "crm", crm.map(), allow_loopback=True)


ANSWERS = [
    (301, b"", Unknown, "redirected"),
    (400, b"", Refused, "parcel_refused"),
    (401, b"", NotAllowedIn, "rights_missing"),
    (403, b"", NotAllowedIn, "credential_refused"),
    (404, b"<h1>404</h1>", Unknown, "not_found_there"),
    (404, JSON_404, Retry, "not_now"),
    (413, b"", Refused, "parcel_refused"),
    (418, b"", Unknown, "unexpected_status"),
    (429, b"", Retry, "asked_to_wait"),
    (500, b"Dolibarr has detected a technical error.", Retry, "not_now"),
    (500, b'{"error": {"message": "Internal Server Error: Error creating thirdparty"}}', Unknown, "server_error"),
    (501, b"API not found", Unknown, "not_found_there"),
    (503, b"", Retry, "not_now"),
    (200, b"Module Api must be enabled", Unknown, "answer_not_readable"),
    (200, b'"17"', Unknown, "answer_not_readable"),
]


class TestHowAnAnswerIsTaken:
    @pytest.mark.parametrize(("status", "body", "kind", "reason"), ANSWERS)
    def test_each_has_its_class(
        self, crm: DolibarrWorld, status: int, body: bytes, kind: type[Any], reason: str
    ) -> None:
        said = Said(status, body)
        with crm.server.instead(lambda before: lambda asked: said if is_create(asked) else before(asked)):
            outcome = send(crm, "upsert", anna())
        assert (type(outcome), outcome.reason, outcome.status) == (kind, reason, status)

    def test_a_limit_says_how_long(self, crm: DolibarrWorld) -> None:
        with crm.server.instead(lambda _before: lambda _asked: Said(429, b"", {"Retry-After": "7"})):
            assert send(crm, "upsert", anna()).after.total_seconds() == 7

    def test_who_says_nothing_is_too_slow(self, crm: DolibarrWorld) -> None:
        hasty = Dolibarr(crm.account, "crm", crm.map(), allow_loopback=True, time_limit=0.3)
        with crm.server.never_answers():
            assert [hasty.send(one, anna(), now=NOW) for one in EVERY] == [Retry("too_slow")] * 4
            crm.server.stopped.set()

    @pytest.mark.parametrize("operation", EVERY)
    def test_a_query_that_failed_is_no_empty_party(self, crm: DolibarrWorld, operation: Operation) -> None:
        send(crm, "upsert", anna())
        crm.dolibarr.failing = True
        assert send(crm, operation, anna()) == Retry("not_now", status=200)
        assert crm.destination.read_back(anna(), now=NOW) == Retry("not_now", status=200)

    @pytest.mark.parametrize("operation", ["upsert", "erase"])
    def test_a_404_of_anything_else_is_no_absence(self, crm: DolibarrWorld, operation: Operation) -> None:
        with crm.server.says(404, b'{"error": {"code": 404, "message": "Not Found"}}'):
            assert send(crm, operation, anna()) == Unknown("not_found_there", 404)


class TestAChangeThatIsNotMade:
    def test_a_value_that_has_no_room_is_told(self, crm: DolibarrWorld) -> None:
        send(crm, "upsert", anna())
        assert send(crm, "correct", anna(phone="+371" + "1" * 30)) == Unknown("not_kept", 200)
        assert send(crm, "correct", anna(email="x" * 129)) == Unknown("not_kept", 200)

    def test_an_additional_field_that_is_not_there_is_told(self, crm: DolibarrWorld) -> None:
        crm.dolibarr.options.remove("newsletter")
        assert send(crm, "upsert", anna()) == Unknown("not_kept", 200)

    @pytest.mark.parametrize("operation", ["upsert", "update_consent"])
    def test_additional_fields_of_theirs_stay(self, crm: DolibarrWorld, operation: Operation) -> None:
        send(crm, "upsert", anna())
        the_party(crm)["array_options"]["options_theirs"] = "sales wrote this"
        assert isinstance(send(crm, operation, anna("withdrawn", "d2")), Done)
        assert the_party(crm)["array_options"]["options_theirs"] == "sales wrote this"
        assert the_party(crm)["array_options"][PLACES.state] == "withdrawn"

    def test_a_number_and_a_picture_are_kept_in_their_way_and_do_not_differ(self, crm: DolibarrWorld) -> None:
        typed = anna(**{**ANNA, "phone": "+371 2000.0000", "note_public": " Sveiki \U0001f600 "})
        assert send(crm, "upsert", typed) == Done(the_party(crm)["id"])
        assert (the_party(crm)["phone"], the_party(crm)["note_public"]) == ("+37120000000", "Sveiki \ufffd")
        assert crm.destination.read_back(typed, now=NOW) == Held(the_party(crm)["id"])

    def test_what_is_there_already_is_not_written_again(self, crm: DolibarrWorld) -> None:
        send(crm, "upsert", anna())
        send(crm, "upsert", anna())
        assert [asked.method for asked in crm.server.asked if asked.method == "PUT"] == []

    def test_a_party_without_a_name_has_its_reference(self, crm: DolibarrWorld) -> None:
        send(crm, "upsert", anna(email="anna@example.org"))
        assert the_party(crm)["name"] == "VB-7K3M-Q9TD"
        send(crm, "correct", anna(name="Anna"))
        assert send(crm, "correct", anna(name="", email="")) == Done(the_party(crm)["id"])
        assert (the_party(crm)["name"], the_party(crm)["email"]) == ("VB-7K3M-Q9TD", None)


class TestWhatIsNotOurs:
    def test_a_party_that_looks_alike_is_neither_taken_nor_touched(self, crm: DolibarrWorld) -> None:
        row = crm.dolibarr.add(**ANNA)
        before = dict(row)
        for operation in EVERY:
            assert isinstance(send(crm, operation, anna()), Done)
        assert crm.dolibarr.rows == [before]

    @pytest.mark.parametrize("operation", EVERY)
    def test_a_party_that_got_our_key_by_a_merge_is_left_to_a_person(
        self, crm: DolibarrWorld, operation: Operation
    ) -> None:
        sent = send(crm, "upsert", anna())
        crm.dolibarr.rows.clear()
        customer = crm.dolibarr.add(name="A customer", barcode="lead-anna")
        before = dict(customer)
        assert send(crm, operation, replace(anna(), remote_id=sent.remote_id)) == Refused("merged_there")
        assert crm.dolibarr.rows == [before]

    @pytest.mark.parametrize("operation", ["correct", "update_consent"])
    def test_what_they_deleted_is_not_made_again_by_a_change(self, crm: DolibarrWorld, operation: Operation) -> None:
        assert send(crm, operation, anna()) == Refused("record_not_there")
        assert crm.dolibarr.rows == []

    def test_what_sales_changed_stays_when_the_lead_comes_again(self, tmp_path: Path) -> None:
        with dolibarr_world(tmp_path, fixed={"client": "3", "town": "Riga"}) as crm:
            send(crm, "upsert", anna())
            assert (the_party(crm)["client"], the_party(crm)["town"]) == ("3", "Riga")
            the_party(crm)["town"] = "Ventspils"
            send(crm, "upsert", anna("withdrawn"))
            assert the_party(crm)["town"] == "Ventspils"

    def test_a_party_that_another_worker_made_is_updated(self, crm: DolibarrWorld) -> None:
        def meanwhile(before: Any) -> Any:
            def answering(asked: Asked) -> Said | None:
                if is_create(asked):
                    crm.dolibarr.add(name="Another", barcode="lead-anna")
                said: Said | None = before(asked)
                return said

            return answering

        with crm.server.instead(meanwhile):
            assert send(crm, "upsert", anna()) == Done("1")
        assert the_party(crm)["name"] == "Anna Example"


class TestErasing:
    def test_nothing_is_left_in_the_database(self, crm: DolibarrWorld) -> None:
        send(crm, "upsert", anna(**ANNA, note_public="call me"))
        assert "Anna" in str(crm.dolibarr.events)
        assert isinstance(send(crm, "erase", anna()), Done)
        left = str([crm.dolibarr.rows, crm.dolibarr.events])
        assert not any(said in left for said in ("Anna", "example.org", "+371", "call me"))
        assert crm.destination.read_back(anna(), now=NOW) == Absent()

    def test_a_party_that_a_document_hangs_on_is_left_to_a_person(self, crm: DolibarrWorld) -> None:
        sent = send(crm, "upsert", anna())
        crm.dolibarr.used.add(sent.remote_id)
        assert send(crm, "erase", anna()) == Refused("erase_refused", 200)

    def test_who_erased_and_hung_up_is_asked_again(self, crm: DolibarrWorld) -> None:
        send(crm, "upsert", anna())
        with crm.server.hangs_up(lambda asked: asked.method == "DELETE"):
            assert isinstance(send(crm, "erase", anna()), Retry)
        assert send(crm, "erase", anna()) == Done()

    def test_who_may_not_erase_leaves_it_to_a_person(self, crm: DolibarrWorld) -> None:
        send(crm, "upsert", anna())
        assert alone(crm).send("erase", anna(), now=NOW) == Refused("erase_not_allowed", 401)
        assert alone(crm).check(now=NOW) == Refused("erase_not_allowed", 401)
        assert the_party(crm)["email"] == "anna@example.org"

    def test_a_second_key_that_may_not_stops_the_destination(self, crm: DolibarrWorld) -> None:
        send(crm, "upsert", anna())
        crm.dolibarr.users[ERASE_KEY].remove("delete")
        assert send(crm, "erase", anna()) == NotAllowedIn("rights_missing", 401)
        assert crm.destination.check(now=NOW) == NotAllowedIn("rights_missing", 401)


class TestTheCheck:
    @pytest.mark.parametrize("right", ["read", "write"])
    def test_each_right_is_asked_for(self, crm: DolibarrWorld, right: str) -> None:
        crm.dolibarr.users[KEY].remove(right)
        assert crm.destination.check(now=NOW) == NotAllowedIn("rights_missing", 401)

    def test_a_wrong_key_is_told_from_a_missing_right(self, crm: DolibarrWorld) -> None:
        with crm.refuses_us():
            assert crm.destination.check(now=NOW) == NotAllowedIn("credential_refused", 401)

    @pytest.mark.parametrize(
        ("differs", "reason"),
        [({"fixed": {"nosuch": "1"}}, "field_unknown_there"), ({"fields": None}, "map_missing")],
    )
    def test_a_map_that_cannot_work_is_told(self, tmp_path: Path, differs: dict[str, Any], reason: str) -> None:
        with dolibarr_world(tmp_path, **differs) as crm:
            assert crm.destination.check(now=NOW) == Refused(reason)

    def test_an_opt_out_that_nobody_could_be_told_stops_the_start(self, crm: DolibarrWorld) -> None:
        with pytest.raises(SettingsError, match="opt_out"):
            Dolibarr(crm.account, "crm", crm.map(opt_out=("newsletter",)), allow_loopback=True)
