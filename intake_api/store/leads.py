"""Leads: what a visitor sent, sealed, and beside it in clear what the queue sorts and filters by."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import LeadState
from intake_api.rules.reference import BITS, spelled_reference, written_reference
from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.lead_index import forget_index, index_lead
from intake_api.store.subjects import SubjectRow, open_key
from intake_api.store.vault import DataKey, Vault

NOT_ERASED = "state <> 'erased'"  # in these words, or SQLite does not see that the index below serves the question
ENDING = "yes_ends_at IS NOT NULL"
UNTOLD = "tell_by IS NOT NULL"
SOURCED, CAMPAIGNED = "source IS NOT NULL", "campaign IS NOT NULL"
ASSIGNED = "assigned_to IS NOT NULL"
TAKEN_BY_NOBODY = "state = 'new' AND assigned_to IS NULL"
UNANSWERED = "state = 'new' AND respond_by IS NOT NULL"
FOLLOWED_UP = "state IN ('new', 'contacted') AND follow_up_by IS NOT NULL"


class LeadRow(Table):
    """One lead. `sealed` holds the typed values; every other column is fit to be seen in a stolen copy."""

    __tablename__ = "leads"
    __table_args__ = (
        # An index for each order and each filter of the queue; store/lead_lists.py says which serves which question.
        Index(None, "state", "received_at", "id"),
        Index(None, "received_at", "id"),
        Index(None, "state", "score", "received_at", "id"),
        Index(None, "score", "received_at", "id"),
        Index(None, "form", "received_at", "id"),
        Index(None, "channel", "received_at", "id"),
        Index(None, "locale", "received_at", "id"),
        Index(None, "source", "received_at", "id", sqlite_where=text(SOURCED), postgresql_where=text(SOURCED)),
        Index(None, "campaign", "received_at", "id", sqlite_where=text(CAMPAIGNED), postgresql_where=text(CAMPAIGNED)),
        Index(None, "assigned_to", "received_at", "id", sqlite_where=text(ASSIGNED), postgresql_where=text(ASSIGNED)),
        Index(
            None,
            "form",
            "locale",
            "received_at",
            "id",
            sqlite_where=text(TAKEN_BY_NOBODY),
            postgresql_where=text(TAKEN_BY_NOBODY),
        ),
        Index(None, "respond_by", "id", sqlite_where=text(UNANSWERED), postgresql_where=text(UNANSWERED)),
        Index(None, "follow_up_by", "id", sqlite_where=text(FOLLOWED_UP), postgresql_where=text(FOLLOWED_UP)),
        Index(None, "delete_after", sqlite_where=text(NOT_ERASED), postgresql_where=text(NOT_ERASED)),
        Index(None, "yes_ends_at", sqlite_where=text(ENDING), postgresql_where=text(ENDING)),
        Index(None, "tell_by", sqlite_where=text(UNTOLD), postgresql_where=text(UNTOLD)),
        # Most submissions come without a key: an index over those that have one costs the others nothing.
        Index(
            None,
            "idempotency_mac",
            unique=True,
            sqlite_where=text("idempotency_mac IS NOT NULL"),
            postgresql_where=text("idempotency_mac IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey(SubjectRow.id))
    presentation_id: Mapped[str] = mapped_column(String(64))
    notice_hash: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(24))
    version: Mapped[int] = mapped_column(Integer)
    score: Mapped[int] = mapped_column(Integer)
    score_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    attribution: Mapped[dict[str, str]] = mapped_column(JSON)
    source: Mapped[str | None] = mapped_column(String(64))  # of the attribution, to find it by
    campaign: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Moment)
    delete_after: Mapped[datetime] = mapped_column(Moment)
    restricted_until: Mapped[datetime | None] = mapped_column(Moment)  # kept and not used; it is looked at again then
    yes_ends_at: Mapped[datetime | None] = mapped_column(Moment)  # the first of its yeses; perhaps taken back since
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decline_reason: Mapped[str | None] = mapped_column(String(40))
    held_for: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    receipt_digest: Mapped[bytes] = mapped_column(LargeBinary)
    content_mac: Mapped[bytes] = mapped_column(LargeBinary)
    idempotency_mac: Mapped[bytes | None] = mapped_column(LargeBinary)
    evidence_entry: Mapped[str] = mapped_column(String(32))
    follow_up_by: Mapped[datetime | None] = mapped_column(Moment)
    assigned_to: Mapped[str | None] = mapped_column(String(32))  # who of us has it in hand
    respond_by: Mapped[datetime | None] = mapped_column(Moment)  # the goal for the first response, if its form has one
    tell_by: Mapped[datetime | None] = mapped_column(Moment)  # when the person must know of it; None: they do
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class LeadUnknown(Exception):
    """No lead has this reference."""

    code = "lead_unknown"


class LeadRestricted(Exception):
    """The person of this lead asked that it be kept and not used (S-10)."""

    code = "lead_restricted"


class LeadChanged(Exception):
    """Somebody else changed this lead in the meantime."""

    code = "lead_changed"


@dataclass(frozen=True)
class Lead:
    """A lead without its sealed values: all that lists and rules need."""

    id: str
    reference: str
    subject_id: str
    presentation_id: str
    notice_hash: str
    form: str
    channel: str
    locale: str
    state: LeadState
    version: int
    score: int
    score_lines: list[dict[str, Any]]
    attribution: dict[str, str]
    received_at: datetime
    delete_after: datetime
    decided_at: datetime | None
    decided_by: str | None
    decline_reason: str | None
    held_for: list[str] | None  # why it was held, until it is released
    evidence_entry: str
    follow_up_by: datetime | None = None
    restricted_until: datetime | None = None
    tell_by: datetime | None = None
    respond_by: datetime | None = None
    assigned_to: str | None = None

    @property
    def is_restricted(self) -> bool:
        """Say whether it is kept and not used, as its person asked (S-10); only they end that."""
        return self.restricted_until is not None


@dataclass(frozen=True)
class NewLead:
    """What `add_lead` writes: the lead, its typed values, and what recognises the same submission again."""

    lead: Lead
    values: Mapping[str, Any]
    receipt_digest: bytes
    content_mac: bytes
    idempotency_mac: bytes | None
    yes_ends_at: datetime | None = None


@dataclass(frozen=True)
class Sent:
    """An earlier submission, as far as needed to give its first answer again, or to say what differs."""

    lead_id: str
    reference: str
    state: LeadState
    content_mac: bytes
    idempotency_mac: bytes | None


_ROWS = Adder(LeadRow)
LEAD_COLUMNS = tuple(LeadRow.__table__.c[name] for name in Lead.__dataclass_fields__)
_SENT_COLUMNS = (LeadRow.reference, LeadRow.state, LeadRow.content_mac, LeadRow.idempotency_mac)


def new_reference() -> str:
    """Draw a reference."""
    return written_reference(secrets.randbits(BITS))


def add_lead(tx: Connection, vault: Vault, key: DataKey, new: NewLead) -> None:
    """Seal and write a lead with its blind indexes."""
    lead = new.lead
    _ROWS.add(
        tx,
        {
            **{name: getattr(lead, name) for name in Lead.__dataclass_fields__},
            "sealed": vault.seal(key, new.values, place=_place(lead.id)),
            "receipt_digest": new.receipt_digest,
            "content_mac": new.content_mac,
            "idempotency_mac": new.idempotency_mac,
            "yes_ends_at": new.yes_ends_at,
            "source": lead.attribution.get("source", lead.attribution.get("utm_source")),
            "campaign": lead.attribution.get("utm_campaign"),
        },
    )
    index_lead(tx, vault, lead.id, new.values)


def get_lead(tx: Connection, reference: str) -> Lead:
    """Return a lead by its reference (any case, with or without dashes).

    :raises LeadUnknown: no such lead.
    """
    return _one(tx.execute(select(*LEAD_COLUMNS).where(LeadRow.reference == spelled_reference(reference))).first())


def get_lead_by_id(tx: Connection, lead_id: str, *, hold: bool = False) -> Lead:
    """Return a lead by its id; with `hold` nobody else changes it until the transaction ends.

    :raises LeadUnknown: no such lead.
    """
    query = select(*LEAD_COLUMNS).where(LeadRow.id == lead_id)
    return _one(tx.execute(query.with_for_update() if hold else query).first())


def reference_of(tx: Connection, lead_id: str) -> str:
    """Return the reference of a lead.

    :raises LeadUnknown: no such lead.
    """
    reference: str | None = tx.scalar(select(LeadRow.reference).where(LeadRow.id == lead_id))
    if reference is None:
        raise LeadUnknown("No lead has this id.")
    return reference


def get_lead_by_receipt(tx: Connection, lead_id: str, receipt_digest: bytes) -> Lead:
    """Return the lead that a receipt belongs to.

    :raises LeadUnknown: no such receipt.
    """
    kept: bytes | None = tx.scalar(select(LeadRow.receipt_digest).where(LeadRow.id == lead_id))
    if kept is None or not hmac.compare_digest(kept, receipt_digest):
        raise LeadUnknown("No lead has this receipt.")
    return get_lead_by_id(tx, lead_id)


def open_values(tx: Connection, vault: Vault, lead: Lead) -> dict[str, Any]:
    """Return what the person typed. Reading it is an act to be recorded: only flows that do so call this (A-01).

    :raises SubjectErased: the person's key was destroyed.
    """
    columns = select(LeadRow.sealed, SubjectRow.wrapped_key).join(SubjectRow, SubjectRow.id == LeadRow.subject_id)
    row = tx.execute(columns.where(LeadRow.id == lead.id)).one()
    return vault.open(open_key(vault, lead.subject_id, row.wrapped_key), row.sealed, place=_place(lead.id))


def open_row(vault: Vault, row: Row[*tuple[Any, ...]]) -> tuple[Lead, dict[str, Any]]:
    """Return a lead with what the person typed, from a row of `LEAD_COLUMNS`, `sealed` and `wrapped_key` (A-01)."""
    values = dict(row._mapping)
    key = vault.unwrap(row.subject_id, values.pop("wrapped_key"))
    typed = vault.open(key, values.pop("sealed"), place=_place(row.id))
    return Lead(**{**values, "state": LeadState(row.state)}), typed


def replace_values(
    tx: Connection,
    vault: Vault,
    key: DataKey,
    lead_id: str,
    values: Mapping[str, Any],
    *,
    score: int,
    score_lines: list[dict[str, object]],
) -> None:
    """Put corrected values in the place of the old ones, of which nothing is kept: neither sealed nor as an index.

    Whoever has the lead on a screen looks at it anew. What was sent first is not recognised when it is sent again.
    """
    sealed = vault.seal(key, values, place=_place(lead_id))
    scored = {"score": score, "score_lines": score_lines}
    corrected = {"sealed": sealed, "content_mac": b"", "version": LeadRow.version + 1, **scored}
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**corrected))
    forget_index(tx, lead_id)
    index_lead(tx, vault, lead_id, values)


def find_sent(tx: Connection, lead_id: str) -> Sent | None:
    """Return what was sent as this lead."""
    row = tx.execute(select(*_SENT_COLUMNS).where(LeadRow.id == lead_id)).first()
    return row and Sent(lead_id, row.reference, LeadState(row.state), row.content_mac, row.idempotency_mac)


def move_lead(
    tx: Connection,
    lead: Lead,
    to: LeadState,
    *,
    now: datetime,
    by: str | None = None,
    decline_reason: str | None = None,
) -> None:
    """Move a lead to another state, if nobody changed it since it was read.

    :raises LeadChanged: somebody did.
    """
    values: dict[str, Any] = {"state": to}
    if to is LeadState.CONTACTED:
        values["follow_up_by"] = None  # that somebody gets in touch is what it asked for
    if by is not None:
        values |= {"decided_at": now, "decided_by": by, "decline_reason": decline_reason}
    change_lead(tx, lead, values)


def release(tx: Connection, lead: Lead, to: LeadState, *, delete_after: datetime) -> None:
    """Let a held lead go, if nobody changed it since it was read: as if it had never been held, or declined for it.

    :raises LeadChanged: somebody did.
    """
    undecided: dict[str, Any] = {"decided_at": None, "decided_by": None, "decline_reason": None}
    change_lead(tx, lead, {"state": to, "held_for": None, "delete_after": delete_after, **undecided})


def change_lead(tx: Connection, lead: Lead, values: Mapping[str, Any]) -> None:
    """Change a lead, if nobody did since it was read.

    :raises LeadChanged: somebody did.
    """
    as_read = update(LeadRow).where(LeadRow.id == lead.id, LeadRow.version == lead.version)
    if tx.execute(as_read.values(**values, version=lead.version + 1)).rowcount != 1:
        raise LeadChanged("Somebody else has just changed this lead. Look at it again before you decide.")


def keep_until(tx: Connection, lead_id: str, delete_after: datetime) -> None:
    """Record until when a lead may be kept."""
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(delete_after=delete_after))


def shorten(tx: Connection, lead_id: str, delete_after: datetime) -> None:
    """Record an end that a person's own act made earlier. Whoever has the lead on a screen looks at it anew."""
    values = {"delete_after": delete_after, "version": LeadRow.version + 1}
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**values))


def restrict(tx: Connection, lead_id: str, until: datetime | None) -> None:
    """Record that a lead is kept and not used, or is used again. Whoever has it on a screen looks at it anew."""
    values = {"restricted_until": until, "version": LeadRow.version + 1}
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**values))


def note_yes_ending(tx: Connection, lead_id: str, ends_at: datetime | None) -> None:
    """Record when the first yes of a lead ends by itself; None if it has none."""
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(yes_ends_at=ends_at))


def hold_expired(tx: Connection, lead_id: str, *, now: datetime) -> Lead | None:
    """Return a lead if its time is over and it is not erased, and hold it until the transaction ends."""
    over = (LeadRow.delete_after <= now, text(NOT_ERASED), is_free(now))
    expired = select(*LEAD_COLUMNS).where(LeadRow.id == lead_id, *over)
    row = tx.execute(expired.with_for_update()).one_or_none()
    return None if row is None else lead_of(row)


def empty_lead(tx: Connection, lead_id: str) -> None:
    """Take everything out of a lead that came from the person; what stays says that there was one, and when.

    It goes whatever state the lead is in and whoever has it open: erasure waits for nobody.
    """
    nothing: dict[str, Any] = {"sealed": b"", "content_mac": b"", "idempotency_mac": None, "attribution": {}}
    nothing |= {"source": None, "campaign": None}
    nothing |= {"yes_ends_at": None, "restricted_until": None}
    unscored: dict[str, Any] = {
        "score": 0,
        "score_lines": [],
        "follow_up_by": None,
        "tell_by": None,
        "respond_by": None,
        "assigned_to": None,
    }
    erased = {"state": LeadState.ERASED, "version": LeadRow.version + 1}
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**nothing, **unscored, **erased))
    forget_index(tx, lead_id)


def note_told(tx: Connection, lead_id: str) -> None:
    """Record that the person of a lead was given its notice. Whoever has it on a screen looks at it anew."""
    values = {"tell_by": None, "version": LeadRow.version + 1}
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**values))


def is_free(now: datetime) -> ColumnElement[bool]:
    """Ask for what nobody keeps from being erased: a restriction does, until its day (Art. 18(1)(b), (c))."""
    return LeadRow.restricted_until.is_(None) | (LeadRow.restricted_until <= now)


def _place(lead_id: str) -> str:
    return f"leads.sealed|{lead_id}"


def _one(row: Row[Any] | None) -> Lead:
    if row is None:
        raise LeadUnknown("No lead has this reference.")
    return lead_of(row)


def lead_of(row: Row[Any]) -> Lead:
    """Return the lead of a row of `LEAD_COLUMNS`."""
    values = dict(row._mapping)
    return Lead(**{**values, "state": LeadState(values["state"])})
