"""Links that go out by mail, each good for one thing.

A token is derived from the id of what it opens, so that the same mail can be sent again, and names it, so that no index
is needed to find it; only a digest is kept (SEC-45).
"""

import base64
import hashlib
import hmac

from sqlalchemy import Connection, LargeBinary, select, text
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import table_of
from intake_api.store.mails import MailRow
from intake_api.store.turns import W, WorkKind

TOKEN_BYTES = 24


class MailedLinkRow(MailRow):
    """The row of what a link opens."""

    __abstract__ = True

    token_digest: Mapped[bytes] = mapped_column(LargeBinary)


def derive_token(token_key: bytes, use: str, link_id: str) -> str:
    """Derive the token of a link: the id of what it opens, and 192 bits that open this, for this use, and no more."""
    derived = hmac.digest(token_key, f"{use}|{link_id}".encode(), "sha256")[:TOKEN_BYTES]
    return f"{link_id}-{base64.urlsafe_b64encode(derived).decode()}"


def stop_token(token_key: bytes, lead_id: str, purpose: str) -> str:
    """Derive the token that stops a purpose of a lead, as long as the lead is known. It is kept nowhere."""
    return derive_token(token_key, f"stop|{purpose}", lead_id)


def stop_url(public_url: str, token_key: bytes, lead_id: str, purpose: str) -> str:
    """Return the link that stops a purpose of a lead (RFC 8058)."""
    return f"{public_url}/u/{stop_token(token_key, lead_id, purpose)}"


def digest(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def find_by_token(tx: Connection, kind: WorkKind[W], token: str, *, hold: bool) -> W | None:
    """Return what a token opens; with `hold` nobody else changes it until the transaction ends."""
    kept = table_of(kind.row).c.token_digest
    query = select(kept, *kind.columns).where(kind.row.id == token.partition("-")[0])
    found = tx.execute(query.with_for_update() if hold else query).one_or_none()
    if found is None or not hmac.compare_digest(found.token_digest, digest(token)):
        return None
    return kind.read(found)


def hold_address(tx: Connection, address: bytes) -> None:
    """Let two workers that look at the same address take turns, so that not both find it free.

    :param address: its blind index.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int.from_bytes(address, "big", signed=True)})
