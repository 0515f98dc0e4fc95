"""A lead put into the words of the notice its person saw: what was asked, answered, decided, and what the log holds."""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from intake_api.catalogue.definitions import OPT_IN
from intake_api.flows.read_lead import WholeLead
from intake_api.rules.consent import DecisionState
from intake_api.rules.taking_back import BECOMES, LIVING_YESES
from intake_api.store.evidence import Entry
from intake_api.store.lead_notes import LeadNote
from intake_api.store.staff import find_reviewer
from intake_api.web.review.entry_words import KINDS
from intake_api.web.review.names import capital, purpose_name, rule_name
from intake_api.web.review.tongue import _

# The whole notice in the order in which its public page says it; a section without texts is left out.
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("page.who", ("page.who_text", "page.representative", "page.representative_none", "page.officer")),
    ("page.automated", ("ai", "scoring", "page.automated_approval", "page.automated_none")),
    ("page.withdraw", ("withdraw",)),
    ("page.rights", ("right.",)),
    ("page.complaint", ("page.complaint_text",)),
)
LINKS = {"email": "mailto:", "phone": "tel:"}  # made by us from checked values; nothing else becomes a link (SEC-14)


@dataclass(frozen=True)
class Answer:
    """One field: what was asked, and what was answered, if anything."""

    name: str
    asked: str
    value: str | None
    link: str | None


@dataclass(frozen=True)
class DecisionLine:
    """One decision with the words it was made on; `title` is what the purpose is called here."""

    purpose: str
    title: str
    asked: str
    state: DecisionState
    basis: str  # as the notice explains it
    decided_at: datetime
    label_hash: str


@dataclass(frozen=True)
class Section:
    """A heading of the notice and its sentences."""

    heading: str
    sentences: list[str]


@dataclass(frozen=True)
class LogEntry:
    """One entry of the evidence: what, by whom, when, and its place in the log (None while it waits for one)."""

    id: str
    what: str
    by: str
    at: datetime
    position: int | None


@dataclass(frozen=True)
class NoteLine:
    """A note of one of the staff; `by` is their e-mail."""

    id: str
    by: str
    at: datetime
    text: str


@dataclass(frozen=True)
class WrittenDown:
    """How and when staff were told what they wrote down for somebody, and which of them wrote it."""

    way: str
    said_on: str
    by: str


def answers(whole: WholeLead) -> list[Answer]:
    """Return the fields of the notice in its order, answered or not; then what it does not know, by its bare name."""
    texts: Mapping[str, str] = whole.notice["texts"]
    words = "question" if whole.lead.channel == "chat" else "label"
    asked = [str(field["name"]) for field in whole.notice["fields"]]
    names = [*asked, *(name for name in whole.values if name not in asked)]
    return [_answer(texts, name, texts.get(f"field.{name}.{words}", name), whole.values.get(name)) for name in names]


def decisions(whole: WholeLead, changed: Container[str]) -> list[DecisionLine]:
    """Return the decisions in the order of the notice, oldest event first, with the words they were made on.

    :param changed: the purposes whose yes does not count until it is said again (C-17).
    """
    present = {one.purpose: one for one in whole.decisions}
    stale = [one for purpose, one in present.items() if purpose in changed]
    texts: Mapping[str, str] = whole.notice["texts"]
    words = "question" if whole.lead.channel == "chat" else "label"
    order = {str(purpose["id"]): place for place, purpose in enumerate(whole.notice["purposes"])}
    return [
        DecisionLine(
            purpose=one.purpose,
            title=capital(purpose_name(one.purpose)),
            asked=texts.get(f"{words if one.control == OPT_IN else 'label'}.{one.purpose}", ""),
            state=DecisionState.NEEDS_RECONSENT if one in stale else one.state,
            basis=texts.get(f"basis.{one.purpose}", one.basis),
            decided_at=one.decided_at,
            label_hash=one.label_hash,
        )
        for one in sorted(whole.decisions, key=lambda one: order.get(one.purpose, len(order)))
    ]


def living(whole: WholeLead) -> dict[str, str]:
    """Return what the person may take back, as it is called here (W-09)."""
    return {one: capital(purpose_name(one)) for one, state in _present(whole).items() if state in BECOMES}


def says_yes(whole: WholeLead) -> bool:
    """Say whether any yes is alive, beside the request itself."""
    return not LIVING_YESES.isdisjoint(_present(whole).values())


def _present(whole: WholeLead) -> dict[str, DecisionState]:
    return {one.purpose: one.state for one in whole.decisions}


def notice_sections(notice: Mapping[str, Any]) -> list[Section]:
    """Return the notice as it was shown, section by section; texts that an older notice lacks are left out."""
    texts: Mapping[str, str] = notice["texts"]
    why = [Section(texts.get("page.in_short", ""), [texts.get("short", "")])]
    why += [_purpose_section(texts, str(purpose["id"])) for purpose in notice["purposes"]]
    fields = Section(texts.get("page.fields", ""), [_field_said(texts, str(one["name"])) for one in notice["fields"]])
    recipients = [f"{one['name']}, {one['country']}" for one in notice["recipients"]]
    rest = [Section(texts.get(heading, ""), _said(texts, keys)) for heading, keys in SECTIONS]
    whom = Section(texts.get("page.recipients", ""), recipients)
    return [section for section in (*why, fields, whom, *rest) if any(section.sentences)]


def log_entries(tx: Connection, entries: list[Entry], *, readings: bool) -> list[LogEntry]:
    """Return the evidence of a lead for people: staff by their e-mail, others by what they are.

    :param readings: whether who opened it is among it: that is audit, and not for whom it watches (A-05).
    """
    entries = [entry for entry in entries if readings or entry.kind != "lead.read"]
    bodies = [json.loads(entry.body) for entry in entries]
    actors = {str(body.get("actor", "")) for body in bodies}
    names = {actor: _actor(tx, actor) for actor in actors}
    return [
        LogEntry(
            entry.id, KINDS.get(entry.kind, entry.kind), names[str(body.get("actor", ""))], entry.at, entry.position
        )
        for entry, body in zip(entries, bodies, strict=True)
    ]


def notes(tx: Connection, written: list[LeadNote]) -> list[NoteLine]:
    """Return the notes on a lead with who wrote them, oldest first."""
    return [NoteLine(one.id, _actor(tx, f"staff:{one.written_by}"), one.written_at, one.text) for one in written]


def written_down(tx: Connection, entries: list[Entry]) -> WrittenDown | None:
    """Return who wrote a lead down, by its evidence; None where the person sent it."""
    found = next((json.loads(entry.body) for entry in entries if entry.kind == "lead.recorded"), None)
    return WrittenDown(found["way"], found["said_on"], _actor(tx, found["actor"])) if found else None


def _answer(texts: Mapping[str, str], name: str, asked: str, value: object) -> Answer:
    shown = None if value is None else texts.get(f"field.{name}.choice.{value}", str(value))
    link = LINKS[name] + quote(shown, safe="@+") if shown and name in LINKS else None
    return Answer(name, asked, shown, link)


def _purpose_section(texts: Mapping[str, str], purpose: str) -> Section:
    said = _said(texts, tuple(f"{key}.{purpose}" for key in ("text", "basis", "retention")))
    without = texts.get(f"if_not_given.{purpose}")
    return Section(
        texts.get(f"title.{purpose}", purpose), [*said, *([_if_not_given(texts, without)] if without else [])]
    )


def _field_said(texts: Mapping[str, str], name: str) -> str:
    label, why, without = (texts.get(f"field.{name}.{key}", "") for key in ("label", "why", "if_not_given"))
    return f"{label or name}: {why} {_if_not_given(texts, without) if without else ''}".rstrip()


def _if_not_given(texts: Mapping[str, str], without: str) -> str:
    """Put the notice's own words before a consequence, so that it does not read like one more reason."""
    before = texts.get("page.if_not_given")
    return f"{before}: {without}" if before else without


def _said(texts: Mapping[str, str], keys: tuple[str, ...]) -> list[str]:
    """Return the texts of these keys; a key that ends with a dot stands for all texts under it."""
    found = [
        text for key in keys for name, text in texts.items() if name == key or (key[-1] == "." and name.startswith(key))
    ]
    return [text for text in found if text]


def _actor(tx: Connection, actor: str) -> str:
    kind, _colon, staff_id = actor.partition(":")
    if kind == "staff":
        found = find_reviewer(tx, staff_id)
        return found.email if found else _("staff")
    if kind == "rule":
        return _("the rule “%(rule)s”", rule=rule_name(staff_id))
    return {"subject": _("the person"), "system": _("the service"), "operator": _("the command line")}.get(kind, kind)
