"""Second factors: the secret of a person's app, sealed, and recovery codes, as digests (SEC-01)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, ForeignKey, LargeBinary, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.passkeys import PasskeyRow, remove_passkeys
from intake_api.store.staff import StaffRow
from intake_api.store.vault import Vault

RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none is taken for another


class SecondFactorRow(Table):
    """The app of one person. Until `confirmed_at` it is only offered: a code of it was not typed yet."""

    __tablename__ = "second_factors"

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), primary_key=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)


class RecoveryCodeRow(Table):
    """One recovery code: 74 random bits, so that a plain digest keeps it."""

    __tablename__ = "recovery_codes"

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class SecondFactor:
    """The app of a person. `last_step` is that of the last code that was taken."""

    staff_id: str
    secret: str
    last_step: int
    confirmed_at: datetime | None

    def __repr__(self) -> str:
        return f"SecondFactor({self.staff_id})"


def put_factor(tx: Connection, vault: Vault, staff_id: str, secret: str, *, now: datetime) -> None:
    """Keep the secret of an app that is not confirmed yet, in the place of an older one that never was."""
    unconfirmed = SecondFactorRow.staff_id == staff_id, SecondFactorRow.confirmed_at.is_(None)
    tx.execute(delete(SecondFactorRow).where(*unconfirmed))
    key, wrapped = vault.new_data_key(staff_id)
    sealed = vault.seal(key, {"secret": secret}, place=_place(staff_id))
    values = {"staff_id": staff_id, "wrapped_key": wrapped, "sealed": sealed, "last_step": 0, "made_at": now}
    tx.execute(insert(SecondFactorRow).values(**values))


def find_factor(tx: Connection, vault: Vault, staff_id: str, *, hold: bool = False) -> SecondFactor | None:
    """Return the app of a person; with `hold` nobody else uses a code of it until the transaction ends."""
    query = select(SecondFactorRow).where(SecondFactorRow.staff_id == staff_id)
    row = tx.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        return None
    key = vault.unwrap(staff_id, row.wrapped_key)
    secret = str(vault.open(key, row.sealed, place=_place(staff_id))["secret"])
    return SecondFactor(staff_id, secret, row.last_step, row.confirmed_at)


def has_factor(tx: Connection, staff_id: str) -> bool:
    """Say whether a person has a second factor: an app or a passkey."""
    passkey = select(PasskeyRow.staff_id).where(PasskeyRow.staff_id == staff_id).limit(1)
    return has_app(tx, staff_id) or tx.scalar(passkey) is not None


def has_app(tx: Connection, staff_id: str) -> bool:
    """Say whether a person has an app."""
    confirmed = SecondFactorRow.staff_id == staff_id, SecondFactorRow.confirmed_at.is_not(None)
    return tx.scalar(select(SecondFactorRow.staff_id).where(*confirmed)) is not None


def who_has_a_factor(tx: Connection) -> set[str]:
    """Return the ids of those who have a second factor."""
    with_app = tx.scalars(select(SecondFactorRow.staff_id).where(SecondFactorRow.confirmed_at.is_not(None)))
    return {*with_app, *tx.scalars(select(PasskeyRow.staff_id))}


def confirm_factor(tx: Connection, staff_id: str, *, now: datetime) -> None:
    """From now on the app of a person is their second factor."""
    tx.execute(update(SecondFactorRow).where(SecondFactorRow.staff_id == staff_id).values(confirmed_at=now))


def mark_step(tx: Connection, staff_id: str, step: int) -> None:
    """Remember of which step a code was taken."""
    tx.execute(update(SecondFactorRow).where(SecondFactorRow.staff_id == staff_id).values(last_step=step))


def remove_factor(tx: Connection, staff_id: str) -> bool:
    """Take the second factor of a person away: app, passkeys, recovery codes; False if there was none."""
    tx.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.staff_id == staff_id))
    apps = tx.execute(delete(SecondFactorRow).where(SecondFactorRow.staff_id == staff_id)).rowcount
    return apps + remove_passkeys(tx, staff_id) > 0


def give_recovery_codes(tx: Connection, staff_id: str) -> list[str]:
    """Give a person new recovery codes; the old ones are worth nothing. They are told once and kept nowhere."""
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    tx.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.staff_id == staff_id))
    tx.execute(insert(RecoveryCodeRow), [{"staff_id": staff_id, "digest": _digest(code)} for code in codes])
    return codes


def use_recovery_code(tx: Connection, staff_id: str, code: str, *, now: datetime) -> bool:
    """Use a recovery code up; False if it is none of this person's, or was used."""
    unused = RecoveryCodeRow.staff_id == staff_id, RecoveryCodeRow.used_at.is_(None)
    mine = update(RecoveryCodeRow).where(*unused, RecoveryCodeRow.digest == _digest(code))
    return tx.execute(mine.values(used_at=now)).rowcount == 1


def count_recovery_codes(tx: Connection, staff_id: str) -> int:
    """Return how many recovery codes a person has left."""
    unused = RecoveryCodeRow.staff_id == staff_id, RecoveryCodeRow.used_at.is_(None)
    return tx.scalar(select(func.count()).select_from(RecoveryCodeRow).where(*unused)) or 0


def wrap_anew(tx: Connection, vault: Vault) -> int:
    """Wrap the keys of all second factors by the master key in use (E-07); return how many were."""
    rows = tx.execute(select(SecondFactorRow.staff_id, SecondFactorRow.wrapped_key).with_for_update()).all()
    anew = {row.staff_id: wrapped for row in rows if (wrapped := vault.wrap_anew(row.staff_id, row.wrapped_key))}
    for staff_id, wrapped in anew.items():
        tx.execute(update(SecondFactorRow).where(SecondFactorRow.staff_id == staff_id).values(wrapped_key=wrapped))
    return len(anew)


def _new_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(3))


def _place(staff_id: str) -> str:
    return f"second_factors.sealed|{staff_id}"


def _digest(code: str) -> bytes:
    return hashlib.sha256("".join(code.casefold().replace("-", " ").split()).encode()).digest()
