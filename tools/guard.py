"""Ends the programs of a supervisor that was killed.

On its standard input it is told `started GROUP` and `ended GROUP`, with the ids of process groups, and `done`. When
the input closes without that last word, the supervisor is gone and could not clean up: what still runs is ended here.
A pipe tells this on every system, also of a `kill -9`, and a group reaches what the programs themselves have started.

Use: guard.py SECONDS
"""

import contextlib
import os
import signal
import sys
import time


def main(seconds: float) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        match line.split():
            case ["started", group]:
                groups.add(int(group))
            case ["ended", group]:
                groups.discard(int(group))
            case ["done"]:
                return
    _signal(groups, signal.SIGTERM)
    until = time.monotonic() + seconds
    while time.monotonic() < until and _signal(groups, 0):
        time.sleep(0.1)
    _signal(groups, signal.SIGKILL)


def _signal(groups: set[int], number: int) -> bool:
    """Signal each group and say whether one was still there."""
    reached = False
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
            reached = True
    return reached


if __name__ == "__main__":
    main(float(sys.argv[1]))
