"""Views of the queue that somebody saved: a name and a filter, for themselves or for all who review."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, Boolean, Connection, ForeignKey, String, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Moment, Table
from intake_api.store.staff import StaffRow


class SavedViewRow(Table):
    """One view. `args` are those of the queue's address."""

    __tablename__ = "saved_views"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), index=True)
    name: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict[str, str]] = mapped_column(JSON)
    shared: Mapped[bool] = mapped_column(Boolean)
    saved_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class SavedView:
    """One view, as it was saved."""

    id: str
    owner: str
    name: str
    args: Mapping[str, str]
    shared: bool
    saved_at: datetime


_COLUMNS = tuple(SavedViewRow.__table__.c[name] for name in SavedView.__dataclass_fields__)


def add_view(
    tx: Connection, owner: str, name: str, args: Mapping[str, str], *, shared: bool, now: datetime
) -> SavedView:
    """Save a view."""
    view = SavedView(secrets.token_hex(16), owner, name, dict(args), shared, now)
    tx.execute(insert(SavedViewRow).values({one: getattr(view, one) for one in SavedView.__dataclass_fields__}))
    return view


def list_views(tx: Connection, staff_id: str) -> list[SavedView]:
    """Return the views of a person and those that are shared, by name."""
    seen = (SavedViewRow.owner == staff_id) | SavedViewRow.shared
    query = select(*_COLUMNS).where(seen).order_by(SavedViewRow.name, SavedViewRow.saved_at, SavedViewRow.id)
    return [SavedView(**row._mapping) for row in tx.execute(query)]


def count_views(tx: Connection, owner: str) -> int:
    """Return how many views a person has saved."""
    return tx.scalar(select(func.count()).where(SavedViewRow.owner == owner)) or 0


def remove_view(tx: Connection, view_id: str, owner: str) -> bool:
    """Remove a view of its owner; say whether there was one."""
    own = delete(SavedViewRow).where(SavedViewRow.id == view_id, SavedViewRow.owner == owner)
    return tx.execute(own).rowcount == 1
