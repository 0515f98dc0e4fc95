"""The supervisor behind `make run`: what it starts it ends, however its own end comes about."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
TROUPE = Path(__file__).with_name("troupe.py")
END_WITHIN = 60  # seconds: for an end that hangs, not a measure

pytestmark = pytest.mark.processes


class TestEnding:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_ends_every_program_and_what_it_started(self, troupe: "Start", number: int) -> None:
        running = troupe("serve", "stubborn")
        running.process.send_signal(number)
        assert running.process.wait(timeout=END_WITHIN) == 0
        assert len(running.pids) == 3
        _until(lambda: running.survivors() == [])

    def test_a_program_that_ends_by_itself_ends_the_others_even_with_code_0(self, troupe: "Start") -> None:
        running = troupe("serve", "leave", await_ready=False)
        _, errors = running.process.communicate(timeout=60)
        assert running.process.returncode == 1
        assert errors == "leave ended with code 0, so everything is ended.\n"
        _until(lambda: running.survivors() == [])

    def test_a_program_that_is_killed_ends_the_others(self, troupe: "Start") -> None:
        running = troupe("serve", "stubborn")
        os.kill(next(pid for pid in running.pids if "SIG_IGN" in _command(pid)), signal.SIGKILL)
        _, errors = running.process.communicate(timeout=60)
        assert running.process.returncode == 1
        assert errors == "stubborn was ended by SIGKILL, so everything is ended.\n"
        _until(lambda: running.survivors() == [])

    def test_killing_the_supervisor_itself_leaves_nothing_behind(self, troupe: "Start") -> None:
        running = troupe("serve", "stubborn")
        guard = [
            child for child in psutil.Process(running.process.pid).children() if "guard.py" in " ".join(child.cmdline())
        ]
        running.process.kill()
        _until(lambda: running.survivors() == [])
        _until(lambda: not any(process.is_running() for process in guard))

    def test_nobody_reading_any_more_is_a_reason_to_end(self, troupe: "Start") -> None:
        running = troupe("serve", "chatter")
        running.process.stdout.close()
        running.process.wait(timeout=60)
        _until(lambda: running.survivors() == [])


class TestStarting:
    def test_a_program_that_is_not_there_is_said_in_a_sentence(self, tmp_path: Path) -> None:
        code = (
            "import sys; from pathlib import Path; from tools.supervisor import *\n"
            "with Supervisor(Path('.')) as supervisor: supervisor.start(Program('cook', ['/nowhere/cook'], {}))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert "ProgramDied: cook cannot be started: No such file or directory: /nowhere/cook." in done.stderr

    def test_one_that_never_becomes_ready_is_named(self) -> None:
        code = (
            "import sys; from pathlib import Path; from tools.supervisor import *\n"
            "cook = Program('cook', [sys.executable, '-c', 'import signal; signal.pause()'], {}, lambda: False)\n"
            "with Supervisor(Path('.')) as supervisor:\n"
            "    supervisor.start(cook); supervisor.wait_until_ready([cook], within=0.3)"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert "ProgramDied: cook did not become ready within 0 seconds, so everything is ended." in done.stderr

    def test_one_that_says_when_it_is_ready_is_waited_for(self) -> None:
        code = (
            "import sys; from pathlib import Path; from tools.supervisor import *\n"
            "words = 'import signal; print(1, flush=True); print(\\'ready id=7\\', flush=True); signal.pause()'\n"
            "cook = Program('cook', [sys.executable, '-c', words], {}, ready_line='ready id')\n"
            "with Supervisor(Path('.')) as supervisor:\n"
            "    supervisor.start(cook); supervisor.wait_until_ready([cook], within=60); print('so it is')"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (done.stdout.splitlines()[-1], done.stderr) == ("so it is", "")

    def test_every_line_stands_under_its_program_s_name(self, troupe: "Start") -> None:
        running = troupe("serve", "stubborn")
        running.process.send_signal(signal.SIGINT)
        printed, _ = running.process.communicate(timeout=END_WITHIN)
        assert sorted(printed.splitlines()) == ["serve     | serving", "stubborn  | stubborn"]


class Running:
    """A troupe under way."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder

    @property
    def pids(self) -> list[int]:
        return [int(file.stem) for file in self.folder.glob("*.pid")]

    def survivors(self) -> list[int]:
        return [pid for pid in self.pids if _is_alive(pid)]


Start = Callable[..., Running]


@pytest.fixture
def troupe(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def start(*names: str, await_ready: bool = True) -> Running:
        command = [sys.executable, str(TROUPE), str(tmp_path), str(free_port()), *names]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(Running(process, tmp_path))
        if await_ready:
            expected = len(names) + names.count("serve")
            _until(lambda: process.poll() is not None or len(started[-1].pids) == expected)
            _until(lambda: process.poll() is not None or (tmp_path / "ready").exists())
            assert process.poll() is None, process.stderr.read()
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()
        for stream in (running.process.stdout, running.process.stderr):
            stream.close()
        _until(lambda running=running: running.survivors() == [])


def _until(condition: Callable[[], bool]) -> None:
    """Wait for something another process does; the limit is for a test that fails, not a measure."""
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "it never came to pass"
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _command(pid: int) -> str:
    return " ".join(psutil.Process(pid).cmdline())
