"""Free ports for tests that have to name one before somebody listens on it; of the standard library alone."""

import contextlib
import fcntl
import functools
import os
import random
import socket
import tempfile
from pathlib import Path

PORTS = range(20_000, 32_000)  # below those that the system gives to whoever asks for any
_ours: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on; no other test of this machine gets it as long as this process lives.

    One of the system's own choice could be given to somebody else before it is listened on.
    """
    for port in random.sample(PORTS, len(PORTS)):
        if port not in _ours and _is_reserved(port) and _is_free(port):
            _ours.add(port)
            return port
    raise RuntimeError("All ports for tests are taken.")


def _is_reserved(port: int) -> bool:
    """Reserve a port among all processes: a byte of one file for each."""
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@functools.cache
def _reservations() -> int:
    """Open the file once and for good: closing it would give every port back."""
    file = Path(tempfile.gettempdir()) / f"vestibule-ports-{os.getuid()}"
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False
