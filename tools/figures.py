"""`make figures`: what one copy of the house takes, measured on a copy of its own that is started and ended here.

Prints the tables of docs/running.md: memory by process, environments on disk, and how long a warm start takes.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from tools.house import PORTS, PREFIX

ROOT = Path(__file__).resolve().parent.parent
MIB = 2**20
READY = "Vestibule is ready"


def print_figures() -> None:
    """Start a copy twice, measure the second, and print what it takes."""
    with tempfile.TemporaryDirectory() as state:
        _run(Path(state), measure=False)
        _run(Path(state), measure=True)
    print("| Environment | MB on disk |\n|---|---|")
    for name in (".venv", ".venv-bot", ".tools"):
        print(f"| `{name}` | {_size_on_disk(ROOT / name) / 1e6:.0f} |")


def _run(state: Path, *, measure: bool) -> None:
    ports = {f"{PREFIX}{name}_PORT": str(port) for name, port in zip(PORTS, _free_ports(len(PORTS)), strict=True)}
    outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-m", "tools.run"]
    environment = {**outside, **ports, f"{PREFIX}VAR": str(state)}
    house = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        ready = next((line for line in house.stdout or () if READY in line), None)
        if ready is None:
            sys.exit("make figures: the house did not come up; `make run` says why.")
        if measure:
            print(f"{ready.strip()} with nothing to train.\n")
            _print_memory(psutil.Process(house.pid))
    finally:
        house.send_signal(signal.SIGINT)
        house.communicate()


def _print_memory(supervisor: psutil.Process) -> None:
    print("| Process | resident MiB | of it its own |\n|---|---|---|")
    total_resident = total_own = 0
    for name, processes in _by_name(supervisor):
        resident = sum(process.memory_info().rss for process in processes)
        own = sum(process.memory_full_info().uss for process in processes)
        total_resident, total_own = total_resident + resident, total_own + own
        print(f"| {name} | {resident / MIB:.0f} | {own / MIB:.0f} |")
    print(f"| **together** | **{total_resident / MIB:.0f}** | **{total_own / MIB:.0f}** |\n")


def _by_name(supervisor: psutil.Process) -> Iterator[tuple[str, list[psutil.Process]]]:
    yield "supervisor", [supervisor]
    for child in supervisor.children():
        yield _name(child.cmdline()), [child, *child.children(recursive=True)]


def _name(command: list[str]) -> str:
    last = command[-1].rpartition(":")[2]
    known = {"worker": "worker", "bot.serve": "Rasa", "bot.actions": "the bot's actions"}
    return known.get(last) or (f"{last} door" if "intake_api.serve" in command else "guard")


def _size_on_disk(folder: Path) -> int:
    """Count blocks, as `du` does; a file with several names inside the folder counts once."""
    seen = {}
    for file in folder.rglob("*"):
        status = file.lstat()
        seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


if __name__ == "__main__":
    print_figures()
