"""The real worker in a process of its own, and the eyes to see what it does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.intake_api.conftest import ROOT
from tests.processes import wait_until

LEAVES_WITHIN = 120.0  # seconds: for a worker that hangs, not a measure


@dataclass
class WorkerProcess:
    """One running worker; its words go to `log`."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, what: str) -> bool:
        return what in self.log.read_text()

    def kill(self) -> None:
        """End it the way a power cut does."""
        self.process.kill()
        self.process.wait()

    def leave(self) -> int:
        """Ask it to leave; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=LEAVES_WITHIN)


@contextmanager
def running_worker(environment: Mapping[str, str], log: Path) -> Iterator[WorkerProcess]:
    """Start a worker, wait until it is ready, and make sure that it is gone at the end."""
    with log.open("ab") as words:
        process = subprocess.Popen(
            [sys.executable, "-W", "error::ResourceWarning", "-m", "intake_api", "worker"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=words,
            stderr=words,
        )
    worker = WorkerProcess(process, log)
    try:
        wait_until(lambda: worker.said("worker.ready") or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield worker
    finally:
        worker.kill()


def move_time(offset: Path, seconds: float) -> None:
    """Move the time of all processes whose clock is this file. It is replaced, so that none reads half of it."""
    new = offset.with_suffix(".new")
    new.write_text(str(float(offset.read_text()) + seconds))
    new.replace(offset)
