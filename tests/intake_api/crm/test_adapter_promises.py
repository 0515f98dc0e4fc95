"""What every connector promises, tried against its other side: `docs/howto/add-a-crm.md` says how a new one joins."""

import json
import logging
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from intake_api.crm.port import (
    Absent,
    CannotTell,
    Done,
    Duplicate,
    Gone,
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
from tests.intake_api.crm.worlds import WORLDS
from tests.intake_api.crm.worlds.serving import Said, Served
from tests.intake_api.crm.worlds.world import World

THERE = (Done, Duplicate)
SECRET_TEXT = b"<script>REMOTE-TEXT-NOT-TO-BE-SHOWN</script>"
NUMBERS, TEXTS = (-1, 7, 10**30, 1.5), ("", "17", "\x00", "9" * 5000)
PARTS: tuple[object, ...] = (None, True, *NUMBERS, *TEXTS, [], {}, [None], [{}], {"id": None})
EVERY: tuple[Operation, ...] = ("upsert", "update_consent", "correct", "erase")
OUTCOMES = (Done, Duplicate, Retry, Refused, NotAllowedIn, Gone, Unknown)
PLAIN = re.compile(r"[a-z0-9_]{1,40}")


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with WORLDS[request.param](tmp_path) as opened:
        yield opened


def anna(world: World, delivery: str = "d1", **differs: object) -> Parcel:
    """Return the first parcel of an invented person who wants the newsletter."""
    given = ParcelPurpose("newsletter", "A6-1-a-explicit-consent", "given", NOW, "page", "e2")
    fields = {world.name: "Anna Example", world.email: "anna@example.org", world.phone: "+37120000000"}
    made = parcel(delivery, **fields)
    return replace(made, **{"lead": "lead-anna", "purposes": (*made.purposes, given), **differs})


def no_newsletter(of: Parcel) -> tuple[ParcelPurpose, ...]:
    return tuple(replace(one, state="withdrawn") if one.id == "newsletter" else one for one in of.purposes)


def kept(world: World) -> dict[str, object]:
    """Return the one record of Anna."""
    (record,) = world.records("lead-anna")
    return dict(record)


def bent(said: Said | None, chance: random.Random) -> Said | None:
    """Return half of all answers with some parts replaced, the others as they are."""
    if said is None or chance.random() < 0.5:
        return said
    try:
        value = json.loads(said.body)
    except ValueError:
        return said
    return Said(chance.choice((said.status, 200, 404, 409)), altered(value, chance), said.headers)


def altered(value: object, chance: random.Random) -> object:
    if chance.random() < 0.15:
        return chance.choice(PARTS)
    if isinstance(value, dict):
        return {name: altered(part, chance) for name, part in value.items() if chance.random() > 0.05}
    return [altered(part, chance) for part in value] if isinstance(value, list) else value


class TestPromises:
    def test_what_is_sent_is_there(self, world: World) -> None:
        sent = anna(world)
        assert isinstance(world.destination.send("upsert", sent, now=NOW), THERE)
        assert sent.fields.items() <= kept(world).items()

    def test_the_same_delivery_twice_is_one_record(self, world: World) -> None:
        outcomes = [world.destination.send("upsert", anna(world), now=NOW) for _ in range(2)]
        assert all(isinstance(one, THERE) for one in outcomes)
        assert len(world.records("lead-anna")) == 1

    def test_a_second_delivery_of_the_lead_is_the_same_record(self, world: World) -> None:
        for delivery in ("d1", "d2"):
            world.destination.send("upsert", anna(world, delivery), now=NOW)
        assert len(world.records("lead-anna")) == 1

    def test_eight_at_once_are_one_record(self, world: World) -> None:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda _: world.destination.send("upsert", anna(world), now=NOW), range(8)))
        assert len(world.records("lead-anna")) == 1
        assert any(isinstance(one, THERE) for one in outcomes)
        assert all(isinstance(one, (*THERE, Retry)) for one in outcomes)

    def test_a_field_that_is_not_sent_again_stays(self, world: World) -> None:
        world.destination.send("upsert", anna(world), now=NOW)
        less = anna(world, "d2", fields={world.email: "anna@example.org"})
        world.destination.send("upsert", less, now=NOW)
        assert kept(world)[world.phone] == "+37120000000"

    def test_a_correction_changes_just_that(self, world: World) -> None:
        world.destination.send("upsert", anna(world), now=NOW)
        before = kept(world)
        correction = anna(world, "d2", fields={world.phone: "+37120000001"})
        assert isinstance(world.destination.send("correct", correction, now=NOW), THERE)
        assert kept(world) == {**before, world.phone: "+37120000001"}

    def test_a_no_is_written_and_touches_no_field(self, world: World) -> None:
        world.destination.send("upsert", anna(world), now=NOW)
        before = kept(world)
        no = anna(world, "d2", fields={world.email: "anna@example.org"})
        assert isinstance(
            world.destination.send("update_consent", replace(no, purposes=no_newsletter(no)), now=NOW), THERE
        )
        after = kept(world)
        assert after["newsletter"] == "withdrawn" != before["newsletter"]
        assert {name: after[name] for name in anna(world).fields} == dict(anna(world).fields)

    def test_erased_is_gone_and_erased_again_is_no_fault(self, world: World) -> None:
        sent = world.destination.send("upsert", anna(world), now=NOW)
        assert isinstance(sent, THERE)
        erase = anna(world, "d2", fields={}, remote_id=sent.remote_id)
        assert isinstance(world.destination.send("erase", erase, now=NOW), THERE)
        assert world.records("lead-anna") == []
        assert isinstance(world.destination.read_back(erase, now=NOW), (Absent, CannotTell))
        assert isinstance(world.destination.send("erase", replace(erase, delivery="d3"), now=NOW), THERE)

    def test_what_is_there_of_others_is_left_alone(self, world: World) -> None:
        other = replace(anna(world, "d9"), lead="lead-other")
        world.destination.send("upsert", other, now=NOW)
        before = world.records("lead-other")
        sent = world.destination.send("upsert", anna(world), now=NOW)
        assert isinstance(sent, THERE)
        erase = anna(world, "d2", fields={}, remote_id=sent.remote_id)
        world.destination.send("erase", erase, now=NOW)
        assert world.records("lead-other") == before

    def test_read_back_names_what_differs(self, world: World) -> None:
        sent = world.destination.send("upsert", anna(world), now=NOW)
        assert isinstance(sent, THERE)
        found = world.destination.read_back(anna(world), now=NOW)
        if isinstance(found, CannotTell):
            return
        assert found == Held(sent.remote_id or "", ())
        changed = anna(world, fields={**anna(world).fields, world.phone: "+37120000009"})
        changed = replace(changed, purposes=no_newsletter(changed))
        assert world.destination.read_back(changed, now=NOW) == Held(sent.remote_id or "", (world.phone, "newsletter"))

    def test_our_key_alone_is_enough_to_ask_whether_it_is_there(self, world: World) -> None:
        """Before an approval nothing of the person may leave, not even to find them there."""
        key = anna(world, delivery="", fields={}, purposes=())
        assert isinstance(world.destination.read_back(key, now=NOW), (Absent, CannotTell))
        sent = world.destination.send("upsert", anna(world), now=NOW)
        assert isinstance(sent, THERE)
        found = world.destination.read_back(key, now=NOW)
        assert found in (CannotTell(), Held(sent.remote_id or ""))

    def test_who_wrote_and_hung_up_is_asked_again_and_keeps_one_record(self, world: World) -> None:
        broken = world.writes_but_hangs_up()
        if broken is None:
            return
        with broken:
            assert isinstance(world.destination.send("upsert", anna(world), now=NOW), Retry)
        again = world.destination.send("upsert", anna(world), now=NOW)
        assert isinstance(again, THERE)
        assert len(world.records("lead-anna")) == 1
        assert isinstance(world.destination.read_back(anna(world), now=NOW), (Held, CannotTell))

    @pytest.mark.parametrize("status", [200, 201, 300, 302, 400, 403, 404, 409, 418, 429, 500, 503])
    def test_sec53_no_word_of_the_other_side_is_passed_on(
        self, world: World, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        for body in (SECRET_TEXT, b'{"id": NaN}', b"[" * 5000, b'{"results": "x", "id": 7}', b"\xff"):
            saying = world.says(status, body)
            if saying is None:
                return
            with saying, caplog.at_level(logging.DEBUG):
                came = [world.destination.send(one, anna(world, remote_id="17"), now=NOW) for one in EVERY]
                found = world.destination.read_back(anna(world), now=NOW)
            for one in (*came, found):
                reason = getattr(one, "reason", None)
                assert reason is None or PLAIN.fullmatch(reason)
                assert "REMOTE-TEXT" not in repr(one)
        assert "REMOTE-TEXT" not in caplog.text

    def test_sec53_any_json_at_all_ends_in_an_outcome(self, world: World) -> None:
        """What each call is answered is bent here and there: parts are missing, or are something else."""
        server = getattr(world, "server", None)
        if not isinstance(server, Served):
            return
        chance = random.Random(7)
        world.destination.send("upsert", anna(world), now=NOW)
        with server.instead(lambda before: lambda asked: bent(before(asked), chance)):
            for _ in range(40):
                for one in EVERY:
                    outcome = world.destination.send(one, anna(world, remote_id="1"), now=NOW)
                    assert isinstance(outcome, OUTCOMES)
                world.destination.check(now=NOW)
                world.destination.read_back(anna(world), now=NOW)

    def test_the_check_tells_a_refused_credential(self, world: World) -> None:
        assert isinstance(world.destination.check(now=NOW), Done)
        refusing = world.refuses_us()
        if refusing is None:
            return
        with refusing:
            assert isinstance(world.destination.check(now=NOW), NotAllowedIn)
            assert isinstance(world.destination.send("upsert", anna(world), now=NOW), NotAllowedIn)
        assert world.records("lead-anna") == []

    def test_the_check_leaves_nothing_there(self, world: World) -> None:
        world.destination.check(now=NOW)
        assert world.records("lead-anna") == []
