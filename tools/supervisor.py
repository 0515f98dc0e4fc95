"""Start some programs, watch them, and end them all together: what one terminal needs, and no more.

The promises: a program that dies ends the others; a signal ends all of them within `patience` seconds; nothing that
was started is left behind, not even when this process itself is killed (tools/guard.py sees to that).
Why not a library: docs/decisions/supervisor.md.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn

GUARD = Path(__file__).with_name("guard.py")


class ProgramDied(Exception):
    """A program ended though nobody asked it to; the text is the sentence to show."""


class ToldToEnd(Exception):
    """Somebody asked for the end: by a signal, or by no longer reading what is printed."""


@dataclass(frozen=True)
class Program:
    """One program to start; it is ready when it has printed `ready_line` (or has none) and `is_ready` says yes."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool] = lambda: True
    ready_line: str = ""


@dataclass(frozen=True)
class Ended:
    """What became of a program: its exit code, below zero when a signal ended it."""

    name: str
    code: int

    def __str__(self) -> str:
        how = f"was ended by {signal.Signals(-self.code).name}" if self.code < 0 else f"ended with code {self.code}"
        return f"{self.name} {how}"


@dataclass
class Supervisor:
    """Holds running programs; leaving the `with` block ends every one of them."""

    folder: Path
    patience: float = 5.0  # seconds between the polite signal and the one that cannot be refused: ten is the whole end
    width: int = 9
    output: IO[str] = field(default_factory=lambda: sys.stdout)
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _ready_lines: set[str] = field(default_factory=set)
    _news: queue.SimpleQueue[Ended | ToldToEnd] = field(default_factory=queue.SimpleQueue)
    _readers: dict[str, threading.Thread] = field(default_factory=dict)
    _printing: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Supervisor:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started with nohup: it shall outlive the terminal
            signal.signal(number, lambda *_: self._news.put(ToldToEnd()))
        # The guard lives in a session of its own, so that what kills this process and its group does not kill it.
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(self.patience)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        _end(list(self._running.values()), patience=self.patience)
        self._tell_guard("done")
        if self._guard.stdin:
            self._guard.stdin.close()
        self._guard.wait()
        until = time.monotonic() + 1.0
        for reader in self._readers.values():
            reader.join(timeout=max(0.0, until - time.monotonic()))

    def start(self, program: Program) -> None:
        """Start a program in a process group of its own; its output is printed line by line under its name.

        :raises ProgramDied: when there is no such program.
        """

        def take(line: str) -> None:
            if program.ready_line and program.ready_line in line:
                self._ready_lines.add(program.name)
            self.say(program.name, line)

        self._start(program, take)

    def finish(self, program: Program, *, show: Callable[[str], bool]) -> tuple[int, list[str]]:
        """Run a program to its end and return its exit code and all lines it printed, of which some are shown.

        :raises ProgramDied: when there is no such program, or when another one died meanwhile.
        :raises ToldToEnd: when the end was asked for first.
        """
        lines: list[str] = []

        def keep(line: str) -> None:
            lines.append(line)
            if show(line):
                self.say(program.name, line)

        self._start(program, keep)
        news = self._next_news()
        if not isinstance(news, Ended) or news.name != program.name:
            raise _as_problem(news)
        self._tell_guard(f"ended {self._running.pop(program.name).pid}")
        self._readers.pop(program.name).join()
        return news.code, lines

    def wait_until_ready(self, programs: Sequence[Program], *, within: float) -> None:
        """Return once every program says that it is ready.

        :raises ProgramDied: when one died, or is not ready in time.
        :raises ToldToEnd: when the end was asked for first.
        """
        until = time.monotonic() + within
        waiting = list(programs)
        while waiting := [program for program in waiting if not self._is_ready(program)]:
            if time.monotonic() > until:
                names = " and ".join(program.name for program in waiting)
                raise ProgramDied(f"{names} did not become ready within {within:.0f} seconds, so everything is ended.")
            with contextlib.suppress(queue.Empty):
                raise _as_problem(self._news.get(timeout=0.1))

    def watch(self) -> NoReturn:
        """Wait for ever: only the death of a program or being told to end ends it.

        :raises ProgramDied: when a program ended, whatever its exit code.
        :raises ToldToEnd: when the end was asked for.
        """
        raise _as_problem(self._next_news())

    def say(self, name: str, line: str) -> None:
        """Print one line under a name."""
        try:
            with self._printing:
                print(f"{name:<{self.width}} | {line}", file=self.output, flush=True)
        except BrokenPipeError:
            self._news.put(ToldToEnd())

    def _next_news(self) -> Ended | ToldToEnd:
        # A signal may reach the process on another of its threads, and Python hears of it in this one only when it
        # wakes: so it wakes.
        while True:
            with contextlib.suppress(queue.Empty):
                return self._news.get(timeout=0.5)

    def _start(self, program: Program, take: Callable[[str], None]) -> None:
        try:
            process = subprocess.Popen(
                program.command,
                cwd=self.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise ProgramDied(f"{program.name} cannot be started: {error.strerror}: {program.command[0]}.") from error
        self._tell_guard(f"started {process.pid}")
        self._running[program.name] = process
        self._readers[program.name] = threading.Thread(target=_read, args=(process, take), daemon=True)
        self._readers[program.name].start()
        threading.Thread(target=self._await_end, args=(program.name, process), daemon=True).start()

    def _is_ready(self, program: Program) -> bool:
        return (not program.ready_line or program.name in self._ready_lines) and program.is_ready()

    def _await_end(self, name: str, process: subprocess.Popen[str]) -> None:
        self._news.put(Ended(name, process.wait()))

    def _tell_guard(self, line: str) -> None:
        # Without its guard the house still ends in good order: it is there for the day this process is killed.
        with contextlib.suppress(OSError, ValueError):
            print(line, file=self._guard.stdin, flush=True)


def answers(url: str, *, headers: Mapping[str, str] | None = None) -> Callable[[], bool]:
    """Make a question that is answered yes once the address says 200."""
    request = urllib.request.Request(url, headers=dict(headers or {}))

    def ask() -> bool:
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError, http.client.HTTPException):
            return False

    return ask


def _read(process: subprocess.Popen[str], take: Callable[[str], None]) -> None:
    for line in process.stdout or ():
        take(line.rstrip())


def _as_problem(news: Ended | ToldToEnd) -> Exception:
    return ProgramDied(f"{news}, so everything is ended.") if isinstance(news, Ended) else news


def _end(processes: Sequence[subprocess.Popen[str]], *, patience: float) -> None:
    """End each program with its whole group: politely first, then so that it cannot be refused."""
    groups = [process.pid for process in processes]
    for group in groups:
        _signal_group(group, signal.SIGTERM)
    until = time.monotonic() + patience
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, until - time.monotonic()))
    for group in groups:
        _signal_group(group, signal.SIGKILL)
    for process in processes:
        process.wait()


def _signal_group(group: int, number: int) -> None:
    # PermissionError: on macOS, what is left of the group has ended already and only waits to be collected.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
