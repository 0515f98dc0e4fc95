"""No word of a visitor in any log, at any level, on any path (H-14).

Rasa, Sanic and the SDK put message texts, slot values and whole request bodies into log records: at DEBUG in passing,
at ERROR with tracebacks. Filtering what looks like personal data would be guessing, so it is the other way round: of a
foreign record only *where* it was made, its level and the class of its exception are kept. Our own loggers
(`vestibule.*`) are written for this and pass as they are, without tracebacks. It is done where records are made, so no
handler, however it was set up later, can print more.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
import warnings
from types import TracebackType
from typing import Any

OWN = "vestibule"
FOREIGN = ("rasa", "rasa_sdk", "sanic", "sanic.root", "sanic.error", "sanic.access", "apscheduler", "asyncio")
_FRAMES = 6


def quieten_logs(foreign: int = logging.NOTSET) -> None:
    """Make every later log record, structlog event, warning and uncaught error of this process say where, never what.

    :param foreign: the lowest level at which the libraries' records are still printed; what they print stays as quiet.
    """
    logging.setLogRecordFactory(quiet_record)
    logging.captureWarnings(True)
    sys.excepthook = _quiet_exit
    threading.excepthook = _quiet_thread_exit
    _quieten_structlog()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout, level=logging.INFO)
    if foreign:
        for name in FOREIGN:
            logging.getLogger(name).setLevel(foreign)
        # A warning without its words says nothing; these are about old packages, and the tests see them.
        logging.getLogger("py.warnings").setLevel(logging.ERROR)


def quiet_record(*arguments: Any, **named: Any) -> logging.LogRecord:
    """Make a log record that holds no value, no argument and no traceback of the one it stands for."""
    record = logging.LogRecord(*arguments, **named)
    if record.name == OWN or record.name.startswith(OWN + "."):
        record.exc_info = record.exc_text = None
        return record
    record.msg = f"{record.name} at {record.filename}:{record.lineno}{_class_of(record.exc_info)}"
    record.args = ()
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def _class_of(exc_info: Any) -> str:
    if not exc_info or not isinstance(exc_info, tuple) or exc_info[0] is None:
        return ""
    where = [
        f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name, not a path
        for frame in traceback.extract_tb(exc_info[2], limit=-_FRAMES)
    ]
    return f" {exc_info[0].__name__} ({' < '.join(reversed(where))})"


def _quiet_exit(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    # A start that fails says why itself (bot.serve); what arrives here is a defect, and may hold anything.
    logging.getLogger(OWN).error("process.failed%s", _class_of((kind, error, trace)))


def _quiet_thread_exit(failure: threading.ExceptHookArgs) -> None:
    logging.getLogger(OWN).error(
        "thread.failed%s", _class_of((failure.exc_type, failure.exc_value, failure.exc_traceback))
    )


def _quieten_structlog() -> None:
    try:
        import structlog
    except ImportError:  # the action server has none
        return

    def only_the_event(_logger: object, _method: str, event: dict[str, Any]) -> str:
        name = str(event.get("event", ""))
        # Events are dotted names in the source; anything else may be a sentence with a value in it.
        return name if name.replace(".", "").replace("_", "").isalnum() and "." in name else "event"

    def configure(_log_level: int | None = None) -> None:
        structlog.configure(
            processors=[only_the_event],
            wrapper_class=structlog.make_filtering_bound_logger(
                logging.getLogger().getEffectiveLevel() or logging.INFO
            ),
            logger_factory=structlog.PrintLoggerFactory(sys.stdout),
            cache_logger_on_first_use=False,
        )

    configure()
    # Rasa configures structlog again on its way up, with tracebacks that show local variables.
    for module in ("rasa.__main__", "rasa.utils.log_utils"):
        if module in sys.modules:
            sys.modules[module].__dict__["configure_structlog"] = configure
    warnings.simplefilter("ignore", DeprecationWarning)
