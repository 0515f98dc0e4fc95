"""The signed webhook: Standard Webhooks to one configured address (SEC-33, SEC-34, SEC-48, SEC-53).

The name is resolved once, every address it gives is judged, and the connection goes to a judged one: a name that
changes its mind between the look and the call gains nothing. The answer's body is never read: nothing in it may reach a
log or a page, and the status line says all there is to know. `docs/delivery.md` has the table of answers.
"""

import base64
import binascii
import hmac
import http.client
import ipaddress
import json
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from intake_api.clock import rfc3339
from intake_api.crm.port import (
    Done,
    Gone,
    NotAllowedIn,
    Operation,
    Outcome,
    Parcel,
    Refused,
    Retry,
    Unknown,
    document,
)
from intake_api.rules.web_target import Address, WebTarget, may_connect, parse_target

TIME_LIMIT = 10.0  # seconds for everything: name, connection, request, status line
SECRET_BYTES = range(24, 65)
SECONDS = re.compile(r"[0-9]{1,9}")

# Answers that say "no parcel can pass until a person acts", "this one never will" and "not now".
NOT_ALLOWED_IN = {401: "credential_refused", 403: "credential_refused", 407: "credential_refused"}
REFUSED = frozenset({400, 405, 406, 411, 412, 413, 414, 415, 417, 422, 428, 431, 451})
NOT_NOW = frozenset({408, 423, 425, 429})


class SecretInvalid(Exception):
    """A webhook secret is not `whsec_` with 24 to 64 bytes in base64. The text never shows it."""

    code = "webhook_secret_invalid"


class _AddressRefused(Exception):
    """The name leads to an address we must not call."""


class Webhook:
    """Posts parcels, each signed by every secret in use: two while one is being rotated out."""

    name = "webhook"

    def __init__(
        self,
        url: str,
        secrets: Iterable[str],
        recipient: str,
        *,
        allow_loopback: bool = False,
        trust: ssl.SSLContext | None = None,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        """Prepare the destination; nothing is called yet.

        `trust` replaces the machine's certificate authorities; certificate and host name are always checked.
        `time_limit` is in seconds and holds for one whole call.

        :raises TargetRefused: the address breaks a rule of SEC-34.
        :raises SecretInvalid: a secret is no webhook secret, or there is none.
        """
        self.recipient = recipient
        self._target = parse_target(url, allow_loopback=allow_loopback)
        self._allow_loopback = allow_loopback
        self._time_limit = time_limit
        self._keys = [_key(secret) for secret in secrets]
        if not self._keys:
            raise SecretInvalid("The webhook needs a secret to sign with.")
        self._tls = trust or ssl.create_default_context()
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.check_hostname, self._tls.verify_mode = True, ssl.CERT_REQUIRED
        self._tls.sslsocket_class = _TimedTlsSocket

    def send(self, operation: Operation, parcel: Parcel, *, now: datetime) -> Outcome:
        """Post one parcel. The id is the delivery's on every attempt, the timestamp is fresh."""
        data = {"type": f"lead.{operation}", "timestamp": rfc3339(now), "data": document(operation, parcel)}
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "vestibule/1",
            "Connection": "close",
            "webhook-id": parcel.delivery,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(sign(key, parcel.delivery, stamp, body) for key in self._keys),
        }
        try:
            answer = self._call(body, headers)
        except _AddressRefused:
            return NotAllowedIn("address_not_public")
        except socket.gaierror:
            return Retry("name_not_found")
        except TimeoutError:
            return Retry("too_slow")
        except ssl.SSLCertVerificationError:
            return Retry("certificate_not_trusted")
        except ssl.SSLError:
            return Retry("tls_failed")
        except http.client.RemoteDisconnected:
            return Retry("hung_up")
        except http.client.HTTPException:
            return Unknown("not_http")
        except OSError:
            return Retry("not_reachable")
        return classify(answer.status, answer.retry_after, now=now)

    def _call(self, body: bytes, headers: dict[str, str]) -> "_Answer":
        deadline = _Deadline(self._time_limit)
        addresses = _resolve(self._target, deadline)
        if not all(may_connect(address, allow_loopback=self._allow_loopback) for address in addresses):
            raise _AddressRefused
        connection = _Connection(self._target, addresses, self._tls, deadline)
        try:
            connection.request("POST", self._target.path, body, headers)
            answer = connection.getresponse()
            return _Answer(answer.status, answer.getheader("Retry-After"))
        finally:
            connection.close()


@dataclass(frozen=True)
class _Answer:
    status: int
    retry_after: str | None


def sign(key: bytes, message: str, stamp: str, body: bytes) -> str:
    """Return one `v1` signature over `id.timestamp.body`."""
    digest = hmac.digest(key, f"{message}.{stamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()


def classify(status: int, retry_after: str | None, *, now: datetime) -> Outcome:
    """Say what an answer's status means."""
    if 200 <= status < 300:
        return Done(status=status)
    if status == 410:
        return Gone("address_gone", status)
    if status in NOT_ALLOWED_IN:
        return NotAllowedIn(NOT_ALLOWED_IN[status], status)
    if status in REFUSED:
        return Refused("parcel_refused", status)
    if status in NOT_NOW or status >= 500:
        return Retry("asked_to_wait" if status == 429 else "not_now", _wait(retry_after, now), status)
    return Unknown("redirected" if 300 <= status < 400 else "unexpected_status", status)


def _wait(retry_after: str | None, now: datetime) -> timedelta | None:
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


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or len(key) not in SECRET_BYTES:
        raise SecretInvalid("A webhook secret is `whsec_` and 24 to 64 bytes in base64.")
    return key


class _Deadline:
    """One limit for everything that follows, so that a drip of single bytes gains no time."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _TimedSocket(socket.socket):
    """A socket whose every wait ends at the deadline of the whole call, not a while after the last byte."""

    deadline: _Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(self.deadline.left())
        super().sendall(*args, **kwargs)


class _TimedTlsSocket(ssl.SSLSocket):
    """The same over TLS."""

    deadline: _Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().send(*args, **kwargs)


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were judged, for the host that the certificate must name."""

    def __init__(self, target: WebTarget, addresses: list[Address], tls: ssl.SSLContext, deadline: _Deadline) -> None:
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


def _resolve(target: WebTarget, deadline: _Deadline) -> list[Address]:
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
