"""One guarded HTTP call to the other side (SEC-34, SEC-48, SEC-53).

The name is resolved once, every address it gives is judged, and the connection goes to a judged one: a name that
changes its mind between the look and the call gains nothing. Redirects are not followed, certificate and host name are
always checked, one deadline holds for all the calls of an operation, and a body is read only as far as asked for.
"""

import http.client
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from intake_api.crm.port import NotAllowedIn, Outcome, Retry, Unknown
from intake_api.rules.web_target import Address, WebTarget, may_connect, parse_target

TIME_LIMIT = 10.0  # seconds for all calls of an operation: names, connections, requests, answers
SECONDS = re.compile(r"[0-9]{1,9}")
HEADER = re.compile(r"[ -~]*")


@dataclass(frozen=True)
class Answer:
    """What came back: headers by lower-case name, and as much of the body as was asked for, never to be shown."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class CallFailed(Exception):
    """There is no answer. `outcome` says what that means for what was to be done."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("no answer")
        self.outcome = outcome


class Deadline:
    """One limit for everything that follows, so that a drip of single bytes gains no time."""

    def __init__(self, seconds: float = TIME_LIMIT) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        :raises TimeoutError: there are none.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def left_or_fail(self) -> float:
        """Return the seconds that are left, for a wait that is no call.

        :raises CallFailed: there are none.
        """
        try:
            return self.left()
        except TimeoutError:
            raise CallFailed(Retry("too_slow")) from None


class Caller:
    """Calls one configured address and the paths below it. Several threads may share it."""

    def __init__(self, url: str, *, allow_loopback: bool = False, trust: ssl.SSLContext | None = None) -> None:
        """Prepare the calls; nothing is called yet.

        `trust` replaces the machine's certificate authorities; certificate and host name are always checked.

        :raises TargetRefused: the address breaks a rule of SEC-34.
        """
        self._target = parse_target(url, allow_loopback=allow_loopback)
        self._allow_loopback = allow_loopback
        self._tls = trust or ssl.create_default_context()
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.check_hostname, self._tls.verify_mode = True, ssl.CERT_REQUIRED
        self._tls.sslsocket_class = _TimedTlsSocket

    def call(
        self,
        method: str,
        below: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        deadline: Deadline,
        read: int = 0,
    ) -> Answer:
        """Make one call and read at most `read` bytes of the body; `below` is put behind the configured path.

        :raises CallFailed: there is no whole answer before the deadline, or it has more than `read` bytes; or a header
            cannot be sent, which is a credential with a line break or a letter that HTTP does not have.
        """
        if not all(HEADER.fullmatch(value) for value in headers.values()):  # the library's own error would show it
            raise CallFailed(NotAllowedIn("credential_refused"))
        try:
            return self._call(method, self._target.path + below, body, headers, deadline=deadline, read=read)
        except _AddressRefused:
            raise CallFailed(NotAllowedIn("address_not_public")) from None
        except socket.gaierror:
            raise CallFailed(Retry("name_not_found")) from None
        except TimeoutError:
            raise CallFailed(Retry("too_slow")) from None
        except ssl.SSLCertVerificationError:
            raise CallFailed(Retry("certificate_not_trusted")) from None
        except ssl.SSLError:
            raise CallFailed(Retry("tls_failed")) from None
        except (http.client.RemoteDisconnected, http.client.IncompleteRead):
            raise CallFailed(Retry("hung_up")) from None
        except http.client.HTTPException:
            raise CallFailed(Unknown("not_http")) from None
        except OSError:
            raise CallFailed(Retry("not_reachable")) from None

    def _call(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, deadline: Deadline, read: int
    ) -> Answer:
        addresses = _resolve(self._target, deadline)
        if not all(may_connect(address, allow_loopback=self._allow_loopback) for address in addresses):
            raise _AddressRefused
        connection = _Connection(self._target, addresses, self._tls, deadline)
        try:
            ours = {"User-Agent": "vestibule/1", "Connection": "close"}
            connection.request(method, path, body, {**ours, **headers})
            answer = connection.getresponse()
            text = answer.read(read + 1) if read else b""
            if len(text) > read:
                raise CallFailed(Unknown("answer_too_large", answer.status))
            if read and answer.length:  # fewer bytes came than were announced
                raise CallFailed(Retry("hung_up", status=answer.status))
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
        finally:
            connection.close()


def asked_wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """Read `Retry-After`: seconds or a date; anything else is no wish."""
    if not retry_after:
        return None
    if SECONDS.fullmatch(retry_after.strip()):
        return timedelta(seconds=int(retry_after))
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(moment - now, timedelta())


class _AddressRefused(Exception):
    """The name leads to an address we must not call."""


class _TimedSocket(socket.socket):
    """A socket whose every wait ends at the deadline of the whole call, not a while after the last byte."""

    deadline: Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(self.deadline.left())
        super().sendall(*args, **kwargs)


class _TimedTlsSocket(ssl.SSLSocket):
    """The same over TLS."""

    deadline: Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().send(*args, **kwargs)


class _Response(http.client.HTTPResponse):
    """The standard library's, which takes a chunk of -1 bytes for all there is, however much that may be."""

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:
            raise ValueError  # as the library says it of what is no number
        return size


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were judged, for the host that the certificate must name."""

    response_class = _Response

    def __init__(self, target: WebTarget, addresses: list[Address], tls: ssl.SSLContext, deadline: Deadline) -> None:
        super().__init__(target.host, target.port)
        self.default_port = 443 if target.tls else 80  # what goes without saying in Host
        self._target = target
        self._addresses = addresses
        self._tls = tls
        self._deadline = deadline

    def connect(self) -> None:
        """Connect to the first address that answers, and shake hands."""
        plain = self._first_open()
        self.sock = plain
        if not self._target.tls:
            return
        secure = self._tls.wrap_socket(plain, server_hostname=self._target.host, do_handshake_on_connect=False)
        assert isinstance(secure, _TimedTlsSocket)  # noqa: S101 the context was told so
        self.sock = secure
        secure.deadline = self._deadline
        secure.settimeout(self._deadline.left())
        secure.do_handshake()

    def _first_open(self) -> _TimedSocket:
        failed: OSError = TimeoutError()
        for waiting, address in zip(range(len(self._addresses), 0, -1), self._addresses, strict=True):
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            candidate = _TimedSocket(family, socket.SOCK_STREAM)
            candidate.deadline = self._deadline
            candidate.settimeout(self._deadline.left() / waiting)  # a silent address leaves time for the next
            try:
                candidate.connect((str(address), self._target.port))
            except OSError as error:
                candidate.close()
                failed = error
            else:
                return candidate
        raise failed


def _resolve(target: WebTarget, deadline: Deadline) -> list[Address]:
    """Ask for the name's addresses, once. The system's resolver knows no time limit, so it gets a thread to itself."""
    found: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except OSError as error:
            found.put(error)
        else:
            found.put(list(dict.fromkeys(_address(row[4][0]) for row in rows)))

    threading.Thread(target=look_up, name="look up a name", daemon=True).start()
    try:
        answer = found.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _address(text: str | int) -> Address:
    return ipaddress.ip_address(str(text).partition("%")[0])
