"""`python -m intake_api.serve intake_api.wsgi:public --port 8080`: serve one door until somebody asks for the end.

One thread listens to all connections and reads each request whole, under a deadline; only then does a request take one
of the threads that may wait for disks and for Rasa. So whoever sends slowly waits for himself (SEC-24).
"""

import logging
import pkgutil
import signal
import time
from typing import Any

import click
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from intake_api.web.limits import BODY_BYTES

REQUEST_WITHIN = 20  # seconds from the first byte of a request, or from connecting, to its last byte
IDLE_AT_MOST = 75  # seconds that a connection stays open between two requests: longer than a proxy keeps its own
HEADER_BYTES = 32 * 1024
# What is a little too long gets our own words (413); beyond this nobody reads it.
READ_AT_MOST = 2 * BODY_BYTES
CONNECTIONS = 500
# Seconds for what has begun, and for the threads to notice: together less than the supervisor's patience of five.
END_WITHIN = 3.5
THREADS_END_WITHIN = 1.0


@click.command(help=__doc__)
@click.argument("app")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), required=True)
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests worked on at once.")
@click.option(
    "--within", type=click.IntRange(1), default=REQUEST_WITHIN, show_default=True, help="Seconds a request has."
)
def serve(app: str, host: str, port: int, threads: int, within: int) -> None:
    """Make the app and serve it until SIGTERM or SIGINT; what has begun then has four seconds."""
    # It tells of each request that waits for a thread: under load one line a request, and nothing to do about it.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    made = pkgutil.resolve_name(app)
    try:
        server = DoorServer(
            made,
            host=host,
            port=port,
            threads=threads,
            ident="",
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_AT_MOST,
            cleanup_interval=1,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=READ_AT_MOST,
            log_socket_errors=False,  # a visitor who goes away is no event
            clear_untrusted_proxy_headers=False,  # the app trusts as many proxies as its settings say
            asyncore_use_poll=True,
        )
    except OSError as error:
        raise click.ClickException(f"Nobody can listen on {host}:{port}: {error.strerror}.") from None
    server.request_within = within
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.ask_to_end())
    server.run()


class Visit(HTTPChannel):
    """One connection. It remembers since when it waits for the rest of a request."""

    waits_since: float | None  # None while nothing of a next request has come

    def __init__(self, *place: Any, **options: Any) -> None:
        self.waits_since = time.monotonic()  # a new connection owes a request at once
        super().__init__(*place, **options)

    def received(self, data: bytes) -> bool:
        """Take bytes. The deadline of a request begins with its first one, and no later byte moves it."""
        if self.waits_since is None:
            self.waits_since = time.monotonic()
        return bool(super().received(data))

    def is_late(self, *, within: float) -> bool:
        """Say whether the rest of a request has not come in time."""
        since = self.waits_since
        return not self.requests and since is not None and time.monotonic() - since > within

    def is_busy(self) -> bool:
        """Say whether a request is being worked on or its answer is still being sent."""
        return bool(self.requests or self.total_outbufs_len)

    def readable(self) -> bool:
        """Say whether more may be read: nothing new once the end was asked for."""
        return not self.server.is_ending and bool(super().readable())


class DoorServer(TcpWSGIServer):
    """Listens, reads and sends in the main thread; its threads run the app."""

    channel_class = Visit
    request_within = REQUEST_WITHIN
    is_ending = False

    def run(self) -> None:
        """Serve until `ask_to_end`; then listen no more, finish what has begun, and return."""
        while not self.is_ending:
            self._turn()
        wasyncore.dispatcher.close(self)
        until = time.monotonic() + END_WITHIN
        while time.monotonic() < until and any(visit.is_busy() for visit in self.active_channels.values()):
            self._turn()
        self.task_dispatcher.shutdown(timeout=THREADS_END_WITHIN)

    def ask_to_end(self) -> None:
        """Wake the main thread up and let it end; safe in a signal handler."""
        self.is_ending = True
        self.pull_trigger()

    def add_task(self, visit: Visit) -> None:
        """Give a request that is complete to the threads: from here on the visitor waits for us."""
        visit.waits_since = None
        super().add_task(visit)

    def maintenance(self, now: float) -> None:
        """Close what is idle for too long, as the server always did, and what is late."""
        super().maintenance(now)
        for visit in self.active_channels.values():
            if visit.is_late(within=self.request_within):
                visit.will_close = True

    def _turn(self) -> None:
        wasyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)


if __name__ == "__main__":
    serve()
