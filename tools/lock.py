"""`make lock`: pin and hash again what requirements/*.in ask for.

For the service with everything that comes along: pins that still fit stay, `make lock UPGRADE=1` takes the newest of
everything, and the service's pins are among those of the tests, so that what is tested is what runs. For the bot just
what is named and nothing that Rasa declares besides. Tryton, which only tests run, shares nothing with either. No file
names an address: hashes say what is right, wherever it comes from.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tools.environments import ROOT, EnvironmentFailed, find_uv


def lock_requirements(*, upgrade: bool) -> None:
    """Write the six locks.

    :raises EnvironmentFailed: when uv cannot be had.
    """
    service = ["--universal", "--python-version", "3.11", *(["--upgrade"] if upgrade else [])]
    _compile("dev", service)
    _compile("service", [*service, "--constraint", "requirements/dev.txt"])
    _compile("tools", service)
    _compile("tryton", service)
    bot = ["--no-deps", "--python-version", "3.10"]
    _compile("bot", bot)
    _compile("actions", bot)


def _compile(name: str, options: list[str]) -> None:
    shape = ["--generate-hashes", "--no-header", "--no-annotate"]
    files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
    command = [str(find_uv()), "pip", "compile", "--quiet", "--no-config", *shape, *options, *files]
    if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        raise EnvironmentFailed(f"requirements/{name}.in cannot be locked; the lines above say why.")


if __name__ == "__main__":
    try:
        lock_requirements(upgrade=os.environ.get("UPGRADE") == "1")
    except EnvironmentFailed as problem:
        sys.exit(f"make: {problem}")
