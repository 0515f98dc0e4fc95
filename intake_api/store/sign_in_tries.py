"""Failed sign-ins by account and by network, in the database: the brake must hold in every process (SEC-03).

A key is a blind index: neither an e-mail nor an address stands here in clear.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, LargeBinary, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.sign_in_brake import FORGET_AFTER, TRUSTED_FOR, Tries
from intake_api.store.base import Moment, Table


class SignInTryRow(Table):
    """What happened under one key: an account, a network, or an account from a network."""

    __tablename__ = "sign_in_tries"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime | None] = mapped_column(Moment)
    succeeded_at: Mapped[datetime | None] = mapped_column(Moment)


def hold_tries(tx: Connection, keys: Iterable[bytes]) -> dict[bytes, Tries]:
    """Return the tries of these keys and hold them until the transaction ends: parallel guesses take turns."""
    wanted = sorted(set(keys))  # in one order, so that two sign-ins never wait for each other
    new = [{"key": key, "failures": 0} for key in wanted]
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(add(SignInTryRow).on_conflict_do_nothing(), new)
    held = select(SignInTryRow).where(SignInTryRow.key.in_(wanted)).order_by(SignInTryRow.key).with_for_update()
    return {row.key: Tries(row.failures, row.last_at, row.succeeded_at) for row in tx.execute(held)}


def put_tries(tx: Connection, tries: Mapping[bytes, Tries]) -> None:
    """Write held tries back."""
    for key, one in sorted(tries.items()):
        values = {"failures": one.failures, "last_at": one.last_at, "succeeded_at": one.succeeded_at}
        tx.execute(update(SignInTryRow).where(SignInTryRow.key == key).values(**values))


def remove_old_tries(tx: Connection, *, now: datetime) -> int:
    """Delete what no brake asks about any more; return how much."""
    row = SignInTryRow
    failed_lately = row.last_at > now - FORGET_AFTER
    succeeded_lately = row.succeeded_at > now - TRUSTED_FOR
    return tx.execute(
        delete(row).where(
            (row.last_at.is_(None) | ~failed_lately) & (row.succeeded_at.is_(None) | ~succeeded_lately),
        )
    ).rowcount
