"""Staff: who may review, and their open sessions. Sessions live here, so that they can be ended at once (SEC-04)."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    ForeignKey,
    LargeBinary,
    String,
    cast,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.password import normal_password
from intake_api.rules.staff_roles import Role
from intake_api.store.base import Moment, Table

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
WAITS_FOR = timedelta(minutes=10)  # a sign-in, for its second factor
SEEN_AGAIN = timedelta(minutes=1)  # how exactly `seen_at` is kept: a write for each page would be a write too many
_hasher = PasswordHasher()  # Argon2id with the library's defaults (RFC 9106, low-memory profile)
# The hash of nobody's password, by the same parameters: an unknown e-mail costs the same time as a known one.
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$la8VUkyzkgeM7fkOvNDLCA$0fv29KVLBKCN6nNyTo8F40kj/mKTD/NLoBSXnomPoss"


class StaffRow(Table):
    """One reviewer. `one_time` is set while the password is the printed one; `spent_at` once it was used."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]] = mapped_column(JSON)
    one_time: Mapped[bool]
    spent_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    signed_in_at: Mapped[datetime | None] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    language: Mapped[str | None] = mapped_column(String(8))


class SessionRow(Table):
    """One open sign-in; the cookie's token is kept as a digest only."""

    __tablename__ = "staff_sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), index=True)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    waits: Mapped[bool]  # the password was right; until a code is typed, it opens nothing
    factor_at: Mapped[datetime | None] = mapped_column(Moment)
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary)  # for a passkey to sign, once
    challenge_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Reviewer:
    """A person of the staff. `one_time`: must choose a password before anything else. `language`: if they chose one."""

    id: str
    email: str
    roles: frozenset[Role]
    one_time: bool
    language: str | None


@dataclass(frozen=True)
class Person:
    """A person as an administrator sees them: when they last signed in, and since when the account is switched off."""

    reviewer: Reviewer
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None
    sessions: int


@dataclass(frozen=True)
class SessionSeen:
    """An open session as its owner sees it. `id` names it and opens nothing."""

    id: str
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Account:
    """A person with what a password is checked against."""

    reviewer: Reviewer
    password_hash: str


@dataclass(frozen=True)
class OpenSession:
    """One open sign-in: who, when they were last seen (to the minute), and when they last showed a second factor."""

    reviewer: Reviewer
    opened_at: datetime
    seen_at: datetime
    factor_at: datetime | None
    waits: bool


_REVIEWER_COLUMNS = (StaffRow.id, StaffRow.email, StaffRow.roles, StaffRow.one_time, StaffRow.language)
_PERSON_COLUMNS = (*_REVIEWER_COLUMNS, StaffRow.created_at, StaffRow.signed_in_at, StaffRow.disabled_at)


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
        _hasher.verify(account.password_hash if account else NOBODYS, normal_password(password))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return account is not None


def add_staff(
    tx: Connection,
    email: str,
    password_hash: str,
    *,
    one_time: bool,
    roles: Collection[Role] = (Role.REVIEWER,),
    now: datetime,
) -> str:
    """Add a person; return the id."""
    staff_id = secrets.token_hex(16)
    values = {"id": staff_id, "email": normal_email(email), "password_hash": password_hash, "one_time": one_time}
    tx.execute(insert(StaffRow).values(**values, roles=sorted(roles), created_at=now))
    return staff_id


def count_staff(tx: Connection) -> int:
    """Return how many staff accounts there are."""
    return tx.scalar(select(func.count()).select_from(StaffRow)) or 0


def find_never_signed_in(tx: Connection) -> Reviewer | None:
    """Return the oldest account if nobody has ever signed in and chosen a password, else None."""
    if tx.scalar(select(StaffRow.id).where(StaffRow.signed_in_at.is_not(None)).limit(1)):
        return None
    row = tx.execute(select(*_REVIEWER_COLUMNS).order_by(StaffRow.created_at).limit(1)).one_or_none()
    return None if row is None else _reviewer(row)


def list_staff(tx: Connection) -> list[Reviewer]:
    """Return everybody, by their e-mail."""
    return [_reviewer(row) for row in tx.execute(select(*_REVIEWER_COLUMNS).order_by(StaffRow.email))]


def list_who_may(tx: Connection, roles: Collection[Role]) -> list[Reviewer]:
    """Return who has one of these roles and is not switched off, by their e-mail."""
    named = or_(
        false(), *(cast(StaffRow.roles, String).contains(f'"{role.value}"', autoescape=True) for role in sorted(roles))
    )
    query = select(*_REVIEWER_COLUMNS).where(StaffRow.disabled_at.is_(None), named).order_by(StaffRow.email)
    return [_reviewer(row) for row in tx.execute(query)]


def list_people(tx: Connection, *, now: datetime) -> list[Person]:
    """Return everybody, by their e-mail, with how many sessions of theirs are open."""
    alive = SessionRow.seen_at > now - IDLE, SessionRow.opened_at > now - ABSOLUTE, SessionRow.waits.is_(False)
    opened = select(SessionRow.staff_id, func.count().label("sessions")).where(*alive).group_by(SessionRow.staff_id)
    counts = {row.staff_id: row.sessions for row in tx.execute(opened)}
    return [
        _person(row, counts.get(row.id, 0)) for row in tx.execute(select(*_PERSON_COLUMNS).order_by(StaffRow.email))
    ]


def find_person(tx: Connection, staff_id: str, *, hold: bool = True) -> Person | None:
    """Return a person by id, and hold them until the transaction ends unless told not to. Sessions are not counted."""
    query = select(*_PERSON_COLUMNS).where(StaffRow.id == staff_id)
    row = tx.execute(query.with_for_update() if hold else query).one_or_none()
    return None if row is None else _person(row, 0)


def is_expected(tx: Connection, staff_id: str) -> bool:
    """Say whether a person was let in and has not come yet."""
    waits = StaffRow.signed_in_at.is_(None), StaffRow.disabled_at.is_(None)
    return tx.scalar(select(StaffRow.id).where(StaffRow.id == staff_id, *waits)) is not None


def hold_administrators(tx: Connection) -> None:
    """Let those who change administrators take turns."""
    tx.execute(select(StaffRow.id).order_by(StaffRow.id).with_for_update()).all()


def count_administrators(tx: Connection) -> int:
    """Return how many can let people in, whether they have come yet or not."""
    switched_on = tx.scalars(select(StaffRow.roles).where(StaffRow.disabled_at.is_(None)))
    return sum(Role.ADMINISTRATOR in roles for roles in switched_on)


def find_account(tx: Connection, email: str) -> Account | None:
    """Return the account of an e-mail, in any case of letters."""
    columns = (*_REVIEWER_COLUMNS, StaffRow.password_hash)
    row = tx.execute(select(*columns).where(StaffRow.email == normal_email(email))).one_or_none()
    if row is None:
        return None
    return Account(_reviewer(row), row.password_hash)


def find_reviewer(tx: Connection, staff_id: str) -> Reviewer | None:
    """Return a person by id."""
    row = tx.execute(select(*_REVIEWER_COLUMNS).where(StaffRow.id == staff_id)).one_or_none()
    return None if row is None else _reviewer(row)


def set_email(tx: Connection, staff_id: str, email: str) -> None:
    """Give a person another e-mail."""
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(email=normal_email(email)))


def set_roles(tx: Connection, staff_id: str, roles: Collection[Role]) -> None:
    """Give a person other roles; they hold from the next request on (SEC-09)."""
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(roles=sorted(roles)))


def set_language(tx: Connection, staff_id: str, language: str) -> None:
    """Speak to a person in another language from the next request on."""
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(language=language))


def set_disabled(tx: Connection, staff_id: str, since: datetime | None) -> None:
    """Switch an account off, or on again."""
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(disabled_at=since))


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
    may_enter = StaffRow.spent_at.is_(None), StaffRow.disabled_at.is_(None)
    return tx.execute(update(StaffRow).where(same, *may_enter).values(**values)).rowcount == 1


def claim_choice(tx: Connection, account: Account) -> bool:
    """Hold an account that is about to choose its password; False when the printed one is no longer the one it had."""
    same = (StaffRow.id == account.reviewer.id) & (StaffRow.password_hash == account.password_hash)
    return tx.execute(update(StaffRow).where(same, StaffRow.one_time).values(one_time=True)).rowcount == 1


def mark_signed_in(tx: Connection, staff_id: str, *, now: datetime) -> None:
    """Record that a person signed in and has a password of their own."""
    tx.execute(update(StaffRow).where(StaffRow.id == staff_id).values(signed_in_at=now))


def open_session(
    tx: Connection,
    staff_id: str,
    *,
    waits: bool = False,
    factor_at: datetime | None = None,
    opened_at: datetime | None = None,
    now: datetime,
) -> str:
    """Open a session and return its token: 256 random bits, given to the browser once and never kept.

    :param waits: for a second factor; until then it is none.
    :param opened_at: of the session whose place it takes, so that it ends when that one would.
    """
    token = secrets.token_urlsafe(32)
    values = {"staff_id": staff_id, "opened_at": opened_at or now, "seen_at": now}
    tx.execute(insert(SessionRow).values(digest=token_digest(token), waits=waits, factor_at=factor_at, **values))
    return token


def find_session(tx: Connection, token: str, *, now: datetime) -> OpenSession | None:
    """Return the session of this token, unless it was idle or open too long, or waits for a second factor."""
    return _find_session(tx, token, SessionRow.waits.is_(False), now=now)


def find_waiting(tx: Connection, token: str, *, now: datetime) -> OpenSession | None:
    """Return the sign-in of this token that waits for a second factor, unless it waited too long."""
    return _find_session(tx, token, SessionRow.waits.is_(True), SessionRow.opened_at > now - WAITS_FOR, now=now)


def _find_session(tx: Connection, token: str, *which: ColumnElement[bool], now: datetime) -> OpenSession | None:
    query = (
        select(*_REVIEWER_COLUMNS, SessionRow.opened_at, SessionRow.seen_at, SessionRow.factor_at, SessionRow.waits)
        .join(SessionRow, SessionRow.staff_id == StaffRow.id)
        .where(
            SessionRow.digest == token_digest(token),
            SessionRow.seen_at > now - IDLE,
            SessionRow.opened_at > now - ABSOLUTE,
            StaffRow.disabled_at.is_(None),
            *which,
        )
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else OpenSession(_reviewer(row), row.opened_at, row.seen_at, row.factor_at, row.waits)


def mark_seen(tx: Connection, token: str, *, now: datetime) -> None:
    """Keep a session from going idle."""
    tx.execute(update(SessionRow).where(SessionRow.digest == token_digest(token)).values(seen_at=now))


def close_session(tx: Connection, token: str) -> None:
    """End a session: its cookie is worth nothing from now on."""
    tx.execute(delete(SessionRow).where(SessionRow.digest == token_digest(token)))


def list_sessions(tx: Connection, staff_id: str, *, now: datetime) -> list[SessionSeen]:
    """Return the open sessions of a person, the one used last in front."""
    alive = SessionRow.seen_at > now - IDLE, SessionRow.opened_at > now - ABSOLUTE, SessionRow.waits.is_(False)
    query = select(SessionRow).where(SessionRow.staff_id == staff_id, *alive).order_by(SessionRow.seen_at.desc())
    return [SessionSeen(row.digest.hex(), row.opened_at, row.seen_at) for row in tx.execute(query)]


def close_sessions(tx: Connection, staff_id: str, *, only: str | None = None, but: str | None = None) -> int:
    """End all sessions of a person, only the one of an id, or all but the one of a token; return how many."""
    query = delete(SessionRow).where(SessionRow.staff_id == staff_id)
    if only is not None:
        query = query.where(SessionRow.digest == bytes.fromhex(only))
    if but is not None:
        query = query.where(SessionRow.digest != token_digest(but))
    return tx.execute(query).rowcount


def session_id(token: str) -> str:
    """Return the id that `list_sessions` gives the session of a token."""
    return token_digest(token).hex()


def remove_old_sessions(tx: Connection, *, now: datetime) -> int:
    """Delete sessions that have ended by time; return how many."""
    return tx.execute(
        delete(SessionRow).where((SessionRow.seen_at <= now - IDLE) | (SessionRow.opened_at <= now - ABSOLUTE))
    ).rowcount


def normal_email(email: str) -> str:
    """Return an e-mail as accounts are found by."""
    return email.strip().casefold()


def _person(row: Any, sessions: int) -> Person:
    return Person(_reviewer(row), row.created_at, row.signed_in_at, row.disabled_at, sessions)


def _reviewer(row: Any) -> Reviewer:
    known = {role.value: role for role in Role}
    roles = frozenset(known[name] for name in row.roles if name in known)
    return Reviewer(row.id, row.email, roles, row.one_time, row.language)


def token_digest(token: str) -> bytes:
    """Return what is kept of a session's token."""
    return hashlib.sha256(token.encode()).digest()
