"""Which checkpoint each target outside has got, and when: so that many workers give it one copy an hour, not many."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, String, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table


class CheckpointCopyRow(Table):
    """The newest copy at one target."""

    __tablename__ = "checkpoint_copies"

    target: Mapped[str] = mapped_column(String(40), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Moment)


def claim_copy(tx: Connection, target: str, size: int, *, every: timedelta, now: datetime) -> bool:
    """Say whether a target is due for a checkpoint over so many entries, and write down that it gets it now.

    :raises AnotherWasFirst: at the end of the transaction: another worker claimed the very first copy.
    """
    row = CheckpointCopyRow
    last = tx.execute(select(row.size, row.at).where(row.target == target).with_for_update()).one_or_none()
    if last is None:
        tx.execute(insert(row).values(target=target, size=size, at=now))
        return True
    if last.size >= size or now - last.at < every:
        return False
    tx.execute(update(row).where(row.target == target).values(size=size, at=now))
    return True


def give_back_copy(tx: Connection, target: str) -> None:
    """Forget a claim that came to nothing: the target is due again."""
    tx.execute(delete(CheckpointCopyRow).where(CheckpointCopyRow.target == target))
