"""Writes a mail as a message of RFC 5322. No value can become a header of its own or a second recipient (SEC-20)."""

from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Literal

from intake_api.mail.html_part import html_part
from intake_api.mail.port import Mail, Sender

UNSUBSCRIBE = "List-Unsubscribe"


class MailInvalid(Exception):
    """A mail cannot be written: its address is not exactly one address, or a line has no end where one must be."""

    code = "mail_invalid"


class _Policy(EmailPolicy):
    """Folds every header but the one with a long address: it would come out as encoded words, which is no address."""

    def fold(self, name: str, value: Any) -> str:
        """Write one header as text."""
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Write one header as bytes."""
        return self._whole(name, value).encode("ascii") or super().fold_binary(name, value)

    def _whole(self, name: str, value: object) -> str:
        return f"{name}: {value}{self.linesep}" if name == UNSUBSCRIBE else ""


SMTP = _Policy(linesep="\r\n")
SMTPUTF8 = SMTP.clone(utf8=True)


def write_message(
    mail: Mail, sender: Sender, *, now: datetime, encoding: Literal["quoted-printable", "8bit"] = "quoted-printable"
) -> EmailMessage:
    """Return the message: plain and as HTML, with one recipient and a header that keeps programs from answering it.

    :param encoding: what any mail server carries, or what can be read with the bare eye.

    :raises MailInvalid: the values do not fit into a message.
    """
    message = EmailMessage(policy=SMTP if mail.to.isascii() else SMTPUTF8)
    try:
        message["From"] = Address(sender.name, addr_spec=sender.address)
        message["To"] = one_address(mail.to)
        message["Subject"] = mail.subject
    except ValueError:
        raise MailInvalid("A mail needs one address and a subject of one line.") from None
    message["Date"] = now
    message["Message-ID"] = f"<{mail.id}@{domain_of(sender.address)}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.stop_url:
        message[UNSUBSCRIBE] = f"<{mail.stop_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte=encoding)
    message.add_alternative(html_part(mail), subtype="html", cte=encoding)
    message["Content-Language"] = mail.locale
    return message


def one_address(text: str) -> Address:
    """Read exactly one bare address; letters beyond ASCII are fine.

    :raises ValueError: it is none, or more than that.
    """
    plain = "".join(letter if letter.isascii() else "x" for letter in text)  # the parser takes ASCII only
    try:
        is_one = Address(addr_spec=plain).addr_spec == plain
    except (ValueError, IndexError, HeaderParseError):
        is_one = False
    local, _, domain = text.rpartition("@")
    if not is_one or not local or not domain or '"' in local or not text.isprintable():
        raise ValueError("not one address")
    return Address(username=local, domain=domain)


def domain_of(address: str) -> str:
    """Return the part of an address after the @."""
    return address.rpartition("@")[2]
