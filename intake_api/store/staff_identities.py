"""Who of staff somebody is at the company's provider, and which of its answers were used already."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, ForeignKey, LargeBinary, String, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.second_factors import has_factor
from intake_api.store.staff import StaffRow

ASKED_FOR = timedelta(minutes=10)  # how long an answer of the provider is waited for


class StaffIdentityRow(Table):
    """What one person is called by a provider: nothing they ever see, and the same for good."""

    __tablename__ = "staff_identities"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # of issuer and subject
    issuer: Mapped[str] = mapped_column(String(500))
    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), index=True)
    linked_at: Mapped[datetime] = mapped_column(Moment)
    two_factors: Mapped[bool]  # whether the last sign-in there showed two


class UsedAnswerRow(Table):
    """An answer of a provider that was taken: each is good once."""

    __tablename__ = "used_answers"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime] = mapped_column(Moment)


def find_linked(tx: Connection, issuer: str, subject: str) -> str | None:
    """Return whose account this is, by id."""
    found: str | None = tx.scalar(
        select(StaffIdentityRow.staff_id).where(StaffIdentityRow.digest == _digest(issuer, subject))
    )
    return found


def is_linked_at(tx: Connection, staff_id: str, issuer: str) -> bool:
    """Say whether somebody of this issuer has this account."""
    theirs = StaffIdentityRow.staff_id == staff_id, StaffIdentityRow.issuer == issuer
    return bool(tx.scalar(select(exists().where(*theirs))))


def has_identity(tx: Connection, staff_id: str) -> bool:
    """Say whether a person has been known by a provider."""
    return bool(tx.scalar(select(exists().where(StaffIdentityRow.staff_id == staff_id))))


def link(tx: Connection, staff_id: str, issuer: str, subject: str, *, now: datetime) -> None:
    """Write down whose account this is from now on."""
    values = {"digest": _digest(issuer, subject), "issuer": issuer, "staff_id": staff_id}
    tx.execute(insert(StaffIdentityRow).values(**values, linked_at=now, two_factors=False))


def unlink(tx: Connection, staff_id: str) -> int:
    """Forget who a person is at any provider; return how many they were."""
    return tx.execute(delete(StaffIdentityRow).where(StaffIdentityRow.staff_id == staff_id)).rowcount


def note_factors(tx: Connection, issuer: str, subject: str, *, two_factors: bool) -> None:
    """Write down whether somebody showed two factors there."""
    row = update(StaffIdentityRow).where(StaffIdentityRow.digest == _digest(issuer, subject))
    tx.execute(row.values(two_factors=two_factors))


def can_show_factor(tx: Connection, staff_id: str) -> bool:
    """Say whether a person can be asked for a second factor: here, or where their company asks for it."""
    theirs = StaffIdentityRow.staff_id == staff_id, StaffIdentityRow.two_factors
    return has_factor(tx, staff_id) or bool(tx.scalar(select(exists().where(*theirs))))


def use_answer(tx: Connection, answer: str, *, now: datetime) -> bool:
    """Use an answer up; False if it was used before. Of two at the same moment one gets True."""
    tx.execute(delete(UsedAnswerRow).where(UsedAnswerRow.used_at <= now - 2 * ASKED_FOR))
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = add(UsedAnswerRow).values(digest=hashlib.sha256(answer.encode()).digest(), used_at=now)
    return tx.execute(row.on_conflict_do_nothing()).rowcount == 1


def _digest(issuer: str, subject: str) -> bytes:
    return hashlib.sha256(f"{len(issuer)}|{issuer}|{subject}".encode()).digest()
