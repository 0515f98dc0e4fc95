"""Blind indexes: how a lead is found by its e-mail, its phone or a word of the name or company, none in clear."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, LargeBinary, String, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.vault import Vault

CONTACTS = ("email", "phone")
WORDS = ("name", "company")  # found word by word


class LeadIndexRow(Table):
    """Blind indexes of a lead's e-mail, phone and words of name and company: equality search without clear text."""

    __tablename__ = "lead_index"
    __table_args__ = (Index(None, "kind", "token"), {"sqlite_with_rowid": False})

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    bounced_at: Mapped[datetime | None] = mapped_column(Moment)  # when the mail server said that there is nobody


_ROWS = Adder(LeadIndexRow)


def index_lead(
    tx: Connection, vault: Vault, lead_id: str, values: Mapping[str, Any], *, bounced_at: datetime | None = None
) -> None:
    """Make the blind indexes of a lead from what was typed."""
    rows = [_index_row(lead_id, *each) for each in _tokens(vault, values)]
    _ROWS.add(tx, *({**row, "bounced_at": bounced_at if row["kind"] == "email" else None} for row in rows))


def index_anew(tx: Connection, vault: Vault, lead_id: str, values: Mapping[str, Any]) -> None:
    """Make the blind indexes of a lead again, by the index key in use (E-07). The caller holds the lead."""
    bounced_at = bounced_since(tx, lead_id)
    forget_index(tx, lead_id)
    index_lead(tx, vault, lead_id, values, bounced_at=bounced_at)


def forget_index(tx: Connection, lead_id: str) -> None:
    """Take the blind indexes of a lead away (E-11)."""
    tx.execute(delete(LeadIndexRow).where(LeadIndexRow.lead_id == lead_id))


def find_by_email(tx: Connection, vault: Vault, email: str) -> list[str]:
    """Return the ids of the leads with this address that are not erased, in an order in which many may be held."""
    return find_by_contact(tx, vault, "email", email)


def find_by_contact(tx: Connection, vault: Vault, kind: str, contact: str) -> list[str]:
    """Return the ids of the leads with this contact that are not erased, in an order in which many may be held.

    :param kind: `email` or `phone`.
    :param contact: as `rules/contact` writes it.
    """
    same = (LeadIndexRow.kind == kind, LeadIndexRow.token.in_(contact_blinds(vault, kind, contact)))
    return list(tx.scalars(select(LeadIndexRow.lead_id).where(*same).order_by(LeadIndexRow.lead_id)))


def find_by_same_email(tx: Connection, lead_id: str) -> list[str]:
    """Return the ids of all leads that have a lead's address, itself among them, in an order to hold them in.

    A lead without an address stands alone.
    """
    own = select(LeadIndexRow.token).where(LeadIndexRow.lead_id == lead_id, LeadIndexRow.kind == "email")
    same = select(LeadIndexRow.lead_id).where(LeadIndexRow.kind == "email", LeadIndexRow.token.in_(own))
    return sorted({lead_id, *tx.scalars(same)})


def find_by_token(tx: Connection, address: bytes) -> list[str]:
    """Return the ids of the leads of an address, given by its blind index, in an order in which many may be held."""
    same = (LeadIndexRow.kind == "email", LeadIndexRow.token == address)
    return list(tx.scalars(select(LeadIndexRow.lead_id).where(*same).order_by(LeadIndexRow.lead_id)))


def addresses_of(tx: Connection, lead_id: str) -> list[bytes]:
    """Return the blind indexes of a lead's address: one, or two while the index key is rotated."""
    own = select(LeadIndexRow.token).where(LeadIndexRow.lead_id == lead_id, LeadIndexRow.kind == "email")
    return list(tx.scalars(own.order_by(LeadIndexRow.token)))


def mark_bounced(tx: Connection, address: bytes, bounced_at: datetime | None) -> bool:
    """Record that a mail server takes no mail for an address, or that it does again (None); say if that is news.

    It stands beside the leads of the address and goes with them.

    :param address: its blind index.
    """
    of_address = (LeadIndexRow.kind == "email", LeadIndexRow.token == address)
    changed = LeadIndexRow.bounced_at.is_(None) if bounced_at else LeadIndexRow.bounced_at.is_not(None)
    return tx.execute(update(LeadIndexRow).where(*of_address, changed).values(bounced_at=bounced_at)).rowcount > 0


def is_marked(tx: Connection, address: bytes, *, bounced: bool) -> bool:
    """Say whether a lead of an address, given by its blind index, is marked as bounced; or whether one is not."""
    of_address = (LeadIndexRow.kind == "email", LeadIndexRow.token == address)
    marked = LeadIndexRow.bounced_at.is_not(None) if bounced else LeadIndexRow.bounced_at.is_(None)
    return tx.scalar(select(LeadIndexRow.lead_id).where(*of_address, marked).limit(1)) is not None


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


def contact_blinds(vault: Vault, kind: str, contact: str) -> list[bytes]:
    """Return the blind indexes that a contact may be found by: several while the index key is being rotated."""
    return vault.blinds(kind, _indexed(kind, contact))


def _indexed(kind: str, contact: str) -> str:
    return contact.partition(";ext=")[0] if kind == "phone" else contact


def _tokens(vault: Vault, values: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    contacts = {kind: str(values[kind]) for kind in CONTACTS if values.get(kind)}
    found = {(kind, contact_token(vault, kind, value)) for kind, value in contacts.items()}
    found |= {(kind, vault.blind(kind, word)) for kind in WORDS for word in str(values.get(kind, "")).split()}
    return sorted(found)


def _index_row(lead_id: str, kind: str, token: bytes) -> dict[str, Any]:
    return {"lead_id": lead_id, "kind": kind, "token": token, "bounced_at": None}
