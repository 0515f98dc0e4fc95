"""Real processes for tests and bench: on free ports, with their own environment, always ended by their ids."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.intake_api.conftest import ROOT, random_secrets
from tests.ports import free_port

WITHIN = 240.0  # seconds: for a test that would hang, not a measure; a machine with much else to do is slow


@dataclass(frozen=True)
class Started:
    """A process of ours and where it listens."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def pid(self) -> int:
        """Return the id of the process."""
        return self.process.pid

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def kill_hard(self) -> None:
        """End it and its children at once, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Ask it to end, and insist after a while."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill_hard()


def service_environment(folder: Path, database_url: str, **settings: str) -> dict[str, str]:
    """Return the environment of a migrated service of its own in a folder."""
    port = free_port()
    environment = {
        **os.environ,
        **random_secrets(),
        "PYTHONPATH": str(ROOT),
        "VESTIBULE_MODE": "test",
        "VESTIBULE_DATABASE_URL": database_url,
        "VESTIBULE_CATALOGUE": str(ROOT / "catalogue"),
        "VESTIBULE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "VESTIBULE_PUBLIC_PORT": str(port),
        "VESTIBULE_DESTINATION_FILE": str(folder / "crm" / "leads.jsonl"),
        "VESTIBULE_MAIL_FOLDER": str(folder / "mail"),
        "VESTIBULE_CHECKPOINT_FILE": str(folder / "evidence" / "checkpoints.jsonl"),
        **{f"VESTIBULE_{name}": value for name, value in settings.items()},
    }
    subprocess.run([sys.executable, "-m", "intake_api", "db", "upgrade"], env=environment, check=True, cwd=ROOT)
    return environment


@contextmanager
def serving(app: str, environment: Mapping[str, str], *, threads: int = 8) -> Iterator[Started]:
    """Serve an app as `make run` does and wait until it is healthy; the public door listens where its address says."""
    named = environment.get("VESTIBULE_PUBLIC_PORT") if app.endswith(":public") else None
    port = int(named) if named else free_port()
    command = [sys.executable, "-m", "intake_api.serve", "--port", str(port), "--threads", str(threads), app]
    with started(command, environment, port=port) as process:
        wait_until(lambda: answers(f"{process.url}/healthz"), process)
        yield process


@contextmanager
def started(command: list[str], environment: Mapping[str, str], *, port: int = 0) -> Iterator[Started]:
    """Start a command in a process group of its own, its output to a file, and end it whatever happens."""
    with tempfile.NamedTemporaryFile(prefix="vestibule-", suffix=".log", delete=False) as log:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    running = Started(process, port, Path(log.name))
    try:
        yield running
    finally:
        running.end()
        running.log.unlink(missing_ok=True)


def wait_until(holds: Callable[[], bool], process: Started | None = None, *, within: float = WITHIN) -> None:
    """Wait until something holds; fail with the process's own words when it ended or took too long."""
    end = time.monotonic() + within
    while not holds():
        said = process.log.read_text()[-3000:] if process else ""
        if process and process.process.poll() is not None:
            raise AssertionError(f"The process ended with {process.process.returncode}:\n{said}")
        if time.monotonic() > end:
            raise AssertionError(f"Nothing after {within} s.\n{said}")
        time.sleep(0.05)  # between two looks at something that another process does


def answers(url: str) -> bool:
    """Say whether an address answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@dataclass(frozen=True)
class WholeHouse:
    """Everything `make run` starts, on ports and in a folder of its own."""

    process: Started
    state: Path
    ports: Mapping[str, int]

    def url(self, door: str) -> str:
        """Return the address of a door: public, review, internal, rasa, actions."""
        return f"http://127.0.0.1:{self.ports[door]}"

    def secret(self, name: str) -> str:
        """Return one of the secrets this copy made for itself."""
        return (self.state / "secrets" / name).read_text().strip()

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment its processes have, for commands beside them."""
        return house_environment(self.state, self.ports)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the service's command line on this copy."""
        command = [sys.executable, "-m", "intake_api", *words]
        return subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=60)


def house_environment(state: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """Return what `make run` gives its processes, as far as commands beside them need it."""
    return {
        **os.environ,
        "VESTIBULE_VAR": str(state),
        "VESTIBULE_MODE": "development",
        "VESTIBULE_DATABASE_URL": f"sqlite:///{state}/vestibule.sqlite",
        "VESTIBULE_SECRETS_DIR": str(state / "secrets"),
        "VESTIBULE_DESTINATION_FILE": str(state / "crm" / "leads.jsonl"),
        "VESTIBULE_MAIL_FOLDER": str(state / "mail"),
        "VESTIBULE_CHECKPOINT_FILE": str(state / "evidence" / "checkpoints.jsonl"),
        **{f"VESTIBULE_{name.upper()}_PORT": str(port) for name, port in ports.items()},
    }


@contextmanager
def whole_house(state: Path, **settings: str) -> Iterator[WholeHouse]:
    """Start everything as `make run` does and end it as Ctrl-C does; trains the model if that is due."""
    ports = {name: free_port() for name in ("public", "review", "internal", "rasa", "actions")}
    given = {f"VESTIBULE_{name}": value for name, value in settings.items()}
    environment = {
        **os.environ,
        "VESTIBULE_VAR": str(state),
        **{f"VESTIBULE_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        **given,
    }
    with started([sys.executable, "-m", "tools.run"], environment) as process:
        wait_until(lambda: "Vestibule is ready" in process.log.read_text(), process)
        yield WholeHouse(process, state, ports)
