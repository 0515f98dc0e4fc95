"""Pipedrive: what each of its answers means, and what stays untouched over there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from intake_api.crm.pipedrive import Pipedrive
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
from tests.intake_api.crm.parcels import NOW, parcel
from tests.intake_api.crm.worlds.pipedrive import NAMES, PipedriveWorld, is_create, pipedrive_world
from tests.intake_api.crm.worlds.pipedrive_server import code, fault, fine
from tests.intake_api.crm.worlds.serving import Answering, Asked, Said

ANNA = {"name": "Anna Example", "email": "anna@example.org", "phone": "+37120000000"}
EVERY: list[Operation] = ["upsert", "update_consent", "correct", "erase"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[PipedriveWorld]:
    with pipedrive_world(tmp_path) as world:
        yield world


def anna(state: str = "given", delivery: str = "d1", remote_id: str | None = None, **fields: str | int) -> Parcel:
    made = parcel(delivery, **(fields or ANNA))
    news = ParcelPurpose("newsletter", "A6-1-a-explicit-consent", state, NOW, "page", "e2")
    return replace(made, lead="lead-anna", purposes=(*made.purposes, news), remote_id=remote_id)


def send(opened: PipedriveWorld, operation: Operation, sent: Parcel) -> Any:
    return opened.destination.send(operation, sent, now=NOW)


def the_person(opened: PipedriveWorld) -> dict[str, Any]:
    (row,) = [one for one in opened.pipedrive.live() if one["custom_fields"][code("Vestibule lead")] == "lead-anna"]
    return row


ANSWERS = [
    (fault(400), Refused, "parcel_refused"),
    (fault(401), NotAllowedIn, "credential_refused"),
    (fault(402), NotAllowedIn, "storage_full"),
    (fault(403, code="feature_capping_deals_limit"), NotAllowedIn, "storage_full"),
    (fault(403), NotAllowedIn, "rights_missing"),
    (Said(403, b"<h1>Cloudflare</h1>"), Retry, "asked_to_wait"),
    (fault(404), Retry, "not_now"),
    (fault(410), Retry, "not_now"),
    (Said(404, b"<h1>404</h1>"), Unknown, "not_found_there"),
    (fault(422), Refused, "parcel_refused"),
    (fault(429), Retry, "asked_to_wait"),
    (fault(500), Retry, "not_now"),
    (Said(503, b""), Retry, "not_now"),
    (fault(200), Unknown, "unexpected_fault"),
    (Said(200, b"<h1>Sign in</h1>"), Unknown, "answer_not_readable"),
    (fine({"id": True}), Unknown, "answer_not_readable"),
    (Said(301, b""), Unknown, "redirected"),
    (Said(418, b""), Unknown, "unexpected_status"),
]


class TestHowAnAnswerIsTaken:
    @pytest.mark.parametrize(("said", "kind", "reason"), ANSWERS)
    def test_each_has_its_class(self, opened: PipedriveWorld, said: Said, kind: type[Any], reason: str) -> None:
        with opened.server.instead(lambda before: lambda asked: said if is_create(asked) else before(asked)):
            outcome = send(opened, "upsert", anna())
        assert (type(outcome), outcome.reason) == (kind, reason)

    @pytest.mark.parametrize("name", ["Retry-After", "x-ratelimit-reset"])
    def test_a_limit_says_how_long(self, opened: PipedriveWorld, name: str) -> None:
        with opened.server.instead(lambda _before: lambda _asked: Said(429, b"", {name: "2"})):
            assert send(opened, "upsert", anna()) == Retry("asked_to_wait", timedelta(seconds=2), 429)

    def test_who_says_nothing_is_too_slow(self, opened: PipedriveWorld) -> None:
        hasty = Pipedrive(opened.account, "crm", opened.map(), allow_loopback=True, time_limit=0.3)
        with opened.server.never_answers():
            assert [hasty.send(one, anna(), now=NOW) for one in EVERY] == [Retry("too_slow")] * 4
            opened.server.stopped.set()


class TestWhatIsNotOurs:
    def test_a_person_that_looks_alike_is_neither_taken_nor_touched(self, opened: PipedriveWorld) -> None:
        theirs = opened.pipedrive.add(name="Anna Example", emails=[{"value": "anna@example.org", "primary": True}])
        before = str(theirs)
        for operation in EVERY:
            assert isinstance(send(opened, operation, anna()), Done)
        assert str(theirs) == before
        assert opened.pipedrive.live() == [theirs]

    def test_a_number_of_somebody_else_leads_nowhere(self, opened: PipedriveWorld) -> None:
        theirs = opened.pipedrive.add(name="Somebody")
        assert send(opened, "erase", anna(remote_id=str(theirs["id"]))) == Done()
        assert send(opened, "correct", anna(remote_id=str(theirs["id"]))) == Refused("record_not_there")
        assert opened.pipedrive.live() == [theirs]

    def test_addresses_that_sales_added_stay(self, opened: PipedriveWorld) -> None:
        send(opened, "upsert", anna())
        the_person(opened)["emails"].append({"value": "anna@work.example", "primary": False, "label": "work"})
        send(opened, "correct", anna(email="new@example.org"))
        assert [one["value"] for one in the_person(opened)["emails"]] == ["new@example.org", "anna@work.example"]

    @pytest.mark.parametrize("operation", ["correct", "update_consent"])
    def test_what_they_deleted_is_not_made_again_by_a_change(
        self, opened: PipedriveWorld, operation: Operation
    ) -> None:
        sent = send(opened, "upsert", anna())
        the_person(opened)["is_deleted"] = True
        assert send(opened, operation, anna(remote_id=sent.remote_id)) == Refused("record_not_there")
        assert opened.destination.read_back(anna(remote_id=sent.remote_id), now=NOW) == Absent()


class TestOneRecord:
    def test_one_that_the_search_does_not_know_yet_is_found_by_its_number(self, opened: PipedriveWorld) -> None:
        sent = send(opened, "upsert", anna())
        opened.pipedrive.unsearched.add(int(sent.remote_id))
        assert send(opened, "update_consent", anna("withdrawn", remote_id=sent.remote_id)) == sent
        assert send(opened, "erase", anna(remote_id=sent.remote_id)) == Done()
        assert opened.pipedrive.live() == []

    def test_of_two_made_at_once_the_older_stays_and_the_other_is_emptied(self, opened: PipedriveWorld) -> None:
        def meanwhile(before: Answering) -> Answering:
            def answering(asked: Asked) -> Said | None:
                if is_create(asked):
                    opened.pipedrive.add(name="Another", custom_fields={code("Vestibule lead"): "lead-anna"})
                return before(asked)

            return answering

        with opened.server.instead(meanwhile):
            assert send(opened, "upsert", anna()) == Done(str(the_person(opened)["id"]))
        assert the_person(opened)["name"] == "Another"
        assert "anna@example.org" not in str([one for one in opened.pipedrive.persons if one["is_deleted"]])

    def test_who_hung_up_between_person_and_lead_gets_the_lead_by_the_repeat(self, opened: PipedriveWorld) -> None:
        with opened.server.hangs_up(is_create):
            assert isinstance(send(opened, "upsert", anna()), Retry)
        assert opened.pipedrive.leads == []
        for _ in range(2):
            assert isinstance(send(opened, "upsert", anna()), Done)
        (lead,) = opened.pipedrive.leads
        assert (lead["title"], lead["person_id"]) == ("VB-7K3M-Q9TD", the_person(opened)["id"])

    def test_eight_at_once_leave_one_lead_in_the_inbox(self, opened: PipedriveWorld) -> None:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda _: send(opened, "upsert", anna()), range(8)))
        assert all(isinstance(one, Done | Retry) for one in outcomes)
        assert isinstance(send(opened, "upsert", anna()), Done)
        assert [one["person_id"] for one in opened.pipedrive.leads] == [the_person(opened)["id"]]

    def test_a_lead_that_became_a_deal_is_not_made_again(self, opened: PipedriveWorld) -> None:
        send(opened, "upsert", anna())
        opened.pipedrive.deals, opened.pipedrive.leads = [dict(opened.pipedrive.leads[0])], []
        send(opened, "upsert", anna(delivery="d2"))
        assert opened.pipedrive.leads == []

    def test_without_the_field_of_our_key_nothing_is_sent(self, opened: PipedriveWorld) -> None:
        del opened.pipedrive.fields["Vestibule lead"]
        for operation in EVERY:
            assert send(opened, operation, anna()) == NotAllowedIn("lead_key_field_missing")
        assert opened.destination.check(now=NOW) == NotAllowedIn("lead_key_field_missing")


class TestANoThatTravels:
    @pytest.mark.parametrize("operation", ["upsert", "update_consent", "correct"])
    def test_the_status_is_unsubscribed(self, opened: PipedriveWorld, operation: Operation) -> None:
        send(opened, "upsert", anna())
        assert the_person(opened)["marketing_status"] == "no_consent"
        assert isinstance(send(opened, operation, anna("withdrawn")), Done)
        assert the_person(opened)["marketing_status"] == "unsubscribed"

    def test_a_status_that_may_not_change_any_more_is_told(self, opened: PipedriveWorld) -> None:
        send(opened, "upsert", anna())
        the_person(opened)["marketing_status"] = "subscribed"
        opened.pipedrive.changed_status.add(the_person(opened)["id"])
        assert send(opened, "update_consent", anna("withdrawn")) == Unknown("not_kept")
        found = opened.destination.read_back(anna("withdrawn"), now=NOW)
        assert found == Held(str(the_person(opened)["id"]), ("newsletter",))


class TestValues:
    def test_each_is_written_as_its_field_wants_it(self, tmp_path: Path) -> None:
        with pipedrive_world(tmp_path, fields={**NAMES, "headcount": "Headcount"}) as opened:
            sent = anna(**ANNA, Headcount=40, Message=" hello ")
            assert isinstance(send(opened, "upsert", sent), Done)
            assert the_person(opened)["custom_fields"][code("Headcount")] == 40
            assert opened.destination.read_back(sent, now=NOW) == Held(str(the_person(opened)["id"]))
            assert isinstance(send(opened, "correct", anna(name="", phone="", Message="")), Done)
            person = the_person(opened)
            assert (person["name"], person["phones"]) == ("VB-7K3M-Q9TD", [])
            assert person["custom_fields"][code("Message")] is None


class TestErasing:
    def test_nothing_is_left_of_what_was_deleted(self, opened: PipedriveWorld) -> None:
        send(opened, "upsert", anna(**ANNA, Message="call me"))
        assert send(opened, "erase", anna()) == Done()
        left = str([opened.pipedrive.persons, opened.pipedrive.leads])
        assert not any(said in left for said in ("Anna", "example.org", "+371", "call me", "given"))

    def test_who_emptied_and_hung_up_is_asked_again(self, opened: PipedriveWorld) -> None:
        send(opened, "upsert", anna())
        with opened.server.hangs_up(lambda asked: asked.method == "PATCH"):
            assert isinstance(send(opened, "erase", anna()), Retry)
        assert send(opened, "erase", anna()) == Done()
        assert opened.pipedrive.live() == []

    def test_who_may_not_erase_leaves_it_to_a_person(self, opened: PipedriveWorld) -> None:
        alone = Pipedrive(replace(opened.account, erase_key=""), "crm", opened.map(), allow_loopback=True)
        alone.send("upsert", anna(), now=NOW)
        assert alone.send("erase", anna(), now=NOW) == Refused("erase_not_allowed", 403)
        assert the_person(opened)["name"] == "Anna Example"


class TestTheCheck:
    @pytest.mark.parametrize(
        ("differs", "reason"),
        [({"fixed": {"No such": "1"}}, "field_unknown_there"), ({"fields": None}, "map_missing")],
    )
    def test_a_map_that_cannot_work_is_told(self, tmp_path: Path, differs: dict[str, Any], reason: str) -> None:
        with pipedrive_world(tmp_path, **differs) as opened:
            assert opened.destination.check(now=NOW) == Refused(reason)

    def test_a_token_that_erases_and_is_wrong_is_told(self, opened: PipedriveWorld) -> None:
        del opened.pipedrive.tokens["erase-key"]
        assert opened.destination.check(now=NOW) == NotAllowedIn("credential_refused", 401)
