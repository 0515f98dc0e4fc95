"""Passkeys: the public halves of keys that people's devices hold, and the challenge a session was last given."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, ForeignKey, LargeBinary, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.staff import SessionRow, StaffRow, token_digest

CHALLENGE_LASTS = timedelta(minutes=5)


class PasskeyRow(Table):
    """One passkey. Its id is the device's name for it, and no secret."""

    __tablename__ = "passkeys"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), index=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Passkey:
    """One passkey of a person."""

    id: bytes
    public_key: bytes
    sign_count: int
    made_at: datetime
    used_at: datetime | None


_COLUMNS = (PasskeyRow.id, PasskeyRow.public_key, PasskeyRow.sign_count, PasskeyRow.made_at, PasskeyRow.used_at)


def list_passkeys(tx: Connection, staff_id: str, *, hold: bool = False) -> list[Passkey]:
    """Return the passkeys of a person, oldest first; with `hold` nobody else uses one until the transaction ends."""
    query = select(*_COLUMNS).where(PasskeyRow.staff_id == staff_id).order_by(PasskeyRow.made_at)
    return [Passkey(**row._mapping) for row in tx.execute(query.with_for_update() if hold else query)]


def add_passkey(
    tx: Connection, staff_id: str, passkey_id: bytes, public_key: bytes, sign_count: int, *, now: datetime
) -> None:
    """Keep a new passkey of a person."""
    values = {"id": passkey_id, "staff_id": staff_id, "public_key": public_key, "sign_count": sign_count}
    tx.execute(insert(PasskeyRow).values(**values, made_at=now))


def mark_used(tx: Connection, passkey_id: bytes, sign_count: int, *, now: datetime) -> None:
    """Record that a passkey was used, and how often its device says it was."""
    tx.execute(update(PasskeyRow).where(PasskeyRow.id == passkey_id).values(sign_count=sign_count, used_at=now))


def remove_passkeys(tx: Connection, staff_id: str) -> int:
    """Take all passkeys of a person away; return how many."""
    return tx.execute(delete(PasskeyRow).where(PasskeyRow.staff_id == staff_id)).rowcount


def give_challenge(tx: Connection, token: str, *, now: datetime) -> bytes:
    """Draw a challenge for a session; an older one is worth nothing."""
    challenge = secrets.token_bytes(32)
    mine = update(SessionRow).where(SessionRow.digest == token_digest(token))
    tx.execute(mine.values(challenge=challenge, challenge_at=now))
    return challenge


def take_challenge(tx: Connection, token: str, *, now: datetime) -> bytes | None:
    """Return the challenge of a session and use it up; None if there is none, or it is too old."""
    mine = SessionRow.digest == token_digest(token)
    row = tx.execute(select(SessionRow.challenge, SessionRow.challenge_at).where(mine).with_for_update()).one_or_none()
    tx.execute(update(SessionRow).where(mine).values(challenge=None, challenge_at=None))
    if row is None or row.challenge_at is None or now - row.challenge_at >= CHALLENGE_LASTS:
        return None
    challenge: bytes | None = row.challenge
    return challenge
