"""The contract with a way out for mails: what a mail is, and what can come of sending it.

A way out turns a `Mail` into its own calls and the answer into one `Outcome`; it never raises for what the other side
did. Several workers may use it at once, and may send the same mail twice: its id is the same then.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Sender:
    """Who writes: the organisation's name, and the address that answers go to."""

    name: str
    address: str


@dataclass(frozen=True)
class Mail:
    """One mail to one person. Neither the address nor the text (it holds a token) is ever printed.

    `text` is all it says, also as HTML: a link has a line of its own in it.
    """

    id: str  # the same on every attempt: the receiving side may tell a repetition by it
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    locale: str
    stop_url: str | None = field(default=None, repr=False)  # stops what the mail is about, with one press (RFC 8058)


@dataclass(frozen=True)
class Sent:
    """The other side took it."""

    status: int | None = None


@dataclass(frozen=True)
class Retry:
    """Not now; or nobody knows whether it was taken."""

    reason: str
    status: int | None = None


@dataclass(frozen=True)
class Refused:
    """This mail can never pass; the next one may."""

    reason: str
    status: int | None = None


Outcome = Sent | Retry | Refused


class Mailer(Protocol):
    """One way out."""

    @property
    def name(self) -> str:
        """Return the name it is logged by."""

    def send(self, mail: Mail, *, now: datetime) -> Outcome:
        """Send one mail; answers within 10 s, whatever the other side does."""

    def held(self) -> set[str]:
        """Return the ids of mails that we ourselves still hold; nothing is held where they left us."""

    def remove(self, mail_ids: Collection[str]) -> None:
        """Remove what we ourselves still hold of these mails."""

    def clear(self, *, before: datetime) -> None:
        """Remove what we ourselves still hold of mails sent before a moment."""
