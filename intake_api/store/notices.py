"""Every notice that was ever shown, as the very bytes that hash to its name (V-01, V-03)."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, LargeBinary, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.found import as_found

PUBLISHED = ("notice.kept", "notice.published")  # kinds of entries; the first by versions that knew no publishing


class NoticeRow(Table):
    """One notice in one language. Never updated: another text has another hash."""

    __tablename__ = "notices"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    form: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    kept_since: Mapped[datetime] = mapped_column(Moment)


class NoticeUnknown(Exception):
    """No notice has this hash."""

    code = "notice_unknown"


class NoticeAltered(Exception):
    """The stored bytes of a notice do not hash to its name any more (V-04)."""

    code = "notice_altered"


_ROWS = Adder(NoticeRow)
_KNOWN = select(NoticeRow.hash).where(NoticeRow.hash == bindparam("hash"))


def add_notice(
    tx: Connection, *, notice_hash: str, form: str, locale: str, version: int, body: bytes, now: datetime
) -> bool:
    """Keep a notice; return False when it is already kept."""
    if tx.scalar(_KNOWN, {"hash": notice_hash}):
        return False
    row = {"hash": notice_hash, "form": form, "locale": locale, "version": version, "body": body, "kept_since": now}
    _ROWS.add(tx, row)
    return True


def get_notice_body(tx: Connection, notice_hash: str) -> bytes:
    """Return the canonical bytes of a notice.

    :raises NoticeUnknown: no such notice.
    :raises NoticeAltered: the bytes were changed in the database.
    """
    body: bytes | None = tx.scalar(select(NoticeRow.body).where(NoticeRow.hash == notice_hash))
    if body is None:
        raise NoticeUnknown("No notice has this hash.")
    if hashlib.sha256(body).hexdigest() != notice_hash:
        raise NoticeAltered(f"The notice {notice_hash} was changed in the database.")
    return body


def altered_notices(tx: Connection) -> list[str]:
    """Return the hashes of all kept notices whose bytes were changed."""
    rows = tx.execute(select(*as_found(NoticeRow, ("hash", "body"))))
    return [row.hash for row in rows if hashlib.sha256(row.body).hexdigest() != row.hash]


def kept_notices(tx: Connection) -> set[str]:
    """Return the hashes of all kept notices."""
    return set(tx.scalars(select(NoticeRow.hash)))
