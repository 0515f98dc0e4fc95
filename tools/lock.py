"""`make lock`: pin and hash again what requirements/*.in ask for, with everything that comes along.

Pins that still fit stay; `make lock UPGRADE=1` takes the newest of everything. The service's pins are among those of
the tests, so that what is tested is what runs. No file names an address: hashes say what is right, wherever it is from.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tools.environments import ROOT, EnvironmentFailed, find_uv

SERVICE_PYTHON = "3.11"


def lock_requirements(*, upgrade: bool) -> None:
    """Write dev.txt, service.txt and tools.txt.

    :raises EnvironmentFailed: when uv cannot be had.
    """
    newest = ["--upgrade"] if upgrade else []
    _compile("dev", newest)
    _compile("service", ["--constraint", "requirements/dev.txt", *newest])
    _compile("tools", newest)


def _compile(name: str, options: list[str]) -> None:
    shape = ["--universal", "--python-version", SERVICE_PYTHON, "--generate-hashes", "--no-header", "--no-annotate"]
    files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
    command = [str(find_uv()), "pip", "compile", "--quiet", "--no-config", *shape, *options, *files]
    if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        raise EnvironmentFailed(f"requirements/{name}.in cannot be locked; the lines above say why.")


if __name__ == "__main__":
    try:
        lock_requirements(upgrade=os.environ.get("UPGRADE") == "1")
    except EnvironmentFailed as problem:
        sys.exit(f"make: {problem}")
