"""The one source of time (R-06). Doors read it once and pass `now` down."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present, in UTC, cut to milliseconds, as evidence keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def driven_clock(offset_file: Path) -> Clock:
    """Return a clock moved by the seconds written in `offset_file` (tests only; production refuses to start with it).

    The file is read at each tick, so that a test moves the time of every process at once.
    """

    def now() -> datetime:
        try:
            seconds = float(offset_file.read_text() or "0")
        except FileNotFoundError:
            seconds = 0.0
        return system_clock() + timedelta(seconds=seconds)

    return now


def rfc3339(moment: datetime) -> str:
    """Write a moment as evidence and answers show it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
