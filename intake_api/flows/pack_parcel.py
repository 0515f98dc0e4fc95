"""Pack what leaves for a destination: one piece of code for the delivery and for what is shown before it (X-02)."""

from sqlalchemy import Connection

from intake_api.crm.port import Parcel, ParcelPurpose
from intake_api.flows.judge_forwarding import Judgement
from intake_api.rules.field_map import FieldMap
from intake_api.store.base import Store
from intake_api.store.decisions import Decision
from intake_api.store.leads import Lead, open_values


def pack_parcel(
    tx: Connection, store: Store, lead: Lead, judgement: Judgement, named: FieldMap, *, delivery: str
) -> Parcel:
    """Pack what may travel: fields of the purposes that permit it, and why and until when they may be held (X-02).

    :param delivery: the id by which the other side knows a repeated attempt.
    """
    values = open_values(tx, store.vault, lead)
    names = names_there(lead, judgement, named)
    return Parcel(
        delivery=delivery,
        lead=lead.id,
        reference=lead.reference,
        subject=lead.subject_id,
        form=lead.form,
        locale=lead.locale,
        channel=lead.channel,
        submitted_at=lead.received_at,
        notice=lead.notice_hash,
        purposes=tuple(pack_purpose(lead, one) for one in judgement.decisions),
        delete_after=lead.delete_after,
        restricted=False,
        fields={there: values[here] for here, there in names.items() if here in values},
    )


def pack_question(lead: Lead, *, remote_id: str | None) -> Parcel:
    """Pack what is needed to ask a destination whether it holds a lead: our key of it, and nothing of the person.

    `remote_id` is the record there as an earlier delivery told it.
    """
    return Parcel(
        delivery="",
        lead=lead.id,
        reference=lead.reference,
        subject=lead.subject_id,
        form=lead.form,
        locale=lead.locale,
        channel=lead.channel,
        submitted_at=lead.received_at,
        notice=lead.notice_hash,
        purposes=(),
        delete_after=lead.delete_after,
        restricted=False,
        fields={},
        remote_id=remote_id,
    )


def names_there(lead: Lead, judgement: Judgement, named: FieldMap) -> dict[str, str]:
    """Return under which name each field travels that may and that the map names, by its name here."""
    names = {here: named.name(lead.form, here) for here in judgement.fields}
    return {here: there for here, there in names.items() if there}


def pack_purpose(lead: Lead, decision: Decision) -> ParcelPurpose:
    """Pack what was decided on one purpose, and where that is proven."""
    return ParcelPurpose(
        id=decision.purpose,
        basis=decision.basis.rpartition("#")[2],
        state=decision.state.value,
        decided_at=decision.decided_at,
        channel=lead.channel,
        evidence=decision.evidence_entry,
    )
