"""Has the bot's libraries log all they can, which no setting does: Python imports this by itself where a test has put
the folder on PYTHONPATH."""

import logging
import sys

if "bot" in sys.prefix:  # the bot's environment; the service's processes read it too, and have nothing to do here
    from bot import quiet_logs

    quieten = quiet_logs.quieten_logs

    def quieten_but_print_all(foreign: int = logging.NOTSET) -> None:
        """Do what is always done to a record, and leave none out by its level."""
        logging.getLogger().setLevel(logging.DEBUG)
        quieten()
        for name in (None, *quiet_logs.FOREIGN, quiet_logs.OWN):
            logging.getLogger(name).setLevel(logging.DEBUG)

    quiet_logs.quieten_logs = quieten_but_print_all
