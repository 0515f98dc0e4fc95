"""Pack what a destination is told of a lead that it has: another consent, a correction, an erasure.

Nothing but what that says (`crm/port.py`), as it stands when it leaves.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from intake_api.crm.port import FieldValue, Parcel
from intake_api.flows.judge_forwarding import Judgement
from intake_api.flows.notice_in_force import notice_in_force
from intake_api.flows.pack_parcel import pack_purpose
from intake_api.rules.field_map import FieldMap
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.deliveries import Delivery, list_deliveries
from intake_api.store.leads import Lead, open_values

ADDRESS = "email"  # by which some find a person's own settings where no id of ours leads to them


def pack_erasure(tx: Connection, lead: Lead, delivery: Delivery) -> Parcel:
    """Pack an erasure: ids, and nothing else. Here there may be nothing left but these."""
    return _pack(tx, lead, delivery, None, {})


def pack_consent(
    tx: Connection, store: Store, lead: Lead, judgement: Judgement, named: FieldMap, delivery: Delivery
) -> Parcel:
    """Pack what was decided on each purpose that names the recipient, and whether the lead is restricted.

    The address goes along to whom the notice named for it: they have it, or may have it.
    """
    told = _told_fields(tx, lead, delivery.recipient)
    values = {name: value for name, value in _values(tx, store, lead).items() if name == ADDRESS and name in told}
    return _pack(tx, lead, delivery, judgement, _there(lead, named, values))


def pack_correction(
    tx: Connection, store: Store, lead: Lead, judgement: Judgement, named: FieldMap, delivery: Delivery
) -> Parcel | None:
    """Pack the fields that changed, as far as they may travel; None where nothing of it may, or the map names none."""
    values = _values(tx, store, lead)
    changed = {name: values.get(name, "") for name in delivery.fields or () if name in judgement.fields}
    fields = _there(lead, named, changed)
    return _pack(tx, lead, delivery, judgement, fields) if fields else None


def _pack(
    tx: Connection, lead: Lead, delivery: Delivery, judgement: Judgement | None, fields: Mapping[str, FieldValue]
) -> Parcel:
    of_place = [one for one in list_deliveries(tx, lead.id) if one.place == delivery.place]
    return Parcel(
        delivery=delivery.id,
        lead=lead.id,
        reference=lead.reference,
        subject=lead.subject_id,
        form=lead.form,
        locale=lead.locale,
        channel=lead.channel,
        submitted_at=lead.received_at,
        notice=lead.notice_hash,
        purposes=tuple(pack_purpose(lead, one) for one in judgement.decisions) if judgement else (),
        delete_after=lead.delete_after,
        restricted=judgement.restricted if judgement else lead.is_restricted,
        fields=fields,
        remote_id=next((one.remote_id for one in reversed(of_place) if one.remote_id), None),
    )


def _values(tx: Connection, store: Store, lead: Lead) -> dict[str, Any]:
    return open_values(tx, store.vault, lead)


def _there(lead: Lead, named: FieldMap, values: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    return {there: value for here, value in values.items() if (there := named.name(lead.form, here))}


def _told_fields(tx: Connection, lead: Lead, recipient: str) -> set[str]:
    """Return the fields of purposes that name the recipient, whatever was decided on them."""
    notice = notice_in_force(tx, lead, current_decisions(tx, lead.id).values())
    theirs = {one["id"] for one in notice["purposes"] if recipient in one["recipients"]}
    return {one["name"] for one in notice["fields"] if theirs & set(one["purposes"])}
