"""The connector for Tryton against a real one: what stands there, what stays untouched, what each answer means."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from intake_api.crm.port import (
    Absent,
    Done,
    Held,
    NotAllowedIn,
    Outcome,
    Parcel,
    Refused,
    Retry,
    Unknown,
)
from intake_api.crm.tryton import Tryton
from intake_api.crm.tryton_note import read_note, same_text, write_note
from intake_api.settings import SettingsError
from tests.intake_api.crm.parcels import NOW, parcel
from tests.intake_api.crm.worlds.tryton import TrytonWorld, say, tryton_world

MESSAGE = "Please call me.\n\nBest: after six\n  - not on Fridays"
FIELDS = {"name": "Anna Example", "email": "anna@example.org", "phone": "+37120000000", "message": MESSAGE}
SAID = b'{"status": 400, "message": "No", "description": ""}'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TrytonWorld]:
    with tryton_world(tmp_path) as opened:
        yield opened


def anna(delivery: str = "d1", **fields: str) -> Parcel:
    return replace(parcel(delivery, **(fields or FIELDS)), lead="lead-anna")


def rest(world: TrytonWorld, method: str, below: str, values: dict[str, Any] | None = None) -> Any:
    """Act in Tryton as the people there do."""
    url = f"http://127.0.0.1:{world.server.process.port}/crm/rest/model/{below}"
    context = base64.urlsafe_b64encode(b'{"active_test": false, "company": 1}').decode()
    headers = {"Authorization": f"Bearer {world.server.seed.key}", "X-Tryton-Context": context}
    return asked(method, url, values, headers)


def asked(method: str, url: str, values: object, headers: dict[str, str]) -> Any:
    body = None if values is None else json.dumps(values).encode()
    if body:
        headers = {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def rows(world: TrytonWorld, query: str) -> list[tuple[Any, ...]]:
    with world.server.reading() as database:
        return [tuple(row) for row in database.execute(query)]


def everything(world: TrytonWorld) -> str:
    """Return all that the database holds, what it keeps of earlier versions too."""
    with world.server.reading() as database:
        return "\n".join(database.iterdump())


class TestWhatStandsThere:
    def test_a_lead_is_a_party_an_opportunity_and_a_note(self, world: TrytonWorld) -> None:
        sent = world.destination.send("upsert", anna(), now=NOW)
        assert sent == Done("2")
        assert rows(world, "SELECT name, code, active FROM party_party WHERE id = 2") == [
            ("Anna Example", "VB-lead-anna", 1)
        ]
        assert rows(world, "SELECT reference, description, state, party, company FROM sale_opportunity") == [
            ("VB-7K3M-Q9TD", "request_demo", "lead", 2, 1)
        ]
        assert sorted(rows(world, "SELECT type, value FROM party_contact_mechanism")) == [
            ("email", "anna@example.org"),
            ("phone", "+37120000000"),
        ]
        assert world.destination.read_back(anna(), now=NOW) == Held("2", ())

    @pytest.mark.parametrize("spelt", ["+371 67 000 000 ext. 12", "+371 67 000 000 x12"])
    def test_an_extension_as_tryton_spells_it_is_the_same(self, world: TrytonWorld, spelt: str) -> None:
        sent = anna(phone="+37167000000;ext=12")
        world.destination.send("upsert", sent, now=NOW)
        with world.server.reading() as database, database:  # what it does where it knows numbers
            query = "UPDATE party_contact_mechanism SET value = ?, value_compact = ? WHERE type = 'phone'"
            database.execute(query, (spelt, "+37167000000"))
        assert world.destination.read_back(sent, now=NOW) == Held("2", ())
        world.destination.send("upsert", sent, now=NOW)
        assert ("phone", spelt) in rows(world, "SELECT type, value FROM party_contact_mechanism")
        other = anna(phone="+37167000000;ext=13")
        assert world.destination.read_back(other, now=NOW) == Held("2", ("phone",))

    def test_nothing_that_was_typed_goes_where_each_version_is_kept(self, world: TrytonWorld) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        kept = str(rows(world, "SELECT * FROM sale_opportunity__history"))
        assert "VB-7K3M-Q9TD" in kept
        assert not any(part in kept for part in ("Anna", "anna@", "+371", "call me"))

    def test_what_is_not_finished_is_finished_by_the_next_attempt(self, world: TrytonWorld) -> None:
        rest(world, "POST", "party.party", {"code": "VB-lead-anna", "name": "Anna Example"})
        assert world.destination.send("upsert", anna(), now=NOW) == Done("2")
        assert world.destination.read_back(anna(), now=NOW) == Held("2", ())

    @pytest.mark.parametrize("state", ["lead", "cancelled"])  # cancelled: whoever cleared it away was cut off
    def test_two_opportunities_of_a_race_become_the_older_one(self, world: TrytonWorld, state: str) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        second = {"party": 2, "company": 1, "reference": "VB-7K3M-Q9TD", "state": state}
        rest(world, "POST", "sale.opportunity", second)
        assert world.destination.send("upsert", anna("d2"), now=NOW) == Done("2")
        assert rows(world, "SELECT id FROM sale_opportunity") == [(1,)]

    def test_eight_workers_that_know_nothing_of_each_other_end_with_one_record(self, world: TrytonWorld) -> None:
        """Others may refuse to clean up while one does; whoever is told to come again finishes."""
        workers = [destination(world) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda worker: worker.send("upsert", anna(), now=NOW), workers))
        assert all(isinstance(one, (Done, Retry, Unknown)) for one in outcomes)
        assert workers[0].send("upsert", anna(), now=NOW) == Done("2")
        assert len(world.records("lead-anna")) == 1

    def test_an_empty_correction_takes_away_and_leaves_the_rest(self, world: TrytonWorld) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        correction = anna("d2", phone="", message="")
        assert world.destination.send("correct", correction, now=NOW) == Done("2")
        assert rows(world, "SELECT type, value FROM party_contact_mechanism") == [("email", "anna@example.org")]
        assert world.destination.read_back(correction, now=NOW) == Held("2", ())

    def test_a_correction_or_a_no_for_who_is_not_there_is_for_a_person(self, world: TrytonWorld) -> None:
        for operation in ("correct", "update_consent"):
            assert world.destination.send(operation, anna(), now=NOW) == Refused("not_there")  # type: ignore[arg-type]


class TestWhatIsNotOurs:
    def test_what_sales_typed_with_the_same_address_stays_untouched(self, world: TrytonWorld) -> None:
        ways = [["create", [{"type": "email", "value": "anna@example.org"}]]]
        rest(world, "POST", "party.party", {"code": "77", "name": "A. Example", "contact_mechanisms": ways})
        before = rows(world, "SELECT * FROM party_party WHERE code = '77'")
        assert world.destination.send("upsert", anna(), now=NOW) == Done("3")
        world.destination.send("correct", anna("d2", email="a@example.org"), now=NOW)
        world.destination.send("erase", anna("d3"), now=NOW)
        assert rows(world, "SELECT * FROM party_party WHERE code = '77'") == before
        assert rows(world, "SELECT value, active FROM party_contact_mechanism WHERE party = 2") == [
            ("anna@example.org", 1)
        ]

    def test_what_sales_added_to_the_party_stays(self, world: TrytonWorld) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        rest(world, "POST", "party.contact_mechanism", {"party": 2, "type": "email", "value": "office@example.org"})
        rest(world, "POST", "ir.note", {"resource": "party.party,2", "message": "Likes tea"})
        world.destination.send("upsert", anna("d2", email="new@example.org"), now=NOW)
        addresses = rows(world, "SELECT value FROM party_contact_mechanism WHERE type = 'email' ORDER BY id")
        assert addresses == [("new@example.org",), ("office@example.org",)]
        assert ("Likes tea",) in rows(world, "SELECT message FROM ir_note")

    @pytest.mark.parametrize(
        ("values", "reason"), [({"active": False}, "inactive_there"), ({"replaced_by": 1}, "merged_there")]
    )
    def test_what_sales_put_away_or_merged_is_for_a_person(
        self, world: TrytonWorld, values: dict[str, Any], reason: str
    ) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        rest(world, "PUT", "party.party/2", values)
        assert world.destination.send("upsert", anna("d2"), now=NOW) == Refused(reason)


class TestErasing:
    def test_nothing_of_the_person_is_left_in_the_whole_database(self, world: TrytonWorld) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        world.destination.send("correct", anna("d2", phone="+37120000001", message="Never mind"), now=NOW)
        rest(world, "POST", "party.identifier", {"party": 2, "code": "MARKED-ID"})
        marks = ("Anna Example", "anna@example.org", "37120000001", "Never mind", "MARKED-ID")
        before = everything(world)
        assert all(mark in before for mark in marks)
        assert world.destination.send("erase", anna("d3"), now=NOW) == Done("2")
        after = everything(world)
        assert [mark for mark in (*marks, "37120000000", "call me") if mark in after] == []
        assert world.destination.read_back(anna(), now=NOW) == Absent()

    def test_who_was_erased_is_not_made_again(self, world: TrytonWorld) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        world.destination.send("erase", anna("d2"), now=NOW)
        assert world.destination.send("upsert", anna(), now=NOW) == Refused("erased_there")
        assert "Anna Example" not in everything(world)

    @pytest.mark.parametrize("step", [b"common.db.login", b"party.erase.create", b"party.erase.execute"])
    def test_an_erasing_that_broke_off_is_finished(self, world: TrytonWorld, step: bytes) -> None:
        """A call that was cut off says nothing of rights: it must not stop the destination."""
        world.destination.send("upsert", anna(), now=NOW)

        def break_off(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            if step in body:
                world.door.pass_on(handler, body)
                handler.close_connection = True
            else:
                say(handler, *world.door.pass_on(handler, body))

        with world.behaving(break_off):
            assert isinstance(world.destination.send("erase", anna("d2"), now=NOW), Retry)
        assert isinstance(world.destination.read_back(anna(), now=NOW), Held)
        assert world.destination.send("erase", anna("d2"), now=NOW) == Done("2")
        assert "anna@example.org" not in everything(world)

    @pytest.mark.parametrize(
        ("status", "said", "outcome"),
        [
            (429, b"", Retry("asked_to_wait", None, 429)),
            (503, b"", Retry("not_now", None, 503)),
            (200, b'{"error": ["ConcurrencyException", []]}', Retry("changed_meanwhile")),
            (200, b'{"error": ["UserError", ["Not in the group", ""]]}', NotAllowedIn("erase_rights_missing")),
        ],
    )
    def test_only_a_wizard_that_refuses_to_open_stops_the_destination(
        self, world: TrytonWorld, status: int, said: bytes, outcome: Outcome
    ) -> None:
        world.destination.send("upsert", anna(), now=NOW)

        def instead(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            if b"party.erase.create" in body:
                say(handler, status, "application/json", said)
            else:
                say(handler, *world.door.pass_on(handler, body))

        with world.behaving(instead):
            assert world.destination.send("erase", anna("d2"), now=NOW) == outcome
        assert world.destination.send("erase", anna("d2"), now=NOW) == Done("2")

    @pytest.mark.parametrize(
        ("step", "status", "said"),
        [
            ("/cancel", 403, b""),  # what a button says whose record was taken away since Tryton had found it
            ("DELETE", 400, SAID),
            ("party.erase.execute", 200, b'{"error": ["UserError", ["Gone", ""]]}'),
        ],
    )
    def test_what_a_call_that_lingers_took_away_meanwhile_refuses_nothing(
        self, world: TrytonWorld, step: str, status: int, said: bytes
    ) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        refused: list[str] = []

        def once(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            if not refused and step in f"{handler.command} {handler.path} {body.decode()}":
                refused.append(step)
                say(handler, status, "application/json", said)
            else:
                say(handler, *world.door.pass_on(handler, body))

        with world.behaving(once):
            assert world.destination.send("erase", anna("d2"), now=NOW) == Done("2")
        assert refused
        assert rows(world, "SELECT id FROM sale_opportunity") == []
        assert "anna@example.org" not in everything(world)

    def test_without_a_second_account_it_is_for_a_person(self, world: TrytonWorld) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        alone = destination(world, erase_user="", erase_key="")
        assert alone.send("erase", anna("d2"), now=NOW) == Refused("erase_not_allowed")
        assert alone.check(now=NOW) == Done()

    def test_an_opportunity_that_was_lost_goes_too(self, world: TrytonWorld) -> None:
        world.destination.send("upsert", anna(), now=NOW)
        rest(world, "POST", "sale.opportunity/1/lost", {})
        assert world.destination.send("erase", anna("d2"), now=NOW) == Done("2")
        assert rows(world, "SELECT id FROM sale_opportunity") == []


def destination(world: TrytonWorld, **differs: str) -> Tryton:
    account = replace(world.server.account(f"http://127.0.0.1:{world.server.process.port}"), **differs)
    return Tryton(account, "crm", allow_loopback=True)


class TestBeingLetIn:
    @pytest.mark.parametrize(
        ("differs", "outcome"),
        [
            ({"key": "0000"}, NotAllowedIn("credential_refused", 401)),
            ({"database": "other"}, NotAllowedIn("database_not_found", 404)),
            ({"erase_key": "wrong"}, NotAllowedIn("credential_refused", 401)),
        ],
    )
    def test_the_check_says_what_is_wrong(self, world: TrytonWorld, differs: dict[str, str], outcome: Outcome) -> None:
        assert destination(world, **differs).check(now=NOW) == outcome

    def test_an_account_that_may_not_erase_is_told(self, world: TrytonWorld) -> None:
        wrong = {"erase_user": "leadbot", "erase_key": world.server.seed.passwords["leadbot"]}
        assert destination(world, **wrong).check(now=NOW) == NotAllowedIn("erase_rights_missing")

    def test_a_key_works_once_its_own_user_let_it_in_and_only_with_its_rights(self, world: TrytonWorld) -> None:
        """Follow the steps of `docs/delivery.md`, for an account that has no right to opportunities."""
        there = f"http://127.0.0.1:{world.server.process.port}/crm"
        key = asked("POST", f"{there}/user/application/", {"user": "eraser", "application": "rest"}, {})
        refused = NotAllowedIn("credential_refused", 401)
        assert destination(world, key=key).check(now=NOW) == refused

        def rpc(method: str, *params: object, **headers: str) -> Any:
            return asked("POST", f"{there}/rpc/", {"id": 0, "method": method, "params": params}, headers)["result"]

        word = {"password": world.server.seed.passwords["eraser"]}
        user, session, _ = rpc("common.db.login", "eraser", word, "en")
        signed = "Session " + base64.b64encode(f"eraser:{user}:{session}".encode()).decode()
        own = [["key", "=", key]]
        found = rpc("model.res.user.application.search", own, 0, None, None, {}, Authorization=signed)
        rpc("model.res.user.application.validate_", found, {}, Authorization=signed)
        assert destination(world, key=key).check(now=NOW) == NotAllowedIn("rights_missing")

    def test_a_database_has_to_be_named(self, world: TrytonWorld) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_CRM_DATABASE is missing"):
            destination(world, database="")


TABLE: list[tuple[int, bytes, Outcome]] = [
    (200, b"", Unknown("answer_not_understood", 200)),
    (204, b"", Unknown("answer_not_understood", 204)),
    (302, b"", Unknown("redirected", 302)),
    (400, SAID, Unknown("search_refused", 400)),
    (400, b"<p>Unable to get RPC method</p>", Unknown("refused_without_reason", 400)),
    (400, b'{"status": 400}', Unknown("refused_without_reason", 400)),
    (401, b"", NotAllowedIn("credential_refused", 401)),
    (403, b"", NotAllowedIn("rights_missing", 403)),
    (404, b"", NotAllowedIn("database_not_found", 404)),
    (408, b"", Retry("not_now", timedelta(seconds=7), 408)),
    (409, b"", Unknown("unexpected_status", 409)),
    (423, b"", Retry("not_now", timedelta(seconds=7), 423)),
    (429, b"", Retry("asked_to_wait", timedelta(seconds=7), 429)),
    (500, b"", Retry("not_now", timedelta(seconds=7), 500)),
    (503, b"", Retry("not_now", timedelta(seconds=7), 503)),
]
RPC_TABLE: list[tuple[object, Outcome]] = [
    ({"error": ["LoginException", ["sms", "Code"]]}, NotAllowedIn("erase_login_refused")),
    ({"error": ["UserError", ["Open sales", ""]]}, Refused("erase_refused")),
    ({"error": ["UserWarning", ["Sure?", ""]]}, Refused("erase_refused")),
    ({"error": ["ConcurrencyException", []]}, Retry("changed_meanwhile")),
    ({"error": ["'party'", "Traceback"]}, Unknown("answer_not_understood")),
    ({"error": []}, Unknown("answer_not_understood")),
    ({"error": [["x"]]}, Unknown("answer_not_understood")),
    ({"result": 7}, Unknown("answer_not_understood")),
    ([], Unknown("answer_not_understood")),
]


class TestHowAnAnswerIsTaken:
    @pytest.mark.parametrize(("status", "body", "outcome"), TABLE)
    def test_each_answer_has_its_class(self, world: TrytonWorld, status: int, body: bytes, outcome: Outcome) -> None:
        def instead(handler: BaseHTTPRequestHandler, _: bytes) -> None:
            handler.send_response(status)
            handler.send_header("Retry-After", "7")
            handler.send_header("Content-Length", str(0 if status == 204 else len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        with world.behaving(instead):
            assert world.destination.send("upsert", anna(), now=NOW) == outcome

    @pytest.mark.parametrize(
        ("status", "body", "outcome"),
        [
            (400, SAID, Refused("parcel_refused", 400)),
            (400, b"<p>Unable to get RPC method</p>", Unknown("refused_without_reason", 400)),
            (404, b"", Retry("changed_meanwhile", None, 404)),
            (204, b"", Unknown("answer_not_understood", 204)),
        ],
    )
    def test_each_answer_to_a_change_has_its_class(
        self, world: TrytonWorld, status: int, body: bytes, outcome: Outcome
    ) -> None:
        world.destination.send("upsert", anna(), now=NOW)

        def instead(handler: BaseHTTPRequestHandler, asked: bytes) -> None:
            if handler.command == "GET":
                say(handler, *world.door.pass_on(handler, asked))
            else:
                say(handler, status, "text/html", body)

        with world.behaving(instead):
            assert world.destination.send("correct", anna("d2", name="Anna B. Example"), now=NOW) == outcome

    @pytest.mark.parametrize(("said", "outcome"), RPC_TABLE)
    def test_each_answer_to_the_erasing_has_its_class(self, world: TrytonWorld, said: object, outcome: Outcome) -> None:
        world.destination.send("upsert", anna(), now=NOW)

        def instead(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            if b"party.erase.execute" in body:
                say(handler, 200, "application/json", json.dumps(said).encode())
            else:
                say(handler, *world.door.pass_on(handler, body))

        with world.behaving(instead):
            assert world.destination.send("erase", anna("d2"), now=NOW) == outcome

    def test_a_party_that_somebody_made_meanwhile_is_gone_on_with(self, world: TrytonWorld) -> None:
        def twice(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            if handler.command == "POST" and "party.party" in handler.path:
                world.door.pass_on(handler, body)
            say(handler, *world.door.pass_on(handler, body))

        with world.behaving(twice):
            assert world.destination.send("upsert", anna(), now=NOW) == Done("2")
        assert world.destination.read_back(anna(), now=NOW) == Held("2", ())


class TestTheNote:
    @pytest.mark.parametrize("value", [MESSAGE, "one", "a: b\nc: d", "\nsecond", "x\r\ny", "ends \n\n"])
    def test_what_is_written_is_read_again(self, value: str) -> None:
        text = write_note("Vestibule VB-1", {"Message": value, "Company": "Example: & Co"})
        read = read_note(text.strip())
        assert same_text(read["Message"], value)
        assert read["Company"] == "Example: & Co"

    def test_an_empty_value_has_no_line(self) -> None:
        assert read_note(write_note("Vestibule VB-1", {"Message": "", "Company": "Example"})) == {"Company": "Example"}
