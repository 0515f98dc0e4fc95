"""The way out over SMTP: one conversation a mail, one recipient, ten seconds for everything.

Nothing the other side says is read beyond its three digits. `docs/mail.md` has the table of answers.
"""

import queue
import smtplib
import socket
import ssl
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from intake_api.mail.message import MailInvalid, domain_of, write_message
from intake_api.mail.port import Mail, Outcome, Refused, Retry, Sender, Sent
from intake_api.settings import SettingsError

TIME_LIMIT = 10.0  # seconds for everything: name, connection, TLS, signing in, the mail
Tls = Literal["starttls", "implicit", "none"]
PORTS: dict[Tls, int] = {"starttls": 587, "implicit": 465, "none": 25}


@dataclass(frozen=True)
class SmtpServer:
    """A mail server and how to talk to it."""

    host: str
    port: int
    tls: Tls
    user: str = field(repr=False)
    password: str = field(repr=False)


class SmtpMailer:
    """Hands mails to one mail server."""

    name = "smtp"

    def __init__(
        self,
        server: SmtpServer,
        sender: Sender,
        *,
        trust: ssl.SSLContext | None = None,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        """Prepare; nothing is called yet.

        `trust` replaces the machine's certificate authorities; certificate and host name are always checked.
        `time_limit` is in seconds and holds for one whole mail.
        """
        self._server = server
        self._sender = sender
        self._time_limit = time_limit
        self._trust = trust or ssl.create_default_context()
        self._trust.minimum_version = ssl.TLSVersion.TLSv1_2
        self._trust.check_hostname, self._trust.verify_mode = True, ssl.CERT_REQUIRED

    def send(self, mail: Mail, *, now: datetime) -> Outcome:
        """Send one mail. After the limit the connection is cut and the mail counts as not taken."""
        try:
            message = write_message(mail, self._sender, now=now)
        except MailInvalid:
            return Refused("not_writable")
        talk = _Talk(self._server, self._trust, domain_of(self._sender.address), self._time_limit)
        answer: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        # A name that is looked up and a server that drips know no limit of their own, so they get a thread to hang in.
        talking = threading.Thread(
            target=lambda: answer.put(talk.send(message, self._sender.address, mail.to)), name="smtp", daemon=True
        )
        talking.start()
        try:
            return answer.get(timeout=self._time_limit)
        except queue.Empty:
            talk.cut()
            return Retry("too_slow")

    def held(self) -> set[str]:
        """Nothing is held here."""
        return set()

    def remove(self, mail_ids: Collection[str]) -> None:
        """Nothing is held here."""

    def clear(self, *, before: datetime) -> None:
        """Nothing is held here."""


def read_server(url: str) -> SmtpServer:
    """Read `smtp://user:password@host:port?tls=starttls|implicit|none`; user, password, port and tls may be left out.

    :raises SettingsError: one sentence that shows nothing of the address.
    """
    try:
        server = _read(urlsplit(url))
    except ValueError:
        raise SettingsError(
            "VESTIBULE_SMTP_URL is not an address of a mail server; "
            "write it like smtp://user:password@mail.company.example:587?tls=starttls."
        ) from None
    if server.password and server.tls == "none" and not _is_loopback(server.host):
        raise SettingsError("VESTIBULE_SMTP_URL would send its password unprotected; write tls=starttls or implicit.")
    return server


def _read(parts: SplitResult) -> SmtpServer:
    asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
    (name,) = asked.pop("tls", ["starttls"])
    (tls,) = [one for one in PORTS if one == name]
    if asked or parts.scheme != "smtp" or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise ValueError("not a mail server")
    port = parts.port or PORTS[tls]
    return SmtpServer(parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""))


class _Talk:
    """One conversation with the server; `cut` ends it from outside."""

    def __init__(self, server: SmtpServer, trust: ssl.SSLContext, our_name: str, time_limit: float) -> None:
        self._server = server
        self._trust = trust
        self._is_cut = threading.Event()
        kind = _ImplicitTls if server.tls == "implicit" else _Smtp
        self._smtp = kind(self._is_cut, trust, our_name, time_limit)

    def send(self, message: EmailMessage, sender: str, to: str) -> Outcome:
        """Hold the conversation and say what came of it."""
        try:
            self._begin()
            self._smtp.send_message(message, sender, [to])
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return classify(error)
        else:
            with suppress(OSError, smtplib.SMTPException):  # it is taken; how they part does not matter
                self._smtp.quit()
            return Sent(250)
        finally:
            self._smtp.close()

    def cut(self) -> None:
        self._is_cut.set()
        line = self._smtp.sock
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def _begin(self) -> None:
        code, _ = self._smtp.connect(self._server.host, self._server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, b"")
        if self._server.tls == "starttls":
            code, _ = self._smtp.starttls(context=self._trust)
            if code != 220:
                raise smtplib.SMTPNotSupportedError
        if self._server.user:
            self._smtp.login(self._server.user, self._server.password)


class _Smtp(smtplib.SMTP):
    """A client that speaks under our own name and does not begin anything once it was cut."""

    def __init__(self, is_cut: threading.Event, trust: ssl.SSLContext, our_name: str, time_limit: float) -> None:
        self._is_cut = is_cut
        self._trust = trust
        super().__init__(local_hostname=our_name, timeout=time_limit)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host  # the name that the certificate must have
        line = socket.create_connection((host, port), timeout)
        if self._is_cut.is_set():
            line.close()
            raise TimeoutError
        return line


class _ImplicitTls(_Smtp):
    """The same, with TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return self._trust.wrap_socket(plain, server_hostname=host)


def classify(error: Exception) -> Outcome:
    """Say what a conversation that did not end well means. Only what concerns this one mail refuses it for good."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code = next((code for code, _ in error.recipients.values()), 0)
            return Refused("address_refused", code) if code >= 500 else Retry("not_now", code)
        case smtplib.SMTPDataError():
            return Refused("mail_refused", error.smtp_code) if error.smtp_code >= 500 else _not_now(error)
        case smtplib.SMTPAuthenticationError():
            return Retry("login_refused", error.smtp_code)
        case smtplib.SMTPSenderRefused():
            return Retry("sender_refused", error.smtp_code) if error.smtp_code >= 500 else _not_now(error)
        case smtplib.SMTPServerDisconnected():  # smtplib also calls it so when the line's own limit was over
            return Retry("too_slow" if isinstance(error.__context__, TimeoutError) else "hung_up")
        case smtplib.SMTPResponseException():
            return _not_now(error)
        case smtplib.SMTPNotSupportedError():
            return Retry("not_supported")
    return _unreachable(error)


def _not_now(error: smtplib.SMTPResponseException) -> Retry:
    return Retry("not_now", error.smtp_code)


def _unreachable(error: Exception) -> Outcome:
    match error:
        case ssl.SSLCertVerificationError():
            return Retry("certificate_not_trusted")
        case ssl.SSLError():
            return Retry("tls_failed")
        case TimeoutError():
            return Retry("too_slow")
        case socket.gaierror():
            return Retry("name_not_found")
        case OSError():
            return Retry("not_reachable")
    return Retry("not_smtp")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
