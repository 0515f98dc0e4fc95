"""Leads: what a visitor sent, sealed, and beside it in clear what the queue sorts and filters by."""

import hmac
import secrets
from collections.abc import Iterable, Mapping
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
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import LeadState
from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.subjects import SubjectRow
from intake_api.store.vault import DataKey, Vault

REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing that is misread on the phone
NOT_ERASED = "state <> 'erased'"  # in these words, or SQLite does not see that the index below serves the question
ENDING = "yes_ends_at IS NOT NULL"
UNTOLD = "tell_by IS NOT NULL"
CONTACTS = ("email", "phone")
MISREAD = str.maketrans("OIL", "011")  # and what people write all the same


class LeadRow(Table):
    """One lead. `sealed` holds the typed values; every other column is fit to be seen in a stolen copy."""

    __tablename__ = "leads"
    __table_args__ = (
        Index(None, "state", "received_at"),
        Index(None, "received_at"),
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
    tell_by: Mapped[datetime | None] = mapped_column(Moment)  # when the person must know of it; None: they do
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class LeadIndexRow(Table):
    """Blind indexes of a lead's e-mail, phone and words of the name: equality search without clear text."""

    __tablename__ = "lead_index"
    __table_args__ = (Index(None, "kind", "token"), {"sqlite_with_rowid": False})

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    bounced_at: Mapped[datetime | None] = mapped_column(Moment)  # when the mail server said that there is nobody


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
_INDEX_ROWS = Adder(LeadIndexRow)
_LEAD_COLUMNS = tuple(LeadRow.__table__.c[name] for name in Lead.__dataclass_fields__)
_SENT_COLUMNS = (LeadRow.reference, LeadRow.state, LeadRow.content_mac, LeadRow.idempotency_mac)


def new_reference() -> str:
    """Draw a reference a person can read aloud: 40 random bits."""
    bits = secrets.randbits(40)
    letters = "".join(REFERENCE_ALPHABET[bits >> shift & 31] for shift in range(0, 40, 5))
    return f"VB-{letters[:4]}-{letters[4:]}"


def spelled_reference(text: str) -> str | None:
    """Return a reference as it is kept, from any case, with or without dashes and spaces; None if it is none."""
    letters = text.upper().replace("-", "").replace(" ", "").translate(MISREAD)
    if len(letters) != 10 or not letters.startswith("VB") or not set(letters[2:]) <= set(REFERENCE_ALPHABET):
        return None
    return f"VB-{letters[2:6]}-{letters[6:]}"


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
        },
    )
    tokens = _tokens(vault, new.values)
    _INDEX_ROWS.add(tx, *(_index_row(lead.id, *each) for each in tokens))


def get_lead(tx: Connection, reference: str) -> Lead:
    """Return a lead by its reference (any case, with or without dashes).

    :raises LeadUnknown: no such lead.
    """
    return _one(tx.execute(select(*_LEAD_COLUMNS).where(LeadRow.reference == spelled_reference(reference))).first())


def get_lead_by_id(tx: Connection, lead_id: str, *, hold: bool = False) -> Lead:
    """Return a lead by its id; with `hold` nobody else changes it until the transaction ends.

    :raises LeadUnknown: no such lead.
    """
    query = select(*_LEAD_COLUMNS).where(LeadRow.id == lead_id)
    return _one(tx.execute(query.with_for_update() if hold else query).first())


def get_lead_by_receipt(tx: Connection, lead_id: str, receipt_digest: bytes) -> Lead:
    """Return the lead that a receipt belongs to.

    :raises LeadUnknown: no such receipt.
    """
    kept: bytes | None = tx.scalar(select(LeadRow.receipt_digest).where(LeadRow.id == lead_id))
    if kept is None or not hmac.compare_digest(kept, receipt_digest):
        raise LeadUnknown("No lead has this receipt.")
    return get_lead_by_id(tx, lead_id)


def find_by_email(tx: Connection, vault: Vault, email: str) -> list[str]:
    """Return the ids of the leads with this address that are not erased, in an order in which many may be held."""
    return find_by_contact(tx, vault, "email", email)


def find_by_contact(tx: Connection, vault: Vault, kind: str, contact: str) -> list[str]:
    """Return the ids of the leads with this contact that are not erased, in an order in which many may be held.

    :param kind: `email` or `phone`.
    :param contact: as `rules/contact` writes it.
    """
    same = (LeadIndexRow.kind == kind, LeadIndexRow.token.in_(vault.blinds(kind, _indexed(kind, contact))))
    return list(tx.scalars(select(LeadIndexRow.lead_id).where(*same).order_by(LeadIndexRow.lead_id)))


def find_by_same_email(tx: Connection, lead_id: str) -> list[str]:
    """Return the ids of all leads that have a lead's address, itself among them, in an order to hold them in.

    A lead without an address stands alone.
    """
    own = select(LeadIndexRow.token).where(LeadIndexRow.lead_id == lead_id, LeadIndexRow.kind == "email")
    same = select(LeadIndexRow.lead_id).where(LeadIndexRow.kind == "email", LeadIndexRow.token.in_(own))
    return sorted({lead_id, *tx.scalars(same)})


def mark_bounced(tx: Connection, address: bytes, bounced_at: datetime | None) -> None:
    """Record that a mail server takes no mail for an address, or that it does again (None).

    It stands beside the leads of the address and goes with them.

    :param address: its blind index.
    """
    of_address = (LeadIndexRow.kind == "email", LeadIndexRow.token == address)
    changed = LeadIndexRow.bounced_at.is_(None) if bounced_at else LeadIndexRow.bounced_at.is_not(None)
    tx.execute(update(LeadIndexRow).where(*of_address, changed).values(bounced_at=bounced_at))


def bounced_since(tx: Connection, lead_id: str) -> datetime | None:
    """Return since when the address of a lead takes no mail, also if another lead of it found that out."""
    own = select(LeadIndexRow.token).where(LeadIndexRow.lead_id == lead_id, LeadIndexRow.kind == "email")
    same = (LeadIndexRow.kind == "email", LeadIndexRow.token.in_(own))
    return tx.scalar(select(func.min(LeadIndexRow.bounced_at)).where(*same))


def email_token(tx: Connection, lead_id: str) -> bytes | None:
    """Return the blind index of a lead's address, if it has one."""
    own = (LeadIndexRow.lead_id == lead_id, LeadIndexRow.kind == "email")
    return tx.scalar(select(LeadIndexRow.token).where(*own))


def contact_token(vault: Vault, kind: str, contact: str) -> bytes:
    """Return the blind index of an e-mail address or a phone number; an extension is not part of a number."""
    return vault.blind(kind, _indexed(kind, contact))


def _indexed(kind: str, contact: str) -> str:
    return contact.partition(";ext=")[0] if kind == "phone" else contact


def open_values(tx: Connection, vault: Vault, key: DataKey, lead_id: str) -> dict[str, Any]:
    """Return what the person typed. Reading it is an act to be recorded: only flows that do so call this (A-01)."""
    sealed: bytes = tx.execute(select(LeadRow.sealed).where(LeadRow.id == lead_id)).scalar_one()
    return vault.open(key, sealed, place=_place(lead_id))


def index_anew(tx: Connection, vault: Vault, key: DataKey, lead_id: str) -> None:
    """Make the blind indexes of a lead again, by the index key in use (E-07). The caller holds the lead."""
    tokens, bounced_at = _tokens(vault, open_values(tx, vault, key, lead_id)), bounced_since(tx, lead_id)
    tx.execute(delete(LeadIndexRow).where(LeadIndexRow.lead_id == lead_id))
    rows = [_index_row(lead_id, *each) for each in tokens]
    _INDEX_ROWS.add(tx, *({**row, "bounced_at": bounced_at if row["kind"] == "email" else None} for row in rows))


def ids_not_erased(tx: Connection, *, after: str, limit: int) -> list[str]:
    """Return the ids of leads that are not erased, in their order, those after one of them."""
    query = select(LeadRow.id).where(LeadRow.id > after, text(NOT_ERASED)).order_by(LeadRow.id).limit(limit)
    return list(tx.scalars(query))


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
    tx.execute(delete(LeadIndexRow).where(LeadIndexRow.lead_id == lead_id))
    _INDEX_ROWS.add(tx, *(_index_row(lead_id, *each) for each in _tokens(vault, values)))


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
    values: dict[str, Any] = {"state": to, "version": lead.version + 1}
    if by is not None:
        values |= {"decided_at": now, "decided_by": by, "decline_reason": decline_reason}
    moved = update(LeadRow).where(LeadRow.id == lead.id, LeadRow.version == lead.version).values(**values)
    if tx.execute(moved).rowcount != 1:
        raise LeadChanged("Somebody else has just changed this lead. Look at it again before you decide.")


def release(tx: Connection, lead: Lead, to: LeadState, *, delete_after: datetime) -> None:
    """Let a held lead go, if nobody changed it since it was read: as if it had never been held, or declined for it.

    :raises LeadChanged: somebody did.
    """
    undecided: dict[str, Any] = {"decided_at": None, "decided_by": None, "decline_reason": None}
    values = {"state": to, "version": lead.version + 1, "held_for": None, "delete_after": delete_after, **undecided}
    moved = update(LeadRow).where(LeadRow.id == lead.id, LeadRow.version == lead.version).values(**values)
    if tx.execute(moved).rowcount != 1:
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


def find_by_yes_ending(tx: Connection, *, until: datetime, limit: int | None = 100) -> list[str]:
    """Return the ids of leads of which a yes may end until a moment, the next one first."""
    query = select(LeadRow.id).where(LeadRow.yes_ends_at <= until, text(ENDING)).order_by(LeadRow.yes_ends_at)
    return list(tx.scalars(query.limit(limit)))


def find_expired(tx: Connection, *, now: datetime, limit: int) -> list[str]:
    """Return the ids of leads whose time is over and that are not erased, those that are over longest first."""
    expired = select(LeadRow.id).where(LeadRow.delete_after <= now, text(NOT_ERASED), _is_free(now))
    return list(tx.scalars(expired.order_by(LeadRow.delete_after).limit(limit)))


def hold_expired(tx: Connection, lead_id: str, *, now: datetime) -> Lead | None:
    """Return a lead if its time is over and it is not erased, and hold it until the transaction ends."""
    over = (LeadRow.delete_after <= now, text(NOT_ERASED), _is_free(now))
    expired = select(*_LEAD_COLUMNS).where(LeadRow.id == lead_id, *over)
    row = tx.execute(expired.with_for_update()).one_or_none()
    return None if row is None else _lead(row)


def empty_lead(tx: Connection, lead_id: str) -> None:
    """Take everything out of a lead that came from the person; what stays says that there was one, and when.

    It goes whatever state the lead is in and whoever has it open: erasure waits for nobody.
    """
    nothing: dict[str, Any] = {"sealed": b"", "content_mac": b"", "idempotency_mac": None, "attribution": {}}
    nothing |= {"yes_ends_at": None, "restricted_until": None}
    unscored: dict[str, Any] = {"score": 0, "score_lines": [], "follow_up_by": None, "tell_by": None}
    erased = {"state": LeadState.ERASED, "version": LeadRow.version + 1}
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**nothing, **unscored, **erased))
    tx.execute(delete(LeadIndexRow).where(LeadIndexRow.lead_id == lead_id))


def note_told(tx: Connection, lead_id: str) -> None:
    """Record that the person of a lead was given its notice. Whoever has it on a screen looks at it anew."""
    values = {"tell_by": None, "version": LeadRow.version + 1}
    tx.execute(update(LeadRow).where(LeadRow.id == lead_id).values(**values))


def list_untold(tx: Connection) -> list[Lead]:
    """Return the leads whose persons are still to be told of them (N-14), the most urgent first."""
    query = select(*_LEAD_COLUMNS).where(text(UNTOLD), text(NOT_ERASED))
    return [_lead(row) for row in tx.execute(query.order_by(LeadRow.tell_by))]


def list_leads(
    tx: Connection,
    *,
    states: Iterable[LeadState] = (),
    limit: int = 50,
    older_than: Lead | None = None,
    newer_than: Lead | None = None,
) -> list[Lead]:
    """Return leads, newest first, at most `limit`: the newest, or those next to a lead on its older or newer side.

    What its person had restricted is not among them (S-10).
    """
    query = select(*_LEAD_COLUMNS).where(LeadRow.restricted_until.is_(None)).limit(limit)
    if wanted := list(states):
        query = query.where(LeadRow.state.in_(wanted))
    if newer_than is not None:
        query = query.where(_is_newer(newer_than)).order_by(LeadRow.received_at, LeadRow.id.desc())
        return [_lead(row) for row in tx.execute(query)][::-1]
    if older_than is not None:
        query = query.where(_is_older(older_than))
    return [_lead(row) for row in tx.execute(query.order_by(LeadRow.received_at.desc(), LeadRow.id))]


def count_by_state(tx: Connection) -> dict[LeadState, int]:
    """Return how many leads stand in each state, without those that their persons had restricted."""
    usable = LeadRow.restricted_until.is_(None)
    rows = tx.execute(select(LeadRow.state, func.count()).where(usable).group_by(LeadRow.state))
    return {LeadState(state): count for state, count in rows}


def list_restricted(tx: Connection) -> list[Lead]:
    """Return the leads that their persons had restricted, those that are looked at again first in front."""
    query = select(*_LEAD_COLUMNS).where(LeadRow.restricted_until.is_not(None))
    return [_lead(row) for row in tx.execute(query.order_by(LeadRow.restricted_until))]


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Ask for what nobody keeps from being erased: a restriction does, until its day (Art. 18(1)(b), (c))."""
    return LeadRow.restricted_until.is_(None) | (LeadRow.restricted_until <= now)


def _is_older(lead: Lead) -> ColumnElement[bool]:
    """Stand after a lead in the order of lists; two of the same millisecond stand by id."""
    at_once = (LeadRow.received_at == lead.received_at) & (LeadRow.id > lead.id)
    return (LeadRow.received_at <= lead.received_at) & ((LeadRow.received_at < lead.received_at) | at_once)


def _is_newer(lead: Lead) -> ColumnElement[bool]:
    at_once = (LeadRow.received_at == lead.received_at) & (LeadRow.id < lead.id)
    return (LeadRow.received_at >= lead.received_at) & ((LeadRow.received_at > lead.received_at) | at_once)


def _tokens(vault: Vault, values: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    contacts = {kind: str(values[kind]) for kind in CONTACTS if values.get(kind)}
    found = {(kind, contact_token(vault, kind, value)) for kind, value in contacts.items()}
    found |= {("name", vault.blind("name", word)) for word in str(values.get("name", "")).split()}
    return sorted(found)


def _index_row(lead_id: str, kind: str, token: bytes) -> dict[str, Any]:
    return {"lead_id": lead_id, "kind": kind, "token": token, "bounced_at": None}


def _place(lead_id: str) -> str:
    return f"leads.sealed|{lead_id}"


def _one(row: Row[Any] | None) -> Lead:
    if row is None:
        raise LeadUnknown("No lead has this reference.")
    return _lead(row)


def _lead(row: Row[Any]) -> Lead:
    values = dict(row._mapping)
    return Lead(**{**values, "state": LeadState(values["state"])})
