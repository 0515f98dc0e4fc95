"""Files of leads: what was asked for, who agreed, and the lines of the file, each sealed under its person's own key.

So erasing a person closes their line in the same commit, in every copy of the database, and no key is to be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.bulk import BulkAct, JobState, Stopped
from intake_api.rules.exports import LIVES, WAITS, FileShape, Gone
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Moment, Table
from intake_api.store.bulk_jobs import MOVED, BulkJobRow, BulkLeadRow, old_jobs
from intake_api.store.leads import LeadRow
from intake_api.store.subjects import SubjectRow
from intake_api.store.vault import DataKey, Vault

OUT = (LeadState.ERASED, LeadState.WITHDRAWN)


class LeadExportRow(Table):
    """What a job of `bulk_jobs` is besides, that makes a file. `asked_of`: the filter of the list, as its address."""

    __tablename__ = "lead_exports"

    job_id: Mapped[str] = mapped_column(ForeignKey(BulkJobRow.id), primary_key=True)
    asked_of: Mapped[dict[str, str]] = mapped_column(JSON)
    shape: Mapped[str | None] = mapped_column(String(16))
    words: Mapped[str | None] = mapped_column(String(200))
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_by: Mapped[str | None] = mapped_column(String(32))  # the second person
    ready_at: Mapped[datetime | None] = mapped_column(Moment)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)
    gone_for: Mapped[str | None] = mapped_column(String(16))


class ExportLineRow(Table):
    """One line of a file, until the file is gone: of the lead at this place of the job. `fields`: names, no value."""

    __tablename__ = "lead_export_lines"

    job_id: Mapped[str] = mapped_column(ForeignKey(LeadExportRow.job_id), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    fields: Mapped[list[str]] = mapped_column(JSON)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class LeadExport:
    """What is said of a file, without what stands in it."""

    job_id: str
    asked_of: Mapping[str, str]
    shape: FileShape | None
    words: str | None
    asked_at: datetime | None
    answered_by: str | None
    ready_at: datetime | None
    gone_at: datetime | None
    gone_for: Gone | None


_COLUMNS = tuple(LeadExportRow.__table__.c[name] for name in LeadExport.__dataclass_fields__)


def add_export(tx: Connection, job_id: str, asked_of: Mapping[str, str]) -> None:
    """Write down of which list a file is wanted. The job is there."""
    tx.execute(insert(LeadExportRow).values(job_id=job_id, asked_of=dict(asked_of)))


def find_export(tx: Connection, job_id: str, *, hold: bool = False) -> LeadExport | None:
    """Return what is said of a file; with `hold` nobody else changes it until the transaction ends."""
    query = select(*_COLUMNS).where(LeadExportRow.job_id == job_id)
    row = tx.execute(query.with_for_update() if hold else query).one_or_none()
    return None if row is None else _export(row)


def change_export(tx: Connection, job_id: str, **values: object) -> None:
    """Change what is said of a file. The caller holds it, or its job."""
    tx.execute(update(LeadExportRow).where(LeadExportRow.job_id == job_id).values(**values))


def count_taken(tx: Connection, staff_id: str, *, since: datetime) -> int:
    """Return how many leads stand in the files that a person asked for since a moment and that nobody refused."""
    asked = func.coalesce(BulkJobRow.begun_at, LeadExportRow.asked_at)
    query = (
        select(func.count())
        .select_from(BulkLeadRow)
        .join(BulkJobRow, BulkJobRow.id == BulkLeadRow.job_id)
        .join(LeadExportRow, LeadExportRow.job_id == BulkJobRow.id)
        .where(BulkJobRow.act == BulkAct.EXPORT, BulkJobRow.staff_id == staff_id, asked > since)
        .where(or_(BulkLeadRow.outcome.is_(None), BulkLeadRow.outcome == MOVED))
        .where(func.coalesce(BulkJobRow.stopped_for, "").not_in([Stopped.REFUSED, Stopped.UNANSWERED]))
    )
    return tx.scalar(query) or 0


def add_line(
    tx: Connection,
    vault: Vault,
    key: DataKey,
    place: tuple[str, int],
    said: Mapping[str, Any],
    fields: Mapping[str, Any],
) -> None:
    """Seal and write one line: `said` of the lead, and `fields` as the person typed them. The caller holds the lead.

    :param place: the job, and the place of the lead in it.
    """
    job_id, number = place
    sealed = vault.seal(key, {"said": said, "fields": fields}, place=_place(job_id, number))
    row = {"job_id": job_id, "place": number, "fields": sorted(fields), "sealed": sealed}
    tx.execute(insert(ExportLineRow).values(**row))


def leads_and_fields(tx: Connection, job_id: str) -> tuple[list[str], list[str]]:
    """Return the ids of the leads in a file in their order, and the names of the fields that stand in it."""
    on = (ExportLineRow.job_id == BulkLeadRow.job_id) & (ExportLineRow.place == BulkLeadRow.place)
    query = select(BulkLeadRow.lead_id, ExportLineRow.fields).join(ExportLineRow, on)
    rows = tx.execute(query.where(BulkLeadRow.job_id == job_id).order_by(BulkLeadRow.place)).all()
    return [row.lead_id for row in rows], sorted({name for row in rows for name in row.fields})


def open_lines(tx: Connection, vault: Vault, job_id: str) -> list[dict[str, Any]] | None:
    """Return the lines of a file in their order; None when one of its leads may not be in a file any more.

    One question to the database, so that all lines are of one moment. Reading them is an act to be recorded (A-01).
    """
    query = (
        select(BulkLeadRow.place, LeadRow.subject_id, SubjectRow.wrapped_key, ExportLineRow.sealed, _is_out())
        .join(LeadRow, LeadRow.id == BulkLeadRow.lead_id)
        .join(SubjectRow, SubjectRow.id == LeadRow.subject_id)
        .outerjoin(
            ExportLineRow,
            (ExportLineRow.job_id == BulkLeadRow.job_id) & (ExportLineRow.place == BulkLeadRow.place),
        )
        .where(BulkLeadRow.job_id == job_id, BulkLeadRow.outcome == MOVED)
        .order_by(BulkLeadRow.place)
    )
    rows = tx.execute(query).all()
    if any(row.is_out or row.wrapped_key is None or row.sealed is None for row in rows):
        return None
    return [
        vault.open(vault.unwrap(row.subject_id, row.wrapped_key), row.sealed, place=_place(job_id, row.place))
        for row in rows
    ]


def why_gone(tx: Connection, export: LeadExport, *, now: datetime) -> Gone | None:
    """Say why a file is not there any more, whether or not that was written down yet; None while it may be had."""
    if export.gone_for is not None or export.ready_at is None:
        return export.gone_for
    if export.ready_at + LIVES <= now:
        return Gone.EXPIRED
    return Gone.LEAD if tx.scalar(_broken().where(BulkLeadRow.job_id == export.job_id).limit(1)) else None


def find_over(tx: Connection, *, now: datetime) -> list[tuple[str, Gone]]:
    """Return the jobs whose file is to go, and why: those that lack a lead first, as that cannot wait."""
    living = select(LeadExportRow.job_id).where(LeadExportRow.gone_at.is_(None))
    stopped = living.join(BulkJobRow, BulkJobRow.id == LeadExportRow.job_id)
    queries: dict[Gone, Select[str]] = {
        Gone.LEAD: _broken().where(BulkLeadRow.job_id.in_(living.where(LeadExportRow.ready_at.is_not(None)))),
        Gone.EXPIRED: living.where(LeadExportRow.ready_at <= now - LIVES),
        Gone.STOPPED: stopped.where(BulkJobRow.state == JobState.STOPPED),
    }
    found: dict[str, Gone] = {}
    for why, query in queries.items():
        for job_id in tx.scalars(query.distinct()):
            found.setdefault(job_id, why)
    return sorted(found.items())


def find_unanswered(tx: Connection, *, now: datetime) -> list[str]:
    """Return the jobs that nobody agreed to in time."""
    query = select(BulkJobRow.id).join(LeadExportRow, LeadExportRow.job_id == BulkJobRow.id)
    late = BulkJobRow.state == JobState.ASKED, LeadExportRow.asked_at <= now - WAITS
    return sorted(tx.scalars(query.where(*late)))


def remove_file(tx: Connection, job_id: str, why: Gone, *, now: datetime) -> None:
    """Delete the lines of a file and write down why. The caller holds it."""
    tx.execute(delete(ExportLineRow).where(ExportLineRow.job_id == job_id))
    change_export(tx, job_id, gone_at=now, gone_for=why)


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete what is said of files whose jobs are deleted next."""
    tx.execute(delete(ExportLineRow).where(ExportLineRow.job_id.in_(old_jobs(now))))
    tx.execute(delete(LeadExportRow).where(LeadExportRow.job_id.in_(old_jobs(now))))


def _broken() -> Select[str]:
    """Ask for the jobs that put a lead into a file where it may not be any more."""
    query = select(BulkLeadRow.job_id).join(LeadRow, LeadRow.id == BulkLeadRow.lead_id)
    return query.where(BulkLeadRow.outcome == MOVED, _is_out())


def _is_out() -> ColumnElement[bool]:
    return or_(LeadRow.state.in_(OUT), LeadRow.restricted_until.is_not(None)).label("is_out")


def _export(row: Row[Any]) -> LeadExport:
    values = dict(row._mapping)
    enums = {"shape": FileShape, "gone_for": Gone}
    return LeadExport(**{**values, **{name: enum(values[name]) for name, enum in enums.items() if values[name]}})


def _place(job_id: str, number: int) -> str:
    return f"lead_export_lines.sealed|{job_id}|{number}"
