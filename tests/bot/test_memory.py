"""What is kept of a conversation, for how long, and what is not."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from redis import Redis
from redis.exceptions import ConnectionError as Away

from bot.dialogue.state import Stage, State
from bot.memory import LIFETIME_SECONDS, MOST_CONVERSATIONS, ProcessMemory, RedisMemory
from bot.tracker_store import VolatileTrackerStore, reduce
from tests.bot.bot_processes import ROOT, running_bot
from tests.bot.form_api import FormApiServer
from tests.ports import free_port

MARK = "zq7f3-mail@leak.example"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def domain() -> Domain:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa tells everybody about a feature of Rasa 2
        return Domain.load(str(ROOT / "domain.yml"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> ProcessMemory:
    return ProcessMemory(clock)


@pytest.fixture
def store(domain: Domain, memory: ProcessMemory) -> VolatileTrackerStore:
    return VolatileTrackerStore(domain, memory=memory)


def spoken(store: VolatileTrackerStore, state: State, loop: str | None = "lead_form") -> DialogueStateTracker:
    """Make a tracker as Rasa has it at the end of a turn: texts, parse data, replies, slots."""
    parsed = {"intent": {"name": "inform"}, "entities": [{"entity": "email", "value": MARK}], "text": MARK}
    tracker = store.init_tracker("conversation-0001")
    for event in (
        ActionExecuted("action_listen"),
        UserUttered(
            f"my mail is {MARK}", parsed["intent"], parsed["entities"], parsed, metadata={"page": f"/?m={MARK}"}
        ),
        *(SlotSet(name, value) for name, value in state.to_slots().items()),
        SlotSet("session_started_metadata", {"page": MARK}),
        ActiveLoop(loop),
        BotUttered(f"I noted {MARK}"),
        ActionExecuted("action_listen"),
    ):
        tracker.update(event, store.domain)
    return tracker


class TestTheStore:
    def test_h05_keeps_where_the_conversation_stands_and_no_word_of_it(
        self, store: VolatileTrackerStore, memory: ProcessMemory
    ) -> None:
        state = State(form="request_demo", stage=Stage.FIELD, asked="email")
        asyncio.run(store.save(spoken(store, state)))
        kept = asyncio.run(memory.read("conversation-0001"))
        assert kept == {"slots": {"form": "request_demo", "stage": "field", "asked": "email"}, "loop": "lead_form"}
        assert MARK not in _everything_in(store)

    def test_goes_on_where_the_conversation_stands(self, store: VolatileTrackerStore) -> None:
        state = State(form="request_demo", stage=Stage.PURPOSE, decisions={"newsletter": True}, skipped=("company",))
        asyncio.run(store.save(spoken(store, state)))
        again = asyncio.run(store.retrieve("conversation-0001"))
        assert again is not None
        assert State.from_slots(again.current_slot_values()) == state
        assert again.active_loop_name == "lead_form"
        assert again.latest_action_name == "action_listen"
        assert reduce(again) == reduce(spoken(store, state))

    def test_h02_keeps_what_was_typed_before_the_yes_until_the_answer_and_not_after_a_no(
        self, store: VolatileTrackerStore
    ) -> None:
        asked = State(form="request_demo", stage=Stage.NOTICE).heard_before_yes(f"demo, {MARK}")
        asyncio.run(store.save(spoken(store, asked)))
        assert MARK in _everything_in(store)
        asyncio.run(store.save(spoken(store, asked.cleared(refused=True), loop=None)))
        assert MARK not in _everything_in(store)

    def test_h05_the_answers_are_dropped_when_they_have_been_sent(self, store: VolatileTrackerStore) -> None:
        filled = State(form="request_demo", stage=Stage.SUMMARY, values={"email": {"value": MARK, "masked": "z***"}})
        asyncio.run(store.save(spoken(store, filled)))
        assert MARK in _everything_in(store)
        asyncio.run(store.save(spoken(store, filled.cleared(), loop=None)))
        assert MARK not in _everything_in(store)

    def test_a_failed_first_turn_leaves_nothing(self, store: VolatileTrackerStore) -> None:
        asyncio.run(store.get_or_create_tracker("conversation-0002"))
        assert asyncio.run(store.memory.read("conversation-0002")) is None

    def test_refuses_an_event_broker(self, domain: Domain) -> None:
        with pytest.raises(ValueError, match="event broker"):
            VolatileTrackerStore(domain, event_broker=object())

    def test_keeps_what_the_channel_keeps(self, store: VolatileTrackerStore, memory: ProcessMemory) -> None:
        asyncio.run(memory.write("conversation-0001", {"desk": {"turn": 3, "offered": ["affirm"], "buttons": []}}))
        asyncio.run(store.save(spoken(store, State())))
        kept = asyncio.run(memory.read("conversation-0001"))
        assert kept is not None
        assert kept["desk"]["turn"] == 3


class TestTime:
    def test_h06_half_an_hour_after_the_last_turn_it_is_gone(self, memory: ProcessMemory, clock: Clock) -> None:
        asyncio.run(memory.write("a", {"slots": {"values": MARK}}))
        clock.now += LIFETIME_SECONDS - 1
        asyncio.run(memory.write("a", {"slots": {"values": MARK}}))
        clock.now += LIFETIME_SECONDS - 1
        assert asyncio.run(memory.read("a")) is not None
        clock.now += 1
        assert asyncio.run(memory.read("a")) is None
        assert MARK not in str(vars(memory))

    def test_h06_is_gone_also_when_nobody_asks_for_it_any_more(self, memory: ProcessMemory, clock: Clock) -> None:
        for number in range(200):
            asyncio.run(memory.write(f"conversation-{number}", {"slots": {"values": MARK}}))
        clock.now += LIFETIME_SECONDS
        assert asyncio.run(memory.sweep()) == 0
        assert MARK not in str(vars(memory))


class RealRedis:
    """A redis-server of our own, in memory only."""

    def __init__(self, port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self.client = Redis.from_url(self.url)

    def kept(self) -> dict[str, tuple[str, int]]:
        """Return everything it holds: value as text and seconds to live, by key."""
        return {key.decode(): (self._text_of(key), self.client.ttl(key)) for key in self.client.keys("*")}

    def _text_of(self, key: bytes) -> str:
        is_set = self.client.type(key) == b"zset"
        return str(self.client.zrange(key, 0, -1) if is_set else self.client.get(key).decode())

    def answers(self) -> bool:
        """Say whether it is up."""
        try:
            return bool(self.client.ping())
        except Away:
            return False


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    server = RealRedis(port)
    try:
        while not server.answers():
            assert process.poll() is None, "redis-server did not start"
            time.sleep(0.02)  # between two looks at another process
        yield server
    finally:
        server.client.close()
        process.terminate()
        process.wait()


class TestRedis:
    RECORD: ClassVar = {
        "slots": {"form": "request_demo", "before_yes": [f"demo, {MARK}"], "known": {"name": {"value": MARK}}},
        "loop": "lead_form",
    }

    def test_h02_what_was_typed_before_the_yes_never_goes_there(self, redis: RealRedis, clock: Clock) -> None:
        async def act() -> Any:
            memory = _redis_memory(redis, clock)
            await memory.write("a", self.RECORD)
            there, here = str(redis.kept()), await memory.read("a")
            await memory.close()
            return there, here

        there, here = asyncio.run(act())
        assert MARK not in there
        assert here == self.RECORD

    def test_h06_has_an_expiry_and_survives_a_restart(self, redis: RealRedis, clock: Clock) -> None:
        async def act() -> Any:
            before, after = _redis_memory(redis, clock), _redis_memory(redis, clock)
            await before.write("a", self.RECORD)
            found = await after.read("a")
            await before.close()
            await after.close()
            return found

        assert asyncio.run(act()) == {"slots": {"form": "request_demo"}, "loop": "lead_form"}
        kept = redis.kept()
        assert set(kept) == {"vestibule:conversation:a", "vestibule:conversations"}
        assert all(0 < expiry <= LIFETIME_SECONDS for _, expiry in kept.values())

    def test_forgetting_and_a_no_clear_both_places(self, redis: RealRedis, clock: Clock) -> None:
        async def act() -> Any:
            memory = _redis_memory(redis, clock)
            await memory.write("a", self.RECORD)
            await memory.write("a", {"slots": {"refused": True}, "loop": None})
            after_no = await memory.read("a")
            await memory.write("a", self.RECORD)
            await memory.forget("a")
            forgotten = await memory.read("a")
            left = str(vars(memory._here))
            await memory.close()
            return after_no, forgotten, left

        after_no, forgotten, left = asyncio.run(act())
        assert after_no == {"slots": {"refused": True}, "loop": None}
        assert forgotten is None
        assert MARK not in left
        assert redis.kept() == {}

    def test_h15_counts_what_any_process_keeps_there_each_conversation_once(
        self, redis: RealRedis, clock: Clock
    ) -> None:
        async def act() -> Any:
            one, other = _redis_memory(redis, clock), _redis_memory(redis, clock)
            for name in ("a", "a", "b", "c"):
                await one.write(name, self.RECORD)
            await other.write("d", {"slots": {}, "loop": None})
            await other.forget("b")
            counted = [await one.sweep(), await other.sweep()]
            await one.close()
            await other.close()
            return counted

        assert asyncio.run(act()) == [3, 3]

    def test_h15_does_not_count_what_is_past_its_time(self, redis: RealRedis, clock: Clock) -> None:
        async def act() -> Any:
            brief, lasting = RedisMemory(redis.url, clock, lifetime=0.05), _redis_memory(redis, clock)
            await lasting.write("a", self.RECORD)
            await brief.write("b", self.RECORD)
            while await brief.read("b") is not None:
                pass
            counted, left = await lasting.sweep(), redis.client.zrange("vestibule:conversations", 0, -1)
            expiry = redis.client.ttl("vestibule:conversations")
            await brief.close()
            await lasting.close()
            return counted, left, expiry

        counted, left, expiry = asyncio.run(act())
        assert (counted, left) == (1, [b"a"])
        assert expiry > LIFETIME_SECONDS / 2  # a shorter life written later does not end the count of a longer one

    @pytest.mark.processes
    def test_h15_the_next_one_after_5000_is_refused_also_with_redis(
        self, redis: RealRedis, clock: Clock, model: str, api: FormApiServer
    ) -> None:
        async def fill() -> None:
            memory = _redis_memory(redis, clock)
            for number in range(MOST_CONVERSATIONS - 1):
                await memory.write(f"conversation-{number:06}", {"slots": {}, "loop": None})
            await memory.close()

        asyncio.run(fill())
        with running_bot(api.url, api.token, VESTIBULE_REDIS_URL=redis.url) as bot:
            visitor = bot.visitor()
            body = {"conversation": "x" * 20, "locale": "en", "page": "/"}
            assert bot.call("POST", "/conversations", body) == (503, {"code": "too_many_conversations"})
            visitor.says("hello")
            assert bot.call("DELETE", f"/conversations/{visitor.conversation}")[0] == 204
            assert bot.call("POST", "/conversations", body)[0] == 200


def _redis_memory(redis: RealRedis, clock: Clock) -> RedisMemory:
    return RedisMemory(redis.url, clock)


def _everything_in(store: VolatileTrackerStore) -> str:
    assert isinstance(store.memory, ProcessMemory)
    return json.dumps({name: kept.text for name, kept in store.memory._kept.items()})
