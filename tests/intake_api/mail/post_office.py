"""A real SMTP server on loopback that keeps what it got and answers as it is told."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from tests.intake_api.mail.parts import text_of
from tests.ports import free_port

REMOTE_TEXT = "REMOTE-TEXT-NOT-TO-BE-SHOWN"


@dataclass(frozen=True)
class Taken:
    """One mail with its envelope."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        return text_of(self.message)


@dataclass
class PostOffice:
    """The server's notebook and how it answers: by verb, such as `{"RCPT": 550}`; it takes what is not named."""

    port: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    hangs: bool = False
    taken: list[Taken] = field(default_factory=list)
    seen: list[Taken] = field(default_factory=list)  # also what it did not acknowledge
    logins: list[str] = field(default_factory=list)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    async def handle_MAIL(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self._answer("MAIL")

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self._answer("RCPT")

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        mail = Taken(envelope.mail_from or "", list(envelope.rcpt_tos), message)
        self.seen.append(mail)
        if self.hangs:
            await self.stopped.wait()
        elif "DATA" not in self.answers:
            self.taken.append(mail)
        return self._answer("DATA")

    async def handle_QUIT(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self._answer("QUIT", 221)

    def authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(f"{data.login.decode()}:{data.password.decode()}")
        return AuthResult(success="AUTH" not in self.answers, handled=False)

    def _answer(self, verb: str, good: int = 250) -> str:
        return f"{self.answers.get(verb, good)} {REMOTE_TEXT}"


@contextmanager
def post_office(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False
) -> Iterator[PostOffice]:
    """Run a post office on a free loopback port; with `tls` it offers STARTTLS, or speaks TLS from the first byte."""
    office = PostOffice(free_port())
    options: dict[str, Any] = {"ssl_context": tls} if implicit else {"tls_context": tls}
    if login:
        options |= {"authenticator": office.authenticate, "auth_required": True, "auth_require_tls": tls is not None}
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.loop.call_soon_threadsafe(office.stopped.set)
        controller.stop()


@contextmanager
def speaking(*lines: bytes, drips: bool = False) -> Iterator[int]:
    """Run a server that says these lines to whoever comes, then nothing; with `drips` a byte now and then for ever."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def serve() -> None:
            while not stopped.is_set():
                try:
                    line, _ = listening.accept()
                except TimeoutError:
                    continue
                with line:
                    line.sendall(b"".join(lines))
                    while not stopped.wait(0.05):
                        try:
                            line.sendall(b"2" if drips else b"")
                        except OSError:
                            break

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stopped.set()
            thread.join()
