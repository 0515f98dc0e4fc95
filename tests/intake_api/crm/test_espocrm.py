"""EspoCRM: what each of its answers means, and what stays untouched over there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intake_api.crm.espocrm import EspoCrm
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
from tests.intake_api.crm.worlds.espocrm import PLACES, EspoWorld, espo_world, is_create
from tests.intake_api.crm.worlds.serving import Said

ANNA = {"lastName": "Anna Example", "emailAddress": "anna@example.org", "phoneNumber": "+37120000000"}
EVERY: list[Operation] = ["upsert", "update_consent", "correct", "erase"]


@pytest.fixture
def espo(tmp_path: Path) -> Iterator[EspoWorld]:
    with espo_world(tmp_path) as opened:
        yield opened


def anna(state: str = "given", delivery: str = "d1", **fields: str) -> Parcel:
    made = parcel(delivery, **(fields or ANNA))
    news = ParcelPurpose("newsletter", "A6-1-a-explicit-consent", state, NOW, "page", "e2")
    return replace(made, lead="lead-anna", purposes=(*made.purposes, news))


def send(espo: EspoWorld, operation: Operation, sent: Parcel) -> Any:
    return espo.destination.send(operation, sent, now=NOW)


def the_lead(espo: EspoWorld) -> dict[str, Any]:
    (row,) = [row for row in espo.espo.live() if row.get("cVestibuleLead") == "lead-anna"]
    return row


ANSWERS = [
    (301, b"", Unknown, "redirected"),
    (400, b"", Refused, "parcel_refused"),
    (401, b"", NotAllowedIn, "credential_refused"),
    (403, b"", NotAllowedIn, "rights_missing"),
    (404, b"", Unknown, "not_found_there"),
    (409, b"{}", Retry, "not_now"),
    (413, b"", Refused, "parcel_refused"),
    (418, b"", Unknown, "unexpected_status"),
    (429, b"", Retry, "asked_to_wait"),
    (500, b"\n<!doctype html><h1>Database error</h1>", Retry, "not_now"),
    (500, b"", Retry, "not_now"),  # a dead database, which the real one says no word about
    (500, b'{"message": "wrong type"}', Unknown, "server_error"),
    (502, b"", Retry, "not_now"),
    (503, b"", Retry, "not_now"),
    (200, b"<h1>Installation</h1>", Unknown, "answer_not_readable"),
    (200, b"{}", Unknown, "answer_not_readable"),
]


class TestHowAnAnswerIsTaken:
    @pytest.mark.parametrize(("status", "body", "kind", "reason"), ANSWERS)
    def test_each_has_its_class(self, espo: EspoWorld, status: int, body: bytes, kind: type[Any], reason: str) -> None:
        espo.destination.check(now=NOW)
        said = Said(status, body)
        with espo.server.instead(lambda before: lambda asked: said if is_create(asked) else before(asked)):
            outcome = send(espo, "upsert", anna())
        assert (type(outcome), outcome.reason) == (kind, reason)

    def test_an_error_that_it_names_is_not_the_database(self, espo: EspoWorld) -> None:
        espo.destination.check(now=NOW)
        said = Said(500, b"", {"X-Status-Reason": "Bad formula"})
        with espo.server.instead(lambda before: lambda asked: said if is_create(asked) else before(asked)):
            assert send(espo, "upsert", anna()) == Unknown("server_error", 500)

    @pytest.mark.parametrize("record", [b"7", b"[]", b'{"id": "x"}', b"true"])
    def test_a_record_alike_whose_id_is_none_is_not_ours(self, espo: EspoWorld, record: bytes) -> None:
        said = Said(409, b'[{"cVestibuleLead": "lead-anna", "id": %s}]' % record)
        with espo.server.instead(lambda before: lambda asked: said if is_create(asked) else before(asked)):
            assert send(espo, "upsert", anna()) == Retry("not_now", status=409)

    @pytest.mark.parametrize("name", ["emailAddress", "phoneNumber"])
    def test_a_field_that_the_metadata_leave_out_is_an_ordinary_one(self, espo: EspoWorld, name: str) -> None:
        send(espo, "upsert", anna())
        said = Said(200, {one: {"type": kind} for one, kind in espo.espo.fields.items() if one != name})
        fresh = EspoCrm(espo.account, "crm", espo.map(), allow_loopback=True)
        with espo.server.instead(lambda before: lambda asked: said if "Metadata" in asked.path else before(asked)):
            assert isinstance(fresh.send("correct", anna(**{name: "new@example.org"}), now=NOW), Done)

    def test_a_limit_says_how_long(self, espo: EspoWorld) -> None:
        with espo.server.instead(lambda _before: lambda _asked: Said(429, b"", {"Retry-After": "7"})):
            assert send(espo, "upsert", anna()).after.total_seconds() == 7

    def test_who_says_nothing_is_too_slow(self, espo: EspoWorld) -> None:
        hasty = EspoCrm(espo.account, "crm", espo.map(), allow_loopback=True, time_limit=0.3)
        with espo.server.never_answers():
            assert [hasty.send(one, anna(), now=NOW) for one in EVERY] == [Retry("too_slow")] * 4
            espo.server.stopped.set()

    def test_a_record_deleted_between_look_and_write_is_looked_for_again(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna())
        said = Said(404, b"")
        with espo.server.instead(lambda before: lambda asked: said if asked.method == "PUT" else before(asked)):
            assert send(espo, "correct", anna()) == Retry("not_now", status=404)


class TestWhatIsNotOurs:
    @pytest.mark.parametrize("theirs", [{"emailAddress": "anna@example.org"}, {"lastName": "Anna Example"}, ANNA])
    def test_a_record_that_looks_alike_is_neither_taken_nor_touched(
        self, espo: EspoWorld, theirs: dict[str, str]
    ) -> None:
        row = espo.espo.add(**theirs)
        before = dict(row)
        for operation in ("upsert", "update_consent", "correct", "erase"):
            assert isinstance(send(espo, operation, anna()), Done)
            if operation != "erase":
                assert the_lead(espo)["id"] != row["id"]
        assert row == before
        assert len(espo.espo.live()) == 1

    def test_an_address_that_a_customer_has_too_is_left_to_them(self, espo: EspoWorld) -> None:
        contact = espo.espo.add("Contact", emailAddress="anna@example.org")
        send(espo, "upsert", anna())
        assert send(espo, "erase", anna()) == Done()
        assert contact["emailAddress"] == "anna@example.org"

    @pytest.mark.parametrize("operation", ["correct", "update_consent"])
    def test_what_they_deleted_is_not_made_again_by_a_change(self, espo: EspoWorld, operation: Operation) -> None:
        assert send(espo, operation, anna()) == Refused("record_not_there")
        assert espo.espo.live() == []

    def test_what_sales_changed_stays_when_the_lead_comes_again(self, tmp_path: Path) -> None:
        with espo_world(tmp_path, fixed={"source": "Web Site"}) as espo:
            send(espo, "upsert", anna())
            assert the_lead(espo)["source"] == "Web Site"
            the_lead(espo)["source"] = "Partner"
            send(espo, "upsert", anna(delivery="d2"))
            assert the_lead(espo)["source"] == "Partner"


class TestWhatItsFieldsTake:
    @pytest.mark.parametrize(
        ("name", "sent", "kept"),
        [
            ("lastName", "A" * 120, "A" * 99 + "…"),
            ("lastName", "<b>Anna</b>", "＜b＞Anna＜/b＞"),
            ("accountName", "A=B", "A＝B"),
            ("phoneNumber", "+37120000000;ext=12", "+37120000000"),
        ],
    )
    def test_a_lead_is_not_lost_to_one_of_them(self, espo: EspoWorld, name: str, sent: str, kept: str) -> None:
        for operation in ("upsert", "correct"):
            assert isinstance(send(espo, operation, anna(**{**ANNA, name: sent})), Done)
            assert the_lead(espo)[name] == kept
        assert espo.destination.read_back(anna(**{**ANNA, name: sent}), now=NOW) == Held(the_lead(espo)["id"])

    def test_an_extension_is_written_as_both_of_its_settings_take_it(self, espo: EspoWorld) -> None:
        espo.espo.extensions = True
        sent = anna(**{**ANNA, "phoneNumber": "+37120000000;ext=12"})
        assert send(espo, "upsert", sent) == Done(the_lead(espo)["id"])
        assert the_lead(espo)["phoneNumber"] == "+37120000000 ext. 12"
        assert espo.destination.read_back(sent, now=NOW) == Held(the_lead(espo)["id"])

    def test_an_address_that_somebody_spelt_otherwise_is_the_same(self, espo: EspoWorld) -> None:
        espo.espo.add("Contact", emailAddress="Anna@Example.org")
        send(espo, "upsert", anna())
        assert the_lead(espo)["emailAddress"] == "Anna@Example.org"
        assert espo.destination.read_back(anna(), now=NOW) == Held(the_lead(espo)["id"])


class TestOneRecord:
    def test_of_two_made_at_once_the_older_stays(self, espo: EspoWorld) -> None:
        def meanwhile(before: Any) -> Any:
            def answering(asked: Any) -> Any:
                if is_create(asked):
                    espo.espo.add(lastName="Another", cVestibuleLead="lead-anna")
                return before(asked)

            return answering

        with espo.server.instead(meanwhile):
            outcome = send(espo, "upsert", anna())
        assert outcome == Done(the_lead(espo)["id"])
        assert the_lead(espo)["lastName"] == "Another"
        assert [row["emailAddress"] for row in espo.espo.rows if row["deleted"]] == [None]

    def test_one_that_another_worker_made_is_updated(self, espo: EspoWorld) -> None:
        def meanwhile(before: Any) -> Any:
            def answering(asked: Any) -> Any:
                if is_create(asked):
                    espo.espo.add(lastName="Anna Example", cVestibuleLead="lead-anna")
                return before(asked)

            return answering

        with espo.server.instead(meanwhile):
            assert send(espo, "upsert", anna()) == Done(the_lead(espo)["id"])
        assert the_lead(espo)["emailAddress"] == "anna@example.org"

    def test_without_the_field_of_our_key_nothing_is_sent(self, espo: EspoWorld) -> None:
        del espo.espo.fields["cVestibuleLead"]
        assert send(espo, "upsert", anna()) == NotAllowedIn("lead_key_field_missing")
        assert espo.destination.check(now=NOW) == NotAllowedIn("lead_key_field_missing")
        assert espo.espo.rows == []


class TestANoThatTravels:
    @pytest.mark.parametrize("operation", ["upsert", "update_consent", "correct"])
    def test_address_and_number_are_opted_out(self, espo: EspoWorld, operation: Operation) -> None:
        send(espo, "upsert", anna())
        assert espo.espo.opted_out == {"anna@example.org": False, "+37120000000": False}
        assert isinstance(send(espo, operation, anna("withdrawn", emailAddress="anna@example.org")), Done)
        assert espo.espo.opted_out == {"anna@example.org": True, "+37120000000": True}

    def test_a_new_lead_that_said_no_is_opted_out_at_once(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna("refused"))
        assert set(espo.espo.opted_out.values()) == {True}

    def test_nobody_is_opted_in_by_a_yes(self, espo: EspoWorld) -> None:
        espo.espo.opted_out["anna@example.org"] = True
        send(espo, "upsert", anna("given"))
        assert espo.espo.opted_out["anna@example.org"] is True

    def test_read_back_sees_who_was_opted_in_again(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna("refused"))
        espo.espo.opted_out["anna@example.org"] = False
        found = espo.destination.read_back(anna("refused"), now=NOW)
        assert found == Held(the_lead(espo)["id"], ("newsletter",))

    @pytest.mark.parametrize(("state", "ticked"), [("given", True), ("withdrawn", False)])
    def test_a_check_box_says_yes_to_a_yes_only(self, tmp_path: Path, state: str, ticked: bool) -> None:
        boxes = {"newsletter": replace(PLACES, state="cWantsNews")}
        with espo_world(tmp_path, consent=boxes) as espo:
            send(espo, "upsert", anna(state))
            assert the_lead(espo)["cWantsNews"] is ticked
            assert espo.destination.read_back(anna(state), now=NOW) == Held(the_lead(espo)["id"])


class TestErasing:
    def test_nothing_is_left_in_the_database(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna("refused", **ANNA, description="call me"))
        assert send(espo, "erase", anna()) == Done()
        left = str([espo.espo.rows, espo.espo.opted_out])
        assert not any(said in left for said in ("Anna", "example.org", "+371", "call me"))
        assert espo.destination.read_back(anna(), now=NOW) == Absent()

    @pytest.mark.parametrize("now", ["anna@example.net", ""])
    def test_what_a_correction_replaced_is_gone_too(self, espo: EspoWorld, now: str) -> None:
        send(espo, "upsert", anna())
        send(espo, "correct", anna(emailAddress=now, phoneNumber="+37120000001"))
        assert (the_lead(espo)["emailAddress"] or "", the_lead(espo)["phoneNumber"]) == (now, "+37120000001")
        assert not {"anna@example.org", "+37120000000"} & espo.espo.opted_out.keys()
        assert send(espo, "erase", anna()) == Done()
        assert espo.espo.opted_out == {}

    def test_a_correction_that_stopped_half_way_is_done_the_next_time(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna())
        with espo.server.hangs_up(lambda asked: asked.path.endswith("/erase")):
            assert isinstance(send(espo, "correct", anna(emailAddress="anna@example.net")), Retry)
        assert isinstance(send(espo, "correct", anna(emailAddress="anna@example.net")), Done)
        assert the_lead(espo)["emailAddress"] == "anna@example.net"

    def test_a_no_of_whom_they_erased_themselves_is_written(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna())
        the_lead(espo)["emailAddress"] = "ERASED:1"
        assert isinstance(send(espo, "update_consent", anna("withdrawn")), Done)
        assert (the_lead(espo)["cNewsletter"], the_lead(espo)["emailAddress"]) == ("withdrawn", "ERASED:1")

    def test_what_a_correction_replaced_stays_with_whoever_has_it_too(self, espo: EspoWorld) -> None:
        contact = espo.espo.add("Contact", emailAddress="Anna@example.org")
        send(espo, "upsert", anna())
        send(espo, "correct", anna(emailAddress="anna@example.net"))
        assert contact["emailAddress"] == "Anna@example.org"

    def test_an_address_that_sales_added_survives_a_correction_and_no_erasure(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna())
        the_lead(espo)["emailAddressData"] = ["private@example.org"]
        send(espo, "correct", anna(emailAddress="anna@example.net"))
        assert the_lead(espo)["emailAddressData"] == ["private@example.org"]
        contact = espo.espo.add("Contact", emailAddress="anna@example.net")
        assert send(espo, "erase", anna()) == Done()
        assert contact["emailAddress"] == "anna@example.net"
        assert "private@example.org" not in str([espo.espo.rows, espo.espo.opted_out])

    def test_what_the_map_writes_is_emptied_whatever_its_kind(self, tmp_path: Path) -> None:
        with espo_world(tmp_path, forms={"request_demo": {"headcount": "cHeadcount"}}) as espo:
            espo.espo.fields["cHeadcount"] = "int"
            send(espo, "upsert", replace(anna(), fields={**ANNA, "cHeadcount": 40}))
            assert the_lead(espo)["cHeadcount"] == 40
            send(espo, "erase", anna())
            assert [(row["cHeadcount"], row["cNewsletterAt"]) for row in espo.espo.rows] == [(None, None)]

    def test_who_emptied_and_hung_up_is_asked_again(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna())
        with espo.server.hangs_up(lambda asked: asked.method == "DELETE"):
            assert isinstance(send(espo, "erase", anna()), Retry)
        assert send(espo, "erase", anna()) == Done()

    def test_who_may_not_erase_leaves_it_to_a_person(self, espo: EspoWorld) -> None:
        alone = EspoCrm(replace(espo.account, erase_key=""), "crm", espo.map(), allow_loopback=True)
        alone.send("upsert", anna(), now=NOW)
        assert alone.send("erase", anna(), now=NOW) == Refused("erase_not_allowed", 403)
        assert alone.check(now=NOW) == Refused("erase_not_allowed")
        assert the_lead(espo)["emailAddress"] == "anna@example.org"

    def test_a_second_key_that_may_not_stops_the_destination(self, espo: EspoWorld) -> None:
        send(espo, "upsert", anna())
        espo.espo.users[1].privacy = "no"
        assert send(espo, "erase", anna()) == NotAllowedIn("rights_missing", 403)
        assert espo.destination.check(now=NOW) == NotAllowedIn("rights_missing")


class TestTheCheck:
    @pytest.mark.parametrize(("user", "right"), [(0, "create"), (0, "read"), (0, "edit"), (1, "delete"), (1, "edit")])
    def test_each_right_is_asked_for(self, espo: EspoWorld, user: int, right: str) -> None:
        espo.espo.users[user].may[right] = "own"
        assert espo.destination.check(now=NOW) == NotAllowedIn("rights_missing")

    def test_who_erases_must_see_who_else_has_an_address(self, espo: EspoWorld) -> None:
        espo.espo.users[1].people = "own"
        assert espo.destination.check(now=NOW) == NotAllowedIn("rights_missing")

    @pytest.mark.parametrize(
        ("differs", "reason"),
        [({"fixed": {"cNoSuch": "1"}}, "field_unknown_there"), ({"fields": None}, "map_missing")],
    )
    def test_a_map_that_cannot_work_is_told(self, tmp_path: Path, differs: dict[str, Any], reason: str) -> None:
        with espo_world(tmp_path, **differs) as espo:
            assert espo.destination.check(now=NOW) == Refused(reason)
