"""A bounded load: some connections, each sending one request after the other, each timed."""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

Call = Callable[["Connection"], None]


class Connection:
    """One kept-open connection that speaks JSON and expects a given status."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = headers or {}

    def ask(self, method: str, path: str, body: Any = None, *, expect: int, **headers: str) -> Any:
        """Send one request and return the answer's JSON.

        :raises RuntimeError: another status: a bench of failures measures nothing.
        """
        status, read = self.send(method, path, body, **headers)
        if status != expect:
            raise RuntimeError(f"{method} {path} answered {status}: {read[:300]!r}")
        return json.loads(read) if read else None

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """Send one request and return status and body, whatever they are."""
        sent = None if body is None else json.dumps(body)
        typed = {"Content-Type": "application/json"} if sent else {}
        self.http.request(method, path, sent, {**self.headers, **typed, **headers})
        answer = self.http.getresponse()
        return answer.status, answer.read()


@dataclass(frozen=True)
class Measured:
    """What a load saw: units per second, and how long one took, in milliseconds."""

    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    count: int


def measure(unit: Call, port: int, *, connections: int, seconds: float) -> Measured:
    """Let `connections` threads repeat `unit` for some seconds and say what they saw."""
    took: list[float] = []
    failures: list[BaseException] = []
    end = time.perf_counter() + seconds

    def work() -> None:
        connection = Connection(port)
        try:
            while time.perf_counter() < end:
                begun = time.perf_counter()
                unit(connection)
                took.append(time.perf_counter() - begun)
        except BaseException as failure:  # noqa: BLE001 - handed to the main thread, which raises it
            failures.append(failure)
        finally:
            connection.http.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return summed_up(took, time.perf_counter() - begun)


def summed_up(took: list[float], seconds: float) -> Measured:
    """Turn single times into figures."""
    cuts = statistics.quantiles([one * 1000 for one in took], n=100)
    return Measured(
        round(len(took) / seconds, 1), round(cuts[49], 2), round(cuts[94], 2), round(cuts[98], 2), len(took)
    )


def resident_mib(pid: int) -> float:
    """Return what a process and its children keep in memory, in MiB."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return round(sum(member.memory_info().rss for member in family) / 2**20, 1)
