"""Make the environments: `.venv` for the service, `.venv-bot` for Rasa, each exactly as its lock says.

`.venv-tryton` holds a CRM that the tests of its connector run; it is made only when asked for by name.

Runs on the Python the machine brings (3.11 or later) with nothing installed, needs no root, and writes only into the
git-ignored folders of this clone. An environment is made anew only when its lock changed or its Python is gone; one
that was left half-made has no stamp and is made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
OLDEST_PYTHON = (3, 11)
OLDEST_UV = (0, 5)
BOT_PYTHON = "3.10"
# Rasa needs these of its Python; one built without the right headers starts well and fails late.
PROBE = "import bz2, ctypes, lzma, sqlite3, ssl, sys, zlib; sys.exit(sys.version_info[:2] != (3, 10))"
NO_PIP = (
    "`uv` makes the environments and is not here, and this Python has no `pip` to fetch it with. Install one of them: "
    "on Debian or Ubuntu `sudo apt-get install python3-pip`, on macOS `brew install uv`; then say `make` again."
)
NO_BOT_PYTHON = (
    f"Rasa needs Python {BOT_PYTHON}, which was not found: not as `python{BOT_PYTHON}` on the PATH, nor by pyenv, nor "
    f"by uv. Get it with `pyenv install {BOT_PYTHON}` or `uv python install {BOT_PYTHON}`, or say where it is: "
    f"`BOT_PYTHON=/path/to/python{BOT_PYTHON} make run`."
)


class EnvironmentFailed(Exception):
    """An environment cannot be made; the text is the one sentence to show."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment and the lock it is made from."""

    name: str
    holds: str
    folder: Path
    lock: Path


SERVICE = Environment("service", "the service and its tests", ROOT / ".venv", ROOT / "requirements/dev.txt")
BOT = Environment("bot", "Rasa without TensorFlow", ROOT / ".venv-bot", ROOT / "requirements/bot.txt")
TRYTON = Environment("tryton", "a CRM for the tests", ROOT / ".venv-tryton", ROOT / "requirements/tryton.txt")


def make_environments(*, tryton: bool = False) -> None:
    """Make what is missing or out of date, or Tryton's alone; say nothing when there is nothing to do.

    :raises EnvironmentFailed: with the sentence to show.
    """
    if sys.version_info < OLDEST_PYTHON:
        raise EnvironmentFailed(
            f"Python 3.11 or later is needed and this is {sys.version.split()[0]}: install a newer one, "
            "or name it: `make run PYTHON=/path/to/python3.12`."
        )
    with _only_one_at_a_time():
        if tryton:
            make_environment(TRYTON, lambda: Path(sys.executable))
        else:
            make_environment(SERVICE, lambda: Path(sys.executable))
            make_environment(BOT, find_bot_python)


def make_environment(environment: Environment, find_python: Callable[[], Path]) -> bool:
    """Fill one environment from its lock, unless it is as the lock says already; say whether there was work to do.

    The stamp is written last, so that half-made is never taken for made.

    :raises EnvironmentFailed: when something cannot be had, or is not what its hash says.
    """
    if _is_current(environment):
        return False
    if not environment.lock.exists():
        raise EnvironmentFailed(f"{environment.lock} is missing: make it with `make lock`.")
    python, uv = find_python(), str(find_uv())
    _say(f"{environment.folder.name}, {environment.holds} (some minutes the first time)")
    stamp = _stamp(environment)
    failed = f"{environment.folder.name} cannot be made"
    interpreter = environment.folder / "bin/python"
    if not (_was_made_here(environment) and _runs(interpreter)):
        venv = [uv, "venv", "--quiet", "--no-project", "--clear", "--python", str(python)]
        _run([*venv, str(environment.folder)], failed)
    stamp.unlink(missing_ok=True)
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(interpreter)]
    _run([*sync, str(environment.lock)], failed)
    stamp.write_text(_stamp_text(environment))
    return True


def find_uv() -> Path:
    """Find `uv` on the PATH or in `.tools/`; else install the locked one there with pip.

    :raises EnvironmentFailed: when there is no pip to do it with, or pip failed.
    """
    own = TOOLS / "uv/bin/uv"
    on_path = shutil.which("uv")
    for candidate in [own, *([Path(on_path)] if on_path else [])]:
        if _uv_version(candidate) >= OLDEST_UV:
            return candidate
    _say("uv, which makes the environments")
    shutil.rmtree(TOOLS / "uv", ignore_errors=True)
    lock = str(ROOT / "requirements/tools.txt")
    pip = [*_find_pip(), "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    _run([*pip, "--require-hashes", "--target", str(TOOLS / "uv"), "-r", lock], "uv cannot be installed with pip")
    return own


def find_bot_python() -> Path:
    """Find a Python 3.10 that really runs and has what Rasa needs; let `uv` install one if there is none.

    :raises EnvironmentFailed: with a sentence on how to get one.
    """
    for candidate in _bot_python_candidates():
        if _runs(candidate, PROBE):
            return candidate
    raise EnvironmentFailed(NO_BOT_PYTHON)


def _bot_python_candidates() -> Iterator[Path]:
    if named := os.environ.get("BOT_PYTHON"):
        yield Path(named)
        return
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        yield Path(folder) / f"python{BOT_PYTHON}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{BOT_PYTHON}.*/bin/python{BOT_PYTHON}"), reverse=True)
    uv = str(find_uv())
    find = [uv, "python", "find", "--quiet", "--no-project", BOT_PYTHON]
    yield from _printed_path([*find, "--no-python-downloads"])
    _say(f"Python {BOT_PYTHON}, which Rasa runs on")
    subprocess.run([uv, "python", "install", "--quiet", BOT_PYTHON], capture_output=True, env=_uv_env(), check=False)
    yield from _printed_path([*find, "--no-python-downloads"])


def _printed_path(command: Sequence[str]) -> Iterator[Path]:
    found = subprocess.run(command, capture_output=True, text=True, env=_uv_env(), check=False)
    if found.returncode == 0 and found.stdout.strip():
        yield Path(found.stdout.strip())


def _runs(python: Path, code: str = "") -> bool:
    try:
        return subprocess.run([python, "-c", code], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _is_current(environment: Environment) -> bool:
    """Say whether the environment was made from today's lock and its Python is still there."""
    stamp = _stamp(environment)
    made = stamp.exists() and stamp.read_text() == _stamp_text(environment)
    return made and (environment.folder / "bin/python").exists()


def _was_made_here(environment: Environment) -> bool:
    """Say whether it was once complete in this very folder: one that was moved or copied has wrong paths inside."""
    stamp = _stamp(environment)
    return stamp.exists() and stamp.read_text().endswith(f" {environment.folder.resolve()}\n")


def _stamp(environment: Environment) -> Path:
    return environment.folder / "made-from-lock"


def _stamp_text(environment: Environment) -> str:
    content = environment.lock.read_bytes() if environment.lock.exists() else b""
    return f"{hashlib.sha256(content).hexdigest()} {environment.folder.resolve()}\n"


def _uv_version(uv: Path) -> tuple[int, ...]:
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout.split()
        return tuple(int(part) for part in said[1].split(".")[:2])
    except (OSError, IndexError, ValueError):
        return ()


def _find_pip() -> list[str]:
    """Find a pip to install uv with: this Python's own, or any other, since uv brings its own program."""
    own = [sys.executable, "-m", "pip"]
    others = [[found] for name in ("pip3", "pip") if (found := shutil.which(name))]
    for candidate in [own, *others]:
        if subprocess.run([*candidate, "--version"], capture_output=True, check=False).returncode == 0:
            return candidate
    raise EnvironmentFailed(NO_PIP)


def _run(command: Sequence[str], failed: str) -> None:
    """Run quietly; a warning of a tool that worked helps nobody, what it said when it failed does."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_uv_env(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise EnvironmentFailed(f"{failed}:\n{done.stdout.strip()[-2000:]}")


def _uv_env() -> dict[str, str]:
    """Give the tools their environment: no active environment of the caller's may stand in for ours."""
    return {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    }


@contextlib.contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(what: str) -> None:
    print(f"Getting {what} ...", flush=True)


if __name__ == "__main__":
    try:
        make_environments(tryton="tryton" in sys.argv[1:])
    except EnvironmentFailed as problem:
        print(f"make: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
