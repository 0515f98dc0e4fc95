"""Staff: who may review, and their open sessions. Sessions live here, so that they can be ended at once (SEC-04)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, ForeignKey, LargeBinary, String, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
_hasher = PasswordHasher()  # Argon2id with the library's defaults (RFC 9106, low-memory profile)


class StaffRow(Table):
    """One reviewer. `one_time` is set while the password is the printed one, good for one sign-in."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    one_time: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    signed_in_at: Mapped[datetime | None] = mapped_column(Moment)


class SessionRow(Table):
    """One open sign-in; the cookie's token is kept as a digest only."""

    __tablename__ = "staff_sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class Reviewer:
    """A signed-in person."""

    id: str
    email: str
    one_time: bool


def add_staff(tx: Connection, email: str, password: str, *, one_time: bool, now: datetime) -> str:
    """Add a person; return the id."""
    staff_id = secrets.token_hex(16)
    values = {"id": staff_id, "email": email, "password_hash": _hasher.hash(password), "one_time": one_time}
    tx.execute(insert(StaffRow).values(**values, created_at=now))
    return staff_id


def count_staff(tx: Connection) -> int:
    """Return how many staff accounts there are."""
    return tx.scalar(select(func.count()).select_from(StaffRow)) or 0


def find_never_signed_in(tx: Connection) -> str | None:
    """Return the e-mail of the oldest account if nobody has ever signed in at all, else None."""
    if tx.scalar(select(StaffRow.id).where(StaffRow.signed_in_at.is_not(None)).limit(1)):
        return None
    email: str | None = tx.scalar(select(StaffRow.email).order_by(StaffRow.created_at).limit(1))
    return email


def set_password(tx: Connection, email: str, password: str, *, one_time: bool) -> bool:
    """Give a person another password and end all their sessions; False when there is no such person."""
    staff_id = tx.scalar(select(StaffRow.id).where(StaffRow.email == email))
    if staff_id is None:
        return False
    values = {"password_hash": _hasher.hash(password), "one_time": one_time}
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(**values))
    tx.execute(delete(SessionRow).where(SessionRow.staff_id == staff_id))
    return True


def find_by_password(tx: Connection, email: str, password: str) -> Reviewer | None:
    """Return the person with this e-mail and password, in the same time whether the e-mail is known or not."""
    columns = (StaffRow.id, StaffRow.email, StaffRow.one_time, StaffRow.password_hash)
    row = tx.execute(select(*columns).where(StaffRow.email == email)).one_or_none()
    try:
        _hasher.verify(row.password_hash if row else _hasher.hash("nobody"), password)
    except (VerifyMismatchError, InvalidHashError):
        return None
    return Reviewer(row.id, row.email, row.one_time) if row else None


def open_session(tx: Connection, reviewer: Reviewer, *, now: datetime) -> str:
    """Open a session and return its token: 256 random bits, given to the browser once and never kept."""
    token = secrets.token_urlsafe(32)
    tx.execute(insert(SessionRow).values(digest=_digest(token), staff_id=reviewer.id, opened_at=now, seen_at=now))
    tx.execute(update(StaffRow).where(StaffRow.id == reviewer.id).values(signed_in_at=now))
    return token


def find_session(tx: Connection, token: str, *, now: datetime) -> Reviewer | None:
    """Return who is signed in with this token, unless the session was idle or open too long."""
    query = (
        select(StaffRow.id, StaffRow.email, StaffRow.one_time)
        .join(SessionRow, SessionRow.staff_id == StaffRow.id)
        .where(
            SessionRow.digest == _digest(token),
            SessionRow.seen_at > now - IDLE,
            SessionRow.opened_at > now - ABSOLUTE,
        )
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else Reviewer(**row._mapping)


def mark_seen(tx: Connection, token: str, *, now: datetime) -> None:
    """Keep a session from going idle."""
    tx.execute(update(SessionRow).where(SessionRow.digest == _digest(token)).values(seen_at=now))


def close_session(tx: Connection, token: str) -> None:
    """End a session: its cookie is worth nothing from now on."""
    tx.execute(delete(SessionRow).where(SessionRow.digest == _digest(token)))


def remove_old_sessions(tx: Connection, *, now: datetime) -> int:
    """Delete sessions that have ended by time; return how many."""
    return tx.execute(
        delete(SessionRow).where((SessionRow.seen_at <= now - IDLE) | (SessionRow.opened_at <= now - ABSOLUTE))
    ).rowcount


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
