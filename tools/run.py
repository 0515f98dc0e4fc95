"""`make run`: everything on this machine, from a clone to two addresses, under one supervisor.

All that can be wrong is looked at before anything is started; one sentence says what it was.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from intake_api.settings import SettingsError, read_settings
from tools.development_secrets import write_development_secrets
from tools.house import PREFIX, WHAT_LISTENS, House, SettingWrong, read_house
from tools.supervisor import Program, ProgramDied, Supervisor, ToldToEnd

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 90.0  # seconds, for the slowest machine; a warm start takes a tenth of it
# Of the hundreds of lines Rasa prints while it trains: those that say where it is.
TRAINING_STEP = re.compile(r"^Training |^Trained |to train component|^The model ")
SENTENCE = "vestibule: "  # begins what the service says about an expected error
PROGRESS_BAR = re.compile(r"\d+/\d+ \[")


class CannotRun(Exception):
    """Something must be put right first; the text is the sentence to show."""


def run_house() -> None:
    """Check, prepare, start, say where, and watch until told to end.

    :raises CannotRun: when something must be put right first.
    :raises SettingWrong: when a setting cannot be used.
    :raises ProgramDied: when a program ended by itself.
    :raises ToldToEnd: when the end was asked for.
    """
    began = time.monotonic()
    os.umask(0o077)  # whatever a copy writes is for its owner only
    house = read_house(ROOT, os.environ)
    check_settings(house, "migrate")  # which reads no key: the missing ones are not made yet
    with _the_only_copy_in(house.state), Supervisor(ROOT) as supervisor:
        check_ports(house)
        check_catalogue(supervisor, house)
        for line in write_development_secrets(house):
            supervisor.say("secrets", line)
        check_settings(house)
        bring_up_to_date(supervisor, house)
        check_start(supervisor, house)
        train_if_needed(supervisor, house)  # the longest by far, so it is the last that can go wrong
        programs = house.programs()
        for program in programs:
            supervisor.start(program)
        account = first_account(supervisor, house)
        supervisor.wait_until_ready(programs, within=READY_WITHIN)
        print(welcome(house, account, seconds=time.monotonic() - began), flush=True)
        supervisor.watch()


def check_settings(house: House, process: str | None = None) -> None:
    """Read the service's settings and keys as its processes will, or as one of them will.

    :raises CannotRun: naming the first that cannot be used.
    """
    try:
        read_settings(house.environment, process)
    except SettingsError as error:
        raise CannotRun(str(error)) from None


def check_ports(house: House) -> None:
    """Make sure that nothing listens where this copy wants to.

    :raises CannotRun: naming each port in use and the setting that moves it.
    """
    used = [name for name, port in house.ports.items() if _is_in_use(port)]
    if used:
        what = " and ".join(f"port {house.ports[name]} ({WHAT_LISTENS[name]})" for name in used)
        settings = " and ".join(f"{PREFIX}{name}_PORT" for name in used)
        are, them = ("is", "it") if len(used) == 1 else ("are", "them")
        raise CannotRun(f"{what[0].upper()}{what[1:]} {are} in use: end what uses {them}, or set {settings}.")


def check_catalogue(supervisor: Supervisor, house: House) -> None:
    """Make sure that the catalogue can be used.

    :raises CannotRun: with what the check said.
    """
    _finish(
        supervisor, house.service_command("catalogue", "catalogue", "check", "--begun"), "The catalogue cannot be used."
    )


def train_if_needed(supervisor: Supervisor, house: House) -> None:
    """Train the bot's model when what it is made from has changed; progress is shown.

    :raises CannotRun: when the training fails.
    """
    program = house.bot_command("train", "-m", "bot.train_if_changed")
    code, lines = supervisor.finish(program, show=lambda line: bool(TRAINING_STEP.search(line)))
    if code:
        said = [line for line in lines if not PROGRESS_BAR.search(line)]
        raise CannotRun("\n".join(["The chat's model cannot be trained.", *said[-40:]]))


def bring_up_to_date(supervisor: Supervisor, house: House) -> None:
    """Migrate the database to the schema of this version.

    :raises CannotRun: with what the migration said.
    """
    _finish(supervisor, house.service_command("migrate", "db", "upgrade"), "The database cannot be brought up to date.")


def check_start(supervisor: Supervisor, house: House) -> None:
    """Make sure that neither a door nor the worker would end right after its start.

    :raises CannotRun: with the sentence it would end with.
    """
    check = Program("check", [sys.executable, "-m", "tools.check_start"], house.environment)
    _finish(supervisor, check, "The service cannot start.")


def first_account(supervisor: Supervisor, house: House) -> dict[str, str]:
    """Return `email` and a one-time `password` for the review queue; nothing once somebody has signed in.

    :raises CannotRun: with what the command said.
    """
    lines = _finish(supervisor, house.service_command("staff", "staff", "first", "--json"), "No account can be made.")
    printed = "".join(line for line in lines if line.startswith("{"))
    return dict(json.loads(printed)) if printed else {}


def welcome(house: House, account: Mapping[str, str], *, seconds: float) -> str:
    """Return the block that is printed once everything is ready."""
    sign_in = f"sign in as {account['email']} with the one-time password {account['password']}" if account else ""
    lines = [
        f"Vestibule is ready ({seconds:.0f} s).",
        "",
        f"  Landing page   {house.environment[f'{PREFIX}PUBLIC_URL']}/",
        f"  Review queue   {house.environment[f'{PREFIX}REVIEW_URL']}/",
        *([f"                 {sign_in}"] if sign_in else []),
        f"  State          {house.state}",
        "",
        "Ctrl-C ends it.",
    ]
    return "\n" + "\n".join(lines) + "\n"


def _finish(supervisor: Supervisor, program: Program, failed: str) -> list[str]:
    code, lines = supervisor.finish(program, show=lambda _: False)
    if code and len(lines) == 1 and lines[0].startswith(SENTENCE):
        raise CannotRun(lines[0].removeprefix(SENTENCE))
    if code:
        raise CannotRun("\n".join([failed, *lines]))
    return lines


@contextlib.contextmanager
def _the_only_copy_in(state: Path) -> Iterator[None]:
    """Keep other copies out of the state folder: two of them would deliver the same leads.

    A start that came to nothing leaves no trace: neither the lock nor the folders it made, unless something is in them.
    """
    if state.is_file():
        raise CannotRun(_no_folder(state, "it is a file"))
    made = [folder for folder in (state, *state.parents) if not folder.exists()]
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = _locked(state / "run.lock")
    except BlockingIOError:
        raise CannotRun(
            f"Another copy runs with the state in {state}: end it, or give this one {PREFIX}VAR=another-folder."
        ) from None
    except OSError as error:
        raise CannotRun(_no_folder(state, os.strerror(error.errno or 0))) from None
    try:
        yield
    finally:
        (state / "run.lock").unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # the first that is not empty ends it
            for folder in made:
                folder.rmdir()
        lock.close()


def _locked(path: Path) -> IO[str]:
    """Open and lock a file; again when whoever held it has taken it away, since a lock on no file keeps nobody out.

    :raises BlockingIOError: another copy holds it.
    """
    while True:
        lock = path.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, lock):
                return lock
        except OSError:
            lock.close()
            raise
        lock.close()


def _is_at(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _no_folder(state: Path, why: str) -> str:
    return f"{PREFIX}VAR is {str(state)!r}, which cannot be used as a folder ({why}); name another one."


def _is_in_use(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do it, so that a port whose last connection is only just closed counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    try:
        run_house()
    except ToldToEnd:
        print("Everything is ended.", flush=True)
        return 0
    except (CannotRun, SettingWrong, ProgramDied) as problem:
        print(f"make run: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
