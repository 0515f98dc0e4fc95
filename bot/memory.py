"""Where conversations are kept for a while: by default in this process, and never longer than half an hour.

A kept conversation is a small record of *where it stands* (slots, whether the form is open, the last buttons), never
its words: no message text, no reply, no history (H-05, H-06). After its time, on "forget", and at the end of the
process it is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Record = dict[str, Any]
LIFETIME_SECONDS = 30 * 60
MOST_CONVERSATIONS = 5_000

# Redis drops a record by itself, and says to nobody how many are left: so a sorted set counts them, by the moment they
# end. By the clock of Redis, because several processes may share it; in one go, so that no record is left uncounted.
_NOW = "local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)\n"
_WRITE = (
    _NOW
    + """
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
redis.call('PEXPIREAT', KEYS[2], redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2])
"""
)
_SWEEP = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])
"""
)


class Memory(Protocol):
    """Keeps one record per conversation. Records are plain JSON values."""

    async def read(self, conversation: str) -> Record | None:
        """Return a copy of the record, or None when there is none, or it is past its time."""

    async def write(self, conversation: str, record: Record) -> None:
        """Keep the record; its half hour begins again."""

    async def forget(self, conversation: str) -> None:
        """Drop the record."""

    async def sweep(self) -> int:
        """Drop what is past its time and return how many are left."""


@dataclass
class _Kept:
    text: str
    until: float


class ProcessMemory:
    """Keeps records in this process. What is past its time is dropped by whoever comes next, or by `sweep`."""

    def __init__(self, clock: Callable[[], float], lifetime: float = LIFETIME_SECONDS) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._kept: dict[str, _Kept] = {}

    async def read(self, conversation: str) -> Record | None:
        """Return a copy of the record."""
        kept = self._kept.get(conversation)
        if kept is None or kept.until <= self._clock():
            self._kept.pop(conversation, None)
            return None
        record: Record = json.loads(kept.text)
        return record

    async def write(self, conversation: str, record: Record) -> None:
        """Keep the record as text, so that nobody holds a live part of it."""
        self._kept[conversation] = _Kept(json.dumps(record), self._clock() + self._lifetime)

    async def forget(self, conversation: str) -> None:
        """Drop the record."""
        self._kept.pop(conversation, None)

    async def sweep(self) -> int:
        """Drop what is past its time."""
        now = self._clock()
        for conversation in [name for name, kept in self._kept.items() if kept.until <= now]:
            del self._kept[conversation]
        return len(self._kept)


class RedisMemory:
    """Keeps records in Redis with expiry, so that a restart of Rasa loses no conversation.

    What was typed before the yes, and what was sent already, never goes there: it stays in this process, and a restart
    loses it.
    """

    WITHHELD = ("before_yes", "known")
    PREFIX = "vestibule:conversation:"
    COUNTED = "vestibule:conversations"  # ids by the moment they end

    def __init__(self, url: str, clock: Callable[[], float], lifetime: float = LIFETIME_SECONDS) -> None:
        from redis.asyncio import Redis

        self._redis: Any = Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0)
        self._write = self._redis.register_script(_WRITE)
        self._sweep = self._redis.register_script(_SWEEP)
        self._milliseconds = int(lifetime * 1000)
        self._here = ProcessMemory(clock, lifetime)

    async def read(self, conversation: str) -> Record | None:
        """Return the record, with what this process withheld put back."""
        text = await self._redis.get(self.PREFIX + conversation)
        if text is None:
            await self._here.forget(conversation)
            return None
        record: Record = json.loads(text)
        if withheld := await self._here.read(conversation):
            record["slots"] = {**record.get("slots", {}), **withheld}
        return record

    async def write(self, conversation: str, record: Record) -> None:
        """Keep the record without what is withheld."""
        slots = record.get("slots", {})
        withheld = {name: slots[name] for name in self.WITHHELD if slots.get(name) is not None}
        shared = {**record, "slots": {name: value for name, value in slots.items() if name not in self.WITHHELD}}
        if withheld:
            await self._here.write(conversation, withheld)
        else:
            await self._here.forget(conversation)
        keys = [self.PREFIX + conversation, self.COUNTED]
        await self._write(keys=keys, args=[conversation, json.dumps(shared), self._milliseconds])

    async def forget(self, conversation: str) -> None:
        """Drop the record in both places."""
        await self._here.forget(conversation)
        async with self._redis.pipeline(transaction=True) as together:
            together.delete(self.PREFIX + conversation)
            together.zrem(self.COUNTED, conversation)
            await together.execute()

    async def sweep(self) -> int:
        """Drop what is past its time and return how many all processes have left in this Redis."""
        await self._here.sweep()
        return int(await self._sweep(keys=[self.COUNTED]))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.close(close_connection_pool=True)


def open_memory(redis_url: str | None, clock: Callable[[], float]) -> Memory:
    """Return the memory the settings ask for."""
    return RedisMemory(redis_url, clock) if redis_url else ProcessMemory(clock)
