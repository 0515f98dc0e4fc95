"""One showing of one notice to one visitor: what was shown, where, when; good for one answer (C-06).

What was shown travels with the form as a signed id, so that a form nobody answers leaves nothing behind and costs the
database nothing. The row is written with the answer, and its key is what makes a showing good for one only.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, String, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table

LASTS = timedelta(minutes=30)
SIGNED_ID_LENGTH = 160
PROOF = "p"
STAFF = "staff"  # the channel of a form that staff fill in for somebody; no visitor's door shows it
_MAC_BYTES = 16


class Outcome(StrEnum):
    """What the visitor answered."""

    SUBMITTED = "submitted"  # sent the form
    REFUSED = "refused"  # said no


class PresentationRow(Table):
    """An answered presentation. It holds nothing of the person: a random id, no address, no agent (M-06)."""

    __tablename__ = "presentations"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    form: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    notice_hash: Mapped[str] = mapped_column(String(64))
    shown_at: Mapped[datetime] = mapped_column(Moment)
    outcome: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime] = mapped_column(Moment)
    lead_id: Mapped[str | None] = mapped_column(String(32))  # what was sent on it


_ROWS = Adder(PresentationRow)


class PresentationUnknown(Exception):
    """This id was not given out here, or for another form."""

    code = "presentation_unknown"


@dataclass(frozen=True)
class Presentation:
    """One showing of one notice."""

    id: str
    form: str
    locale: str
    channel: str
    notice_hash: str
    shown_at: datetime
    asks_proof: bool = False  # whether its form came with a proof of work to solve; not kept

    @property
    def expires_at(self) -> datetime:
        """The moment from which the notice must be shown again."""
        return self.shown_at + LASTS


@dataclass(frozen=True)
class Answered:
    """What became of a presentation, and the lead that was sent on it."""

    outcome: Outcome
    lead_id: str | None


def new_presentation(
    form: str, locale: str, channel: str, notice_hash: str, *, asks_proof: bool = False, now: datetime
) -> Presentation:
    """Make a showing under a random id."""
    whole_milliseconds = now.replace(microsecond=now.microsecond // 1000 * 1000)
    shown_id = secrets.token_urlsafe(12)
    return Presentation(shown_id, form, locale, channel, notice_hash, whole_milliseconds, asks_proof)


def sign_presentation(token_key: bytes, shown: Presentation) -> str:
    """Return the id that a visitor hands in again: what was shown, in ASCII without spaces, and its MAC."""
    milliseconds = round(shown.shown_at.timestamp() * 1000)
    text = f"{shown.id}.{milliseconds}.{shown.locale}.{shown.channel}.{shown.notice_hash}"
    text += f".{PROOF}" if shown.asks_proof else ""
    return f"{text}.{_mac(token_key, shown.form, text)}"


def read_presentation(token_key: bytes, signed_id: str, *, form: str) -> Presentation:
    """Return what was shown under a signed id of this form; nothing but our own signature is believed.

    :raises PresentationUnknown: not signed here, altered, or of another form.
    """
    text, _, mac = signed_id.rpartition(".")
    if not hmac.compare_digest(mac.encode(), _mac(token_key, form, text).encode()):
        raise PresentationUnknown("This form was not opened here.")
    presentation_id, milliseconds, locale, channel, notice_hash, *more = text.split(".")
    shown_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return Presentation(presentation_id, form, locale, channel, notice_hash, shown_at, more == [PROOF])


def add_answered(
    tx: Connection, shown: Presentation, outcome: Outcome, *, lead_id: str | None = None, now: datetime
) -> None:
    """Write down that a presentation was answered; the database lets this happen once for each."""
    _ROWS.add(tx, {**vars(shown), "outcome": outcome.value, "decided_at": now, "lead_id": lead_id})


def find_answered(tx: Connection, presentation_id: str) -> Answered | None:
    """Return what was answered on a presentation, if anything was."""
    query = select(PresentationRow.outcome, PresentationRow.lead_id).where(PresentationRow.id == presentation_id)
    row = tx.execute(query).one_or_none()
    return row and Answered(Outcome(row.outcome), row.lead_id)


def _mac(token_key: bytes, form: str, text: str) -> str:
    digest = hmac.digest(token_key, f"presentation|{form}|{text}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_MAC_BYTES]).rstrip(b"=").decode()
