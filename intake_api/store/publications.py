"""Which notice is the current one of a form in a language, since when, by whom and why (V-09). Rows are only added."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, Select, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.notices import NoticeRow

SYSTEM = "system"


class PublicationRow(Table):
    """One publishing. `number` counts those of a form in a language; the highest one is current."""

    __tablename__ = "publications"
    __table_args__ = (Index(None, "form", "locale", "number", unique=True), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    form: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    notice_hash: Mapped[str] = mapped_column(ForeignKey(NoticeRow.hash))
    published_at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[str] = mapped_column(String(32))  # the id of a member of staff, or "system"
    reason: Mapped[str] = mapped_column(String(500))
    asks_again: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    asked_to: Mapped[str | None] = mapped_column(String(32))  # the last lead whose person was looked at for it
    asked_at: Mapped[datetime | None] = mapped_column(Moment)  # when all were


@dataclass(frozen=True)
class Publication:
    """One publishing."""

    form: str
    locale: str
    number: int
    notice_hash: str
    published_at: datetime
    author: str
    reason: str
    asks_again: list[str] | None = None  # the purposes it changed so that an older yes does not count for them


_ROWS = Adder(PublicationRow)
_COLUMNS = [PublicationRow.__table__.c[name] for name in Publication.__dataclass_fields__]


def add_publication(tx: Connection, publication: Publication) -> None:
    """Make a notice the current one.

    :raises AnotherWasFirst: somebody else published in the meantime (when the transaction ends).
    """
    nobody_yet = {"asked_to": None, "asked_at": None}
    _ROWS.add(tx, {"id": uuid.uuid4().hex, **vars(publication), **nobody_yet})


def list_publications(tx: Connection, form: str | None = None, locale: str | None = None) -> list[Publication]:
    """Return all publications, those of one form or of one form in one language, newest first."""
    query = select(*_COLUMNS).order_by(PublicationRow.published_at.desc(), PublicationRow.number.desc())
    if form is not None:
        query = query.where(PublicationRow.form == form)
    if locale is not None:
        query = query.where(PublicationRow.locale == locale)
    return [Publication(**row._mapping) for row in tx.execute(query)]


@dataclass(frozen=True)
class Asking:
    """A publication whose affected people are being asked again, and how far that is."""

    id: str
    form: str
    locale: str
    published_at: datetime
    asked_to: str | None


def has_asking(tx: Connection) -> bool:
    """Say whether `hold_asking` would find anything."""
    return tx.scalar(_unasked(PublicationRow.id).limit(1)) is not None


def hold_asking(tx: Connection) -> Asking | None:
    """Return the oldest publication of which somebody may not have been asked yet; until the end of the transaction
    nobody else gets one, so that nobody is asked twice."""
    columns = [PublicationRow.__table__.c[name] for name in Asking.__dataclass_fields__]
    query = _unasked(*columns).order_by(PublicationRow.published_at, PublicationRow.id)
    rows = tx.execute(query.with_for_update()).all()
    return Asking(**rows[0]._mapping) if rows else None


def note_asked(tx: Connection, publication_id: str, *, to: str | None, done_at: datetime | None) -> None:
    """Write down how far the asking is, or that it is done."""
    values = {"asked_to": to, "asked_at": done_at}
    tx.execute(update(PublicationRow).where(PublicationRow.id == publication_id).values(**values))


def current_publication(tx: Connection, form: str, locale: str) -> Publication | None:
    """Return the current publication of a form in a language."""
    return next(iter(list_publications(tx, form, locale)), None)


def changed_since(tx: Connection, form: str, locale: str, notice_hash: str) -> frozenset[str]:
    """Return the purposes that were changed materially after a notice was last the current one (C-17)."""
    changed: set[str] = set()
    for one in list_publications(tx, form, locale):
        if one.notice_hash == notice_hash:
            break
        changed.update(one.asks_again or ())
    return frozenset(changed)


def _unasked(*columns: Any) -> Select[Any]:
    return select(*columns).where(PublicationRow.asks_again.is_not(None), PublicationRow.asked_at.is_(None))


def current_publications(tx: Connection) -> dict[tuple[str, str], Publication]:
    """Return the current publication of each form in each language."""
    found: dict[tuple[str, str], Publication] = {}
    for one in list_publications(tx):
        known = found.get((one.form, one.locale))
        if known is None or one.number > known.number:
            found[one.form, one.locale] = one
    return found
