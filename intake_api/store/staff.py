"""Staff: who may review, and their open sessions. Sessions live here, so that they can be ended at once (SEC-04)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, ForeignKey, LargeBinary, String, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.password import normal_password
from intake_api.store.base import Moment, Table

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
SEEN_AGAIN = timedelta(minutes=1)  # how exactly `seen_at` is kept: a write for each page would be a write too many
_hasher = PasswordHasher()  # Argon2id with the library's defaults (RFC 9106, low-memory profile)
# The hash of nobody's password, by the same parameters: an unknown e-mail costs the same time as a known one.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$la8VUkyzkgeM7fkOvNDLCA$0fv29KVLBKCN6nNyTo8F40kj/mKTD/NLoBSXnomPoss"


class StaffRow(Table):
    """One reviewer. `one_time` is set while the password is the printed one; `spent_at` once it was used."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    one_time: Mapped[bool]
    spent_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    signed_in_at: Mapped[datetime | None] = mapped_column(Moment)


class SessionRow(Table):
    """One open sign-in; the cookie's token is kept as a digest only."""

    __tablename__ = "staff_sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), index=True)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class Reviewer:
    """A person of the staff. `one_time`: must choose a password before anything else."""

    id: str
    email: str
    one_time: bool


@dataclass(frozen=True)
class Account:
    """A person with what a password is checked against."""

    reviewer: Reviewer
    password_hash: str


@dataclass(frozen=True)
class OpenSession:
    """One open sign-in: who, and when they were last seen (to the minute)."""

    reviewer: Reviewer
    seen_at: datetime


_REVIEWER_COLUMNS = (StaffRow.id, StaffRow.email, StaffRow.one_time)


def new_one_time_password() -> str:
    """Draw a password to be printed once: 100 random bits in letters that are not misread."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def hash_password(password: str) -> str:
    """Return what is kept of a password. Slow on purpose: call it while no transaction is open."""
    return _hasher.hash(normal_password(password))


def password_matches(account: Account | None, password: str) -> bool:
    """Check a password, in the same time whether there is such an account or not. Slow on purpose, like the above."""
    try:
        _hasher.verify(account.password_hash if account else _NOBODY, normal_password(password))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return account is not None


def add_staff(tx: Connection, email: str, password_hash: str, *, one_time: bool, now: datetime) -> str:
    """Add a person; return the id."""
    staff_id = secrets.token_hex(16)
    values = {"id": staff_id, "email": normal_email(email), "password_hash": password_hash, "one_time": one_time}
    tx.execute(insert(StaffRow).values(**values, created_at=now))
    return staff_id


def count_staff(tx: Connection) -> int:
    """Return how many staff accounts there are."""
    return tx.scalar(select(func.count()).select_from(StaffRow)) or 0


def find_never_signed_in(tx: Connection) -> Reviewer | None:
    """Return the oldest account if nobody has ever signed in and chosen a password, else None."""
    if tx.scalar(select(StaffRow.id).where(StaffRow.signed_in_at.is_not(None)).limit(1)):
        return None
    row = tx.execute(select(*_REVIEWER_COLUMNS).order_by(StaffRow.created_at).limit(1)).one_or_none()
    return None if row is None else Reviewer(**row._mapping)


def find_account(tx: Connection, email: str) -> Account | None:
    """Return the account of an e-mail, in any case of letters."""
    columns = (*_REVIEWER_COLUMNS, StaffRow.password_hash)
    row = tx.execute(select(*columns).where(StaffRow.email == normal_email(email))).one_or_none()
    if row is None:
        return None
    return Account(Reviewer(row.id, row.email, row.one_time), row.password_hash)


def find_reviewer(tx: Connection, staff_id: str) -> Reviewer | None:
    """Return a person by id."""
    row = tx.execute(select(*_REVIEWER_COLUMNS).where(StaffRow.id == staff_id)).one_or_none()
    return None if row is None else Reviewer(**row._mapping)


def set_email(tx: Connection, staff_id: str, email: str) -> None:
    """Give a person another e-mail."""
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(email=normal_email(email)))


def set_password(tx: Connection, staff_id: str, password_hash: str, *, one_time: bool) -> None:
    """Give a person another password and end all their sessions (SEC-04)."""
    values = {"password_hash": password_hash, "one_time": one_time, "spent_at": None}
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(**values))
    tx.execute(delete(SessionRow).where(SessionRow.staff_id == staff_id))


def claim_sign_in(tx: Connection, account: Account, *, now: datetime) -> bool:
    """Hold an account whose password was just checked; False when it changed since, or its one-time password is spent.

    Of two sign-ins with the same one-time password one gets True.
    """
    values: dict[str, datetime] = {"spent_at": now} if account.reviewer.one_time else {"signed_in_at": now}
    same = (StaffRow.id == account.reviewer.id) & (StaffRow.password_hash == account.password_hash)
    return tx.execute(update(StaffRow).where(same, StaffRow.spent_at.is_(None)).values(**values)).rowcount == 1


def claim_choice(tx: Connection, account: Account) -> bool:
    """Hold an account that is about to choose its password; False when the printed one is no longer the one it had."""
    same = (StaffRow.id == account.reviewer.id) & (StaffRow.password_hash == account.password_hash)
    return tx.execute(update(StaffRow).where(same, StaffRow.one_time).values(one_time=True)).rowcount == 1


def mark_signed_in(tx: Connection, staff_id: str, *, now: datetime) -> None:
    """Record that a person signed in and has a password of their own."""
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(signed_in_at=now))


def open_session(tx: Connection, staff_id: str, *, now: datetime) -> str:
    """Open a session and return its token: 256 random bits, given to the browser once and never kept."""
    token = secrets.token_urlsafe(32)
    tx.execute(insert(SessionRow).values(digest=_digest(token), staff_id=staff_id, opened_at=now, seen_at=now))
    return token


def find_session(tx: Connection, token: str, *, now: datetime) -> OpenSession | None:
    """Return the session of this token, unless it was idle or open too long."""
    query = (
        select(*_REVIEWER_COLUMNS, SessionRow.seen_at)
        .join(SessionRow, SessionRow.staff_id == StaffRow.id)
        .where(
            SessionRow.digest == _digest(token),
            SessionRow.seen_at > now - IDLE,
            SessionRow.opened_at > now - ABSOLUTE,
        )
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else OpenSession(Reviewer(row.id, row.email, row.one_time), row.seen_at)


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


def normal_email(email: str) -> str:
    """Return an e-mail as accounts are found by."""
    return email.strip().casefold()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
