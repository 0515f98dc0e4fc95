"""What operators read: one line an event, a dotted name and ids. Never a value a person typed (H-14, SEC-36).

A log line is not evidence: evidence is in `store/evidence.py`.
"""

import logging
import sys
from datetime import UTC, datetime

LOGGER = "vestibule"


def start_logging(level: int = logging.INFO) -> None:
    """Send this process's events to standard error; libraries speak from WARNING up, without their arguments."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(LOGGER).setLevel(level)


def event(name: str, **ids: str | int | float | None) -> None:
    """Log one event, such as `event("delivery.refused", delivery=id, status=422)`; values are ids and counts."""
    logging.getLogger(LOGGER).info(_line(name, ids))


def failure(name: str, error: BaseException, **ids: str | int | float | None) -> None:
    """Log a failure by the class of the error and where it was raised: its message may carry what a person typed."""
    logging.getLogger(LOGGER).error(_line(name, {"error": type(error).__name__, "at": _place(error), **ids}))


def _line(name: str, ids: dict[str, str | int | float | None]) -> str:
    return " ".join([name, *(f"{key}={_word(value)}" for key, value in ids.items())])


def _word(value: str | int | float | None) -> str:
    text = str(value)
    return text if text.isascii() and text.isprintable() and " " not in text else ascii(text).replace(" ", "\\x20")


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else "?"


class _LineFormatter(logging.Formatter):
    """One record, one line. Tracebacks and other libraries' arguments are left out: both can hold personal data."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        if record.name == LOGGER:
            said = record.getMessage()
        else:
            said = f"library.spoke logger={record.name} at={record.module}:{record.lineno}"
        return f"{moment} {record.levelname.lower()} {said}"
