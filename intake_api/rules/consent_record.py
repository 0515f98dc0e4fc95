"""A decision as a record that others can read: ISO/IEC TS 27560 in the terms of DPV, one for each purpose (R-02, R-04).

It holds ids, times, hashes and the words of the notice, never a value that a person typed (R-05). A purpose on consent
has its consent statuses; one on another basis has the same shape and never one (R-07).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake_api.rules.confirmation import ANSWER_WITHIN

JsonObject = dict[str, Any]

RECORD_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
OTHER_PROFILE = "urn:vestibule:terms:1#record"  # 27560 is about consent; what rests on another basis has its shape only
CONTROLLER = "urn:vestibule:party:controller"
TERMS: Mapping[str, str] = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "li": "urn:vestibule:terms:1#",
}
# What is only ours and no linked data: kept as it is written when a record is expanded.
OURS = tuple(
    f"li:{name}"
    for name in ("evidence", "submission", "you_said", "contact_masked", "links", "proof", "keys", "signature")
)
CONSENT = "A6-1-a"
CONSENT_CONTROL = ("dpv:hasConsentControl", "dpv:WithdrawConsent")
OTHER_CONTROL = ("dpv:hasEntityControl", "dpv:OptingOutFromProcess")
SHOWN_FOR = "PT30M"
BY_MAIL = ("confirmation", "renewal")  # controls that only who reads the mails of the address can press

# What a state is in DPV 2.3. A yes to an ordinary purpose is expressed consent; explicit consent is for special
# categories, which are not asked.
STATUSES: Mapping[str, Sequence[str]] = {
    "requested": ("dpv:ConsentRequested",),
    "given": ("dpv:ConsentGiven", "dpv:ExpressedConsent"),
    "renewed": ("dpv:RenewedConsentGiven", "dpv:ExpressedConsent"),
    "refused": ("dpv:ConsentRefused",),
    "withdrawn": ("dpv:ConsentWithdrawn",),
    "expired": ("dpv:ConsentExpired",),
    "invalidated": ("dpv:ConsentInvalidated",),
}
# The same for what does not rest on consent: it goes on from the act of sending, until it is stopped.
ACTIVITIES: Mapping[str, str] = {"acted": "dpv:ActivityOngoing"}
HALTED = "dpv:ActivityHalted"


@dataclass(frozen=True)
class DecidedEvent:
    """One decision about one purpose: state, basis, control, the hash of its words, when, and the entry that proves it.

    `by_person` is false for what happened without anybody doing anything, such as a first yes that lapsed;
    `notice_hash` names the notice, where it is another than the one of the record.
    """

    purpose: str
    state: str
    basis: str
    control: str
    label_hash: str
    at: str
    entry: str
    by_person: bool
    notice_hash: str | None = None


@dataclass(frozen=True)
class AnsweredNotice:
    """What a person answered: which notice, where and when it was shown, which fields they gave; ids in hex.

    `age` is the threshold that was asked for and that they have reached it, where they were asked (K-04).
    """

    lead_id: str
    subject_id: str
    notice_hash: str
    notice_url: str
    rights_url: str
    notice: Mapping[str, Any]
    presentation: str
    channel: str
    shown_at: str
    given: frozenset[str]
    age: Mapping[str, Any] | None = None


def make_records(answered: AnsweredNotice, events: Sequence[DecidedEvent]) -> list[JsonObject]:
    """Return one record for each purpose that was decided, in the order of the notice, without the context.

    :param events: all of them, oldest first.
    """
    asked = [one for one in answered.notice["purposes"] if any(event.purpose == one["id"] for event in events)]
    return [_record(answered, one, [event for event in events if event.purpose == one["id"]]) for one in asked]


def context(notice: Mapping[str, Any]) -> JsonObject:
    """Return the inline context: expanding a record needs no network (R-04)."""
    ours = {name: {"@id": name, "@type": "@json"} for name in OURS}
    return {**TERMS, **_law(notice), **ours}


def urn(hex_id: str) -> str:
    """Return an id of ours as an IRI."""
    return uuid.UUID(hex_id).urn


def derived_id(hex_id: str, *names: str) -> str:
    """Return an id that follows from one of ours: the same each time it is made."""
    return str(uuid.uuid5(uuid.UUID(hex_id), "|".join(names)))


def _record(answered: AnsweredNotice, purpose: Mapping[str, Any], events: Sequence[DecidedEvent]) -> JsonObject:
    record_id = derived_id(answered.lead_id, purpose["id"])
    consent = events[0].basis == CONSENT
    notice = answered.notice
    return {
        "@id": f"urn:uuid:{record_id}",
        "@type": "dpv:ConsentRecord" if consent else "dpv:DataProcessingRecord",
        "dct:conformsTo": RECORD_PROFILE if consent else OTHER_PROFILE,
        "dct:identifier": record_id,
        "dct:created": events[0].at,
        "dct:publisher": {"@id": CONTROLLER},
        "dpv:hasDataSubject": {"@id": urn(answered.subject_id), "@type": "dpv:DataSubject"},
        "dpv:hasNotice": _notice(answered, consent=consent),
        "dpv:hasProcess": [_process(answered, purpose, record_id, consent=consent)],
        "li:parties": [_controller(notice), *_recipients(notice, purpose["recipients"])],
        "dpv:hasAuthority": {"@id": _compact(notice["authority"]["id"], notice)},
        **_states(answered, purpose, events, record_id, consent=consent),
        "li:evidence": {
            "form": notice["form"],
            "channel": answered.channel,
            "locale": notice["locale"],
            "label_sha256": events[0].label_hash,
            "contact_confirmed": any(one.control in BY_MAIL and one.state in ("given", "renewed") for one in events),
            **_age(answered, events, consent=consent),
        },
    }


def _age(answered: AnsweredNotice, events: Sequence[DecidedEvent], *, consent: bool) -> JsonObject:
    """Return the answer about the age beside each yes it stands behind, with the time of that yes."""
    if answered.age is None or not consent or events[0].state not in ("requested", "given"):
        return {}
    return {"age": {**answered.age, "at": events[0].at}}


def _notice(answered: AnsweredNotice, *, consent: bool) -> JsonObject:
    return {
        "@id": f"sha256:{answered.notice_hash}",
        "@type": "dpv:ConsentNotice" if consent else "dpv:PrivacyNotice",
        "dct:language": answered.notice["locale"],
        "dct:isVersionOf": answered.notice["family"],
        "li:version": answered.notice["version"],
        "li:servedAs": answered.notice_url,
        "li:presentation": answered.presentation,
    }


def _process(answered: AnsweredNotice, purpose: Mapping[str, Any], record_id: str, *, consent: bool) -> JsonObject:
    notice = answered.notice
    country = {"@id": f"loc:{notice['controller']['country']}"}
    control, kind = CONSENT_CONTROL if consent else OTHER_CONTROL
    return {
        "@id": f"urn:uuid:{record_id}#{purpose['id']}",
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@id": f"sha256:{answered.notice_hash}#{purpose['id']}",
            "@type": "dpv:Purpose",
            "skos:broader": {"@id": _compact(purpose["dpv"], notice)},
            "dct:title": purpose["title"],
            "dct:description": purpose["text"],
        },
        "dpv:hasLegalBasis": {"@id": _compact(purpose["basis"], notice)},
        "dpv:hasPersonalData": [_data(field, answered) for field in purpose["fields"]],
        "dpv:hasProcessing": [{"@id": f"dpv:{term}"} for term in ("Collect", "Store", "Use")],
        "dpv:hasDataSource": {"@id": "dpv:DataSubjectDataSource"},
        "dpv:hasStorageCondition": [
            {
                "@type": "dpv:StorageDuration",
                "dpv:hasDuration": _lasting(purpose["retention"]["duration"]),
                "li:startsAt": purpose["retention"]["from"],
            },
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": country},
            {
                "@type": "dpv:StorageDeletion",
                "dct:description": "erased by the clock when the time is over; unreadable in every copy at once, since "
                "the person's key is destroyed",
            },
        ],
        "dpv:hasDataController": {"@id": CONTROLLER},
        "dpv:hasRecipient": [{"@id": f"urn:vestibule:party:{recipient}"} for recipient in purpose["recipients"]],
        "dpv:hasJurisdiction": country,
        control: {"@type": kind, "dpv:isExercisedAt": answered.rights_url},
        "dpv:hasRight": [{"@id": f"eu-gdpr:{right}"} for right in notice["rights"]["list"]],
    }


def _data(field: Mapping[str, Any], answered: AnsweredNotice) -> JsonObject:
    return {
        "@type": "dpv:PersonalData",
        "skos:broader": {"@id": _compact(field["pd"], answered.notice)},
        "dct:identifier": field["name"],
        "dpv:hasNecessity": {"@id": "dpv:Optional" if field["necessity"] == "optional" else "dpv:Required"},
        "li:necessity": field["necessity"],
        "li:given": field["name"] in answered.given,
    }


def _states(
    answered: AnsweredNotice,
    purpose: Mapping[str, Any],
    events: Sequence[DecidedEvent],
    record_id: str,
    *,
    consent: bool,
) -> JsonObject:
    if not consent:
        return {"dpv:hasActivityStatus": [_status(answered, event, (_activity(event),)) for event in events]}
    shown = {
        "@id": f"urn:uuid:{derived_id(record_id, 'shown')}",
        "@type": ["dpv:ConsentRequested"],
        "li:step": "shown",
        "dpv:isIndicatedAtTime": answered.shown_at,
        "dpv:isIndicatedBy": {"@id": CONTROLLER},
        "dpv:hasIndicationMethod": f"{answered.channel}: notice shown",
        "dpv:hasDuration": _lasting(SHOWN_FOR),
    }
    lasting = purpose.get("validity") or purpose["retention"]["duration"]
    return {
        "dpv:hasConsentStatus": [
            shown,
            *({**_status(answered, event, STATUSES[event.state]), "dpv:hasDuration": _until(event, lasting)}
              for event in events),
        ]
    }  # fmt: skip


def _status(answered: AnsweredNotice, event: DecidedEvent, types: Sequence[str]) -> JsonObject:
    by = urn(answered.subject_id) if event.by_person else CONTROLLER
    return {
        "@id": f"urn:uuid:{derived_id(event.entry, event.purpose)}",
        "@type": list(types),
        "li:step": event.state,
        "dpv:isIndicatedAtTime": event.at,
        "dpv:isIndicatedBy": {"@id": by},
        "dpv:hasIndicationMethod": f"{answered.channel}: {event.control}",
        "li:label_sha256": event.label_hash,
        "li:entry": event.entry,
        **({"li:notice": {"@id": f"sha256:{event.notice_hash}"}} if event.notice_hash else {}),
    }


def _activity(event: DecidedEvent) -> str:
    return ACTIVITIES.get(event.state, HALTED)


def _until(event: DecidedEvent, lasting: str) -> JsonObject:
    if event.state == "requested":
        return _lasting(f"PT{int(ANSWER_WITHIN.total_seconds()) // 3600}H")
    if event.state in ("given", "renewed"):
        return _lasting(lasting)
    return {"@type": "dpv:UntilEventDuration", "rdf:value": "new consent"}


def _lasting(duration: str) -> JsonObject:
    return {"@type": "dpv:TemporalDuration", "rdf:value": duration}


def _controller(notice: Mapping[str, Any]) -> JsonObject:
    controller = notice["controller"]
    return {
        "@id": CONTROLLER,
        "@type": "dpv:DataController",
        "dpv:hasName": controller["name"],
        "dpv:hasAddress": controller["address"],
        "dpv:hasContact": controller["email"],
        "dpv:hasLocation": {"@id": f"loc:{controller['country']}"},
    }


def _recipients(notice: Mapping[str, Any], named: Iterable[str]) -> list[JsonObject]:
    return [
        {
            "@id": f"urn:vestibule:party:{one['id']}",
            "@type": ["dpv:Recipient", "dpv:DataProcessor" if one["role"] == "processor" else "dpv:DataController"],
            "dpv:hasName": one["name"],
            "dpv:hasLocation": {"@id": f"loc:{one['country']}"},
        }
        for one in notice["recipients"]
        if one["id"] in named
    ]


def _law(notice: Mapping[str, Any]) -> dict[str, str]:
    """Return the prefix of the law that the authority belongs to, such as `legal-lv`."""
    space, _, _ = notice["authority"]["id"].rpartition("#")
    return {f"legal-{space.rpartition('/')[2]}": f"{space}#"}


def _compact(iri: str, notice: Mapping[str, Any]) -> str:
    spaces = {**TERMS, **_law(notice)}
    short = [f"{prefix}:{iri.removeprefix(space)}" for prefix, space in spaces.items() if iri.startswith(space)]
    return short[0] if short else iri
