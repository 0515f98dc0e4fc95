"""One file of `catalogue/forms/`: what a form asks, for which purposes, and what its score counts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from intake_api.catalogue.approval_source import read_approval
from intake_api.catalogue.children import read_children_of_form
from intake_api.catalogue.definitions import OPT_IN, AskedIf, Children, Form, FormField, Purpose
from intake_api.catalogue.entry import Entry
from intake_api.catalogue.form_kinds import (
    KINDS,
    STAGES,
    read_event,
    read_first_response,
    read_follow_up,
    read_pages,
    read_popup,
)
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.yaml_file import read_yaml
from intake_api.rules.fields import ONE_OF, OPTIONAL, REQUIRED, FieldRule
from intake_api.rules.qualification import QualificationLine

PRESELECTING = frozenset({"preselected", "preticked", "checked", "default", "selected", "ticked"})

FILE_NAME = re.compile("[a-z][a-z0-9_]{0,62}", re.ASCII)
# Plain http on this machine only: what somebody tries out.
ORIGIN = re.compile(r"(?:https://[a-z0-9.-]*[a-z0-9]|http://(?:localhost|127\.0\.0\.1))(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FieldSource:
    """One field as `fields.yml` describes it, before a form asks it."""

    name: str
    type: str
    max_length: int
    minimum: int
    maximum: int
    choices: tuple[str, ...]
    pd: str


def form_file(form: str) -> str:
    """The file that says what a form asks."""
    return f"forms/{form}.yml"


def read_forms(
    folder: Path,
    fields: Mapping[str, FieldSource],
    purposes: Mapping[str, Purpose],
    regions: Mapping[str, tuple[str, ...]],
    house: Children,
    problems: list[Problem],
) -> dict[str, Form]:
    """Read every form, in the order of its `position`.

    `regions` are by language, the first one complete; `house` is what is done about children where a form says nothing.
    """
    files = sorted(folder.glob("forms/*.yml"))
    if not files:
        problems.append(Problem("forms/", "(folder)", "holds no form.", "Write one: forms/request_contact.yml."))
    forms = []
    for path in files:
        file = form_file(path.stem)
        if not FILE_NAME.fullmatch(path.stem):
            wrong = f"is named {path.stem}, which cannot be the key of a form."
            problems.append(Problem(file, "(name)", wrong, "Use lower-case letters, digits and underscores."))
        entry = Entry(file, "", read_yaml(folder, file, problems), problems)
        forms.append(_form(path.stem, entry, fields, purposes, regions, house))
    return {form.key: form for form in sorted(forms, key=lambda form: (form.position, form.key))}


def _form(
    key: str,
    entry: Entry,
    fields: Mapping[str, FieldSource],
    purposes: Mapping[str, Purpose],
    regions: Mapping[str, tuple[str, ...]],
    house: Children,
) -> Form:
    entry.only(
        "kind", "stage", "position", "languages", "sites", "notice", "purposes", "delivers", "fields", "popup", "pages",
        "event", "follow_up", "first_response", "qualification", "approve_automatically", "children", "children_in",
    )  # fmt: skip
    kind = entry.one_of("kind", KINDS)
    notice = entry.entry("notice", "Write family, version, effective_from and material_change.")
    notice.only("family", "version", "effective_from", "material_change")
    named = _purposes(entry, purposes)
    served = {purpose_id: purposes[purpose_id] for purpose_id in named if purpose_id in purposes}
    asked = _fields(entry, fields, served)
    scored = _qualification(entry)
    return Form(
        key=key,
        kind=kind,
        stage=entry.one_of("stage", STAGES),
        position=entry.whole("position", 1, 10_000),
        family=notice.text("family", "Write the name that all versions of this notice share."),
        version=notice.whole("version", 1, 10_000),
        effective_from=_day(notice),
        material_change=notice.flag("material_change"),
        fields=asked,
        purposes=named,
        qualification_version=scored.whole("version", 1, 10_000) if scored else 0,
        qualification=_lines(scored, {field.name: field.rule for field in asked}) if scored else (),
        regions=regions,
        rules={field.name: field.rule for field in asked},
        languages=_languages(entry, tuple(regions)),
        delivers=_delivers(entry, {field.name: field.rule for field in asked}) if "delivers" in entry.values else None,
        popup=read_popup(entry, kind, len(asked)),
        pages=read_pages(entry, asked),
        event=read_event(entry, kind),
        follow_up=read_follow_up(entry, asked),
        first_response=read_first_response(entry, asked),
        sites=_sites(entry),
        children=read_children_of_form(entry, house, served.values()),
        approval=read_approval(entry, is_scored=scored is not None),
    )


def _sites(entry: Entry) -> tuple[str, ...] | None:
    """Read on whose pages a form may stand: origins as browsers name them, so that they can be compared whole."""
    if "sites" not in entry.values:
        return None
    how = "Write addresses without a path: sites: [https://www.hotel.example]."
    sites = entry.words("sites", how)
    for site in sites:
        if not ORIGIN.fullmatch(site):
            entry.wrong("sites", f"names {site}, which is no site.", how)
    return sites


def _languages(entry: Entry, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Read in which languages a form is offered: all there are, unless it names fewer; always in the first."""
    if "languages" not in entry.values:
        return offered
    named = entry.words("languages", f"Write the languages of this form: [{', '.join(offered)}].")
    for locale in named:
        if locale not in offered:
            wrong = f"names {locale}, which organisation.yml does not offer."
            entry.wrong("languages", wrong, f"Use of: {', '.join(offered)}.")
    if named and offered and offered[0] not in named:
        entry.wrong("languages", f"lacks {offered[0]}, the complete language.", f"Name {offered[0]} as well.")
    return tuple(locale for locale in offered if locale in named)


def _day(notice: Entry) -> str:
    text = notice.text("effective_from", "Write the first day it holds, such as 2026-11-01.")
    try:
        return date.fromisoformat(text or "2000-01-01").isoformat()
    except ValueError:
        notice.wrong("effective_from", "is not a day.", "Write it as 2026-11-01.")
        return ""


def _purposes(entry: Entry, purposes: Mapping[str, Purpose]) -> tuple[str, ...]:
    listed = entry.values.get("purposes")
    for position, item in enumerate(listed if isinstance(listed, list) else (), start=1):
        told = _told_off(item, purposes)
        if told:
            entry.wrong(f"purposes.{position}", *told)
    if isinstance(listed, list) and not all(isinstance(item, str) for item in listed):
        return tuple(_names(listed))
    return entry.words("purposes", "Write what the answers are used for: purposes: [respond_to_request].")


def _told_off(item: object, purposes: Mapping[str, Purpose]) -> tuple[str, str] | None:
    """Say plainly what is wrong with the usual ways of asking for too much at once, and what to write instead."""
    alone = "Write the name of the purpose alone"
    if isinstance(item, str):
        unknown = f"names {item}, which purposes.yml does not have."
        return None if item in purposes else (unknown, f"Use one of: {', '.join(purposes)}.")
    if isinstance(item, list):
        return "joins purposes in one control.", "Write each as an item of its own: each gets its own yes."
    if isinstance(item, dict) and PRESELECTING & set(item):
        return "is agreed to before anybody said yes.", f"{alone}: a yes starts as no."
    if isinstance(item, dict) and "required" in item:
        return "makes a yes a condition.", f"{alone}: a yes is free or it is none."
    return "is not the name of a purpose.", f"{alone}."


def _names(listed: Iterable[object]) -> Iterable[str]:
    """Read on in a list that was told off: what it meant is clear, and one mistake should give one problem."""
    for item in listed:
        if isinstance(item, str):
            yield item
        elif isinstance(item, list | dict):
            yield from _names(item if isinstance(item, list) else [item.get("purpose", item.get("id"))])


def _fields(entry: Entry, fields: Mapping[str, FieldSource], purposes: Mapping[str, Purpose]) -> tuple[FormField, ...]:
    asked: dict[str, FormField] = {}
    for item in entry.entries("fields", "Write one line for each: {name: email, necessity: required, purposes: […]}."):
        for key in sorted(PRESELECTING & set(item.values)):
            item.wrong(key, "gives an answer before the person does.", "Take it out: every field starts empty.")
        item.only("name", "necessity", "purposes", "asked_if", *PRESELECTING)
        name = item.text("name", "Write the name of a field of fields.yml.")
        source = fields.get(name)
        if source is None:
            item.wrong("name", f"is {name}, which fields.yml does not have.", f"Use one of: {', '.join(fields)}.")
        elif name in asked:
            item.wrong("name", f"is {name}, which this form asks already.", "Ask it once.")
        else:
            field = _field(item, source, purposes)
            asked[name] = replace(field, asked_if=_asked_if(item, field.rule, asked)) if _is_sometimes(item) else field
    return tuple(asked.values())


def _field(item: Entry, source: FieldSource, purposes: Mapping[str, Purpose]) -> FormField:
    named = item.words("purposes", "Write what this answer is for. If it is for nothing, do not ask it.")
    for purpose in named:
        if purpose not in purposes:
            item.wrong("purposes", f"names {purpose}, which is no purpose of this form.", "Name purposes listed above.")
    needing = (
        purpose_id
        for purpose_id, purpose in purposes.items()
        if source.name in purpose.needs and purpose.control == OPT_IN
    )
    rule = FieldRule(
        name=source.name,
        type=source.type,
        necessity=_necessity(item),
        max_length=source.max_length,
        minimum=source.minimum,
        maximum=source.maximum,
        choices=source.choices,
        needed_for=frozenset(needing),
    )
    return FormField(rule, named, source.pd)


def _is_sometimes(item: Entry) -> bool:
    return "asked_if" in item.values


def _asked_if(item: Entry, rule: FieldRule, earlier: Mapping[str, FormField]) -> AskedIf | None:
    """Read when a field is asked: after a number that this form asks before it, and neither always nor never."""
    entry = item.entry("asked_if", "Write {field: rating, at_most: 6}.")
    entry.only("field", "at_most")
    if rule.necessity != OPTIONAL:
        item.wrong("necessity", "is not optional, though it is not always asked.", f"Write: necessity: {OPTIONAL}.")
    name = entry.text("field", "Write the name of a whole number that is asked before.")
    before = earlier.get(name)
    if before is None or before.rule.type != "integer":
        numbers = ", ".join(field.name for field in earlier.values() if field.rule.type == "integer") or "none"
        entry.wrong("field", f"is {name}, which is no whole number asked before.", f"Asked before are: {numbers}.")
        return None
    if before.asked_if:
        entry.wrong("field", f"is {name}, which is itself asked of some only.", "Name a field that is always asked.")
    return AskedIf(name, entry.whole("at_most", before.rule.minimum, before.rule.maximum - 1))


def _necessity(item: Entry) -> str:
    choice = f"Write {REQUIRED}, {OPTIONAL} or one_of:<group>."
    text = item.text("necessity", choice)
    group = text.removeprefix(ONE_OF)
    if text in ("", REQUIRED, OPTIONAL) or (group != text and group.isidentifier()):
        return text
    item.wrong("necessity", f"is {text}, which is not known.", choice)
    return OPTIONAL


def _delivers(entry: Entry, rules: Mapping[str, FieldRule]) -> str | None:
    name = entry.text("delivers", "Write the name of the field whose answer names what is given.")
    rule = rules.get(name)
    if rule is None or rule.type != "choice" or rule.necessity != REQUIRED:
        entry.wrong("delivers", f"is {name}, which is no choice that this form requires.", "Name such a field.")
        return None
    return name


def _qualification(entry: Entry) -> Entry | None:
    if "qualification" not in entry.values:
        return None
    scored = entry.entry("qualification", "Write version and lines.")
    scored.only("version", "lines")
    return scored


def _lines(scored: Entry, rules: Mapping[str, FieldRule]) -> tuple[QualificationLine, ...]:
    lines: dict[str, QualificationLine] = {}
    for item in scored.entries("lines", "Write {purpose_id: …, field: …, at_least: …, points: …, says: …}."):
        item.only("id", "field", "points", "says", "at_least", "any_of")
        line = _line(item, rules)
        if line.id in lines:
            item.wrong("id", f"is {line.id}, which another line has.", "Give each line a name of its own.")
        lines[line.id] = line
    return tuple(lines.values())


def _line(item: Entry, rules: Mapping[str, FieldRule]) -> QualificationLine:
    name = item.text("field", "Write which answer earns the points.")
    rule = rules.get(name)
    if rule is None or rule.type not in ("integer", "choice"):
        item.wrong("field", f"is {name}, which is no number or choice of this form.", "Score numbers and choices only.")
    numeric = rule is not None and rule.type == "integer"
    any_of = () if numeric else item.words("any_of", "Write the answers that earn the points: any_of: [owner].")
    for answer in any_of:
        if rule is not None and answer not in rule.choices:
            item.wrong("any_of", f"names {answer}, which cannot be chosen.", f"Use of: {', '.join(rule.choices)}.")
    return QualificationLine(
        id=item.text("id", "Write a short name."),
        field=name,
        points=item.whole("points", 1, 100),
        says=item.text("says", "Say in plain words why this is worth points; reviewers and the person may read it."),
        at_least=item.whole("at_least", 0, 10**9) if numeric else None,
        any_of=any_of,
    )
