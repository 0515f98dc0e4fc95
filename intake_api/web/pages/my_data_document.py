"""All that is held about a person, written once for the page and for the file they take home (Art. 15, S-05)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from intake_api.catalogue.model import Catalogue
from intake_api.clock import rfc3339
from intake_api.flows.read_by_link import OwnData, OwnLead
from intake_api.flows.show_told import Told, told_state
from intake_api.rules.consent import DPV_STATUS, DecisionState
from intake_api.store.decisions import Decision
from intake_api.store.deliveries import DeliveryState

SCHEMA = "urn:vestibule:my-data:1"
LEFT = "delivery.delivered"

Json = dict[str, Any]


def my_data_document(data: OwnData, catalogue: Catalogue, public_url: str, *, now: datetime) -> Json:
    """Return the document; `docs/rights.md` describes it. Staff are told by when and why they looked, never by name."""
    here = catalogue.organisation
    any_notice = catalogue.any_view(data.case.locale).notice  # rights and authority read the same in all of them
    said: Mapping[str, Any] = any_notice.document
    return {
        "schema": SCHEMA,
        "made_at": rfc3339(now),
        "email": data.email,
        "request": {"asked_at": rfc3339(data.case.made_at), "due_at": rfc3339(data.case.due_at)},
        "controller": {
            "name": here.name,
            "address": here.address,
            "email": here.email,
            "phone": here.phone,
            "website": here.website,
            "representative": here.representative,
            "dpo": here.dpo,
        },
        "rights": [{"id": right, "text": said["texts"][f"right.{right}"]} for right in said["rights"]["list"]],
        "complaint": {**said["authority"], "text": said["texts"]["page.complaint_text"]},
        "automated": {
            "decisions": False,
            "text": said["texts"].get("page.automated_approval") or said["texts"]["page.automated_none"],
        },
        "submissions": [_submission(one, public_url) for one in data.leads],
    }


def _submission(one: OwnLead, public_url: str) -> Json:
    lead, texts = one.lead, one.notice["texts"]
    return {
        "reference": lead.reference,
        "form": lead.form,
        "form_title": texts["form_title"],
        "channel": lead.channel,
        "locale": lead.locale,
        "source": "subject",
        "written_down": _written_down(one),
        "age": _age(one),
        "received_at": rfc3339(lead.received_at),
        "kept_until": rfc3339(lead.delete_after),
        "restricted_until": rfc3339(lead.restricted_until) if lead.restricted_until else None,
        "state": lead.state.value,
        "fields": [_field(one, name, value) for name, value in one.values.items()],
        "purposes": [_purpose(one, purpose) for purpose in one.notice["purposes"]],
        "recipients": [_recipient(one, recipient) for recipient in one.notice["recipients"]],
        "score": {"points": lead.score, "lines": lead.score_lines, "text": texts.get("scoring")},
        "follow_up_by": rfc3339(lead.follow_up_by) if lead.follow_up_by else None,
        "campaign": lead.attribution,
        "notes": [{"id": note.id, "at": rfc3339(note.written_at), "text": note.text} for note in one.notes],
        "mails": [
            {"purpose": mail.purpose, "sent_at": rfc3339(mail.sent_at)} for mail in one.confirmations if mail.sent_at
        ],
        "looked_at": [
            {"at": entry["at"], "why": entry["why"]}
            for entry in one.entries
            if entry["kind"] == "lead.read" and entry["actor"] != "subject"
        ],
        "notice": {"hash": lead.notice_hash, "page": f"{public_url}/notices/{lead.notice_hash}"},
        "evidence": [{"id": entry["id"], "kind": entry["kind"], "at": entry["at"]} for entry in one.entries],
    }


def _written_down(one: OwnLead) -> Json | None:
    """Say how and when they said what staff wrote down for them, but not who wrote; None where they sent it."""
    found = next((entry for entry in one.entries if entry["kind"] == "submission.received" and "way" in entry), None)
    return {"way": found["way"], "said_on": found["said_on"]} if found else None


def _age(one: OwnLead) -> Json | None:
    """Say which age was asked for, that they have reached it, and when they said so; None where none is kept (K-04)."""
    said = [entry for entry in one.entries if "age" in entry]
    if not said:
        return None
    last, texts = said[-1], one.notice["texts"]
    in_words = {"question": texts.get("age.question"), "said": texts.get("age.at_or_over")}  # if this notice asked it
    return {**last["age"], "at": last["at"], **in_words}


def _field(one: OwnLead, name: str, value: object) -> Json:
    texts = one.notice["texts"]
    kinds = {field["name"]: field["pd"] for field in one.notice["fields"]}
    shown = texts.get(f"field.{name}.choice.{value}", str(value))
    label = texts.get(f"field.{name}.label", name)
    return {"name": name, "label": label, "value": value, "shown": shown, "category": kinds.get(name)}


def _purpose(one: OwnLead, purpose: Mapping[str, Any]) -> Json:
    texts, purpose_id = one.notice["texts"], purpose["id"]
    events = [decision for decision in one.decisions if decision.purpose == purpose_id]
    state = DecisionState.NEEDS_RECONSENT if purpose_id in one.changed else events[-1].state if events else None
    return {
        "id": purpose_id,
        "title": purpose["title"],
        "text": purpose["text"],
        "basis": purpose["basis"],
        "basis_text": texts[f"basis.{purpose_id}"],
        "state": state.value if state else None,
        "status": DPV_STATUS.get(state) if state else None,
        "decisions": _events(events),
        "retention": {**purpose["retention"], "text": texts[f"retention.{purpose_id}"]},
        "recipients": list(purpose["recipients"]),
        "fields": [field["name"] for field in purpose["fields"]],
    }


def _events(events: Iterable[Decision]) -> list[Json]:
    return [
        {
            "state": one.state.value,
            "status": DPV_STATUS.get(one.state),
            "at": rfc3339(one.decided_at),
            "by": one.control,
            **({"notice": one.notice_hash} if one.notice_hash else {}),
            "evidence": one.evidence_entry,
        }
        for one in events
    ]


def _recipient(one: OwnLead, recipient: Mapping[str, Any]) -> Json:
    """Say who may have it, and who got what when (C-154/21)."""
    left = [entry for entry in one.entries if entry["kind"] == LEFT and entry["recipient"] == recipient["id"]]
    told = [
        {"what": each.kind, "state": state.value, "at": rfc3339(each.last_at) if each.last_at and is_told else None}
        for each in one.told
        if each.recipient == recipient["id"] and each.state is not DeliveryState.CANCELLED
        for state in [told_state(each)]
        for is_told in [state is Told.TOLD]
    ]
    passed_on = [{"at": entry["at"], "fields": entry["fields"]} for entry in left]
    return {**recipient, "passed_on": passed_on, "told": told}
