"""`make nlu-report ENTITIES=file.tsv`: the bot's report on details, over the real internal door and a store of its own.

The store, its keys and the port are made for the report and taken away after it; a running copy is not touched.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tools.development_secrets import write_development_secrets
from tools.house import PORTS, PREFIX, House, SettingWrong, read_house
from tools.run import CannotRun, bring_up_to_date
from tools.supervisor import ProgramDied, Supervisor, ToldToEnd

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 60.0
OF_THE_COPY = ("CATALOGUE",)  # settings that are kept; every other one names the state of a copy that may be running


def report(file: str) -> int:
    """Start the door, let the bot report on the file, and end the door; return the exit code of the report.

    :raises CannotRun: when the store cannot be made.
    :raises ProgramDied: when the door ended by itself.
    :raises ToldToEnd: when the end was asked for.
    """
    with (
        tempfile.TemporaryDirectory(prefix="vestibule-report-") as folder,
        Supervisor(ROOT, output=sys.stderr) as supervisor,
    ):
        house = read_house(ROOT, own_environment(os.environ, Path(folder)))
        write_development_secrets(house)
        bring_up_to_date(supervisor, house)
        doors = [program for program in house.programs() if program.name == "internal"]
        for door in doors:
            supervisor.start(door)
        supervisor.wait_until_ready(doors, within=READY_WITHIN)
        return _finish(supervisor, house, file)


def own_environment(environ: Mapping[str, str], state: Path) -> dict[str, str]:
    """Return the environment of a copy that lives in `state`, on ports that nobody uses."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(PREFIX) or name.removeprefix(PREFIX) in OF_THE_COPY
    }
    ports = {f"{PREFIX}{name}_PORT": str(port) for name, port in zip(PORTS, _free_ports(len(PORTS)), strict=True)}
    return {**kept, **ports, f"{PREFIX}VAR": str(state)}


def _finish(supervisor: Supervisor, house: House, file: str) -> int:
    program = house.bot_command("report", "-W", "ignore", "-m", "bot.details_report", file, may_read="SERVICE_TOKEN")
    program = replace(program, environment={**program.environment, "PYTHONIOENCODING": "utf-8"})
    code, lines = supervisor.finish(program, show=lambda _: False)
    print("\n".join(lines), file=sys.stderr if code else sys.stdout, flush=True)
    return code


def _free_ports(count: int) -> list[int]:
    listening = [socket.socket() for _ in range(count)]  # all at once, so that no two are the same
    try:
        for one in listening:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in listening]
    finally:
        for one in listening:
            one.close()


def main() -> int:
    try:
        return report(str(Path(sys.argv[1]).resolve()))
    except (CannotRun, SettingWrong, ProgramDied, ToldToEnd) as problem:
        print(f"nlu-report: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
