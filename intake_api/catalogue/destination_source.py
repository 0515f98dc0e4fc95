"""The files `destinations/<kind>.yml`: under which names a destination is told the fields of each form."""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from intake_api.catalogue.entry import Entry
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.yaml_file import read_yaml
from intake_api.rules.field_map import ConsentFields, FieldMap

FOLDER = "destinations"
FORM_HOW = "Write for each form what differs: request_demo: {headcount: x_headcount}."
CONSENT_HOW = "Write for each purpose its fields there: newsletter: {state: x_newsletter, evidence: x_proof}."


def read_destinations(
    folder: Path, fields: Collection[str], purposes: Collection[str], problems: list[Problem]
) -> dict[str, FieldMap]:
    """Read the map of each destination that has a file, by its kind."""
    forms = sorted(path.stem for path in (folder / "forms").glob("*.yml"))  # also one with a fault that is told there
    maps = {}
    for path in sorted((folder / FOLDER).glob("*.yml")):
        file = f"{FOLDER}/{path.name}"
        entry = Entry(file, "", read_yaml(folder, file, problems), problems)
        if not any(problem.file == file for problem in problems):
            maps[path.stem] = _map(entry, fields, purposes, forms)
    return maps


def _map(entry: Entry, fields: Collection[str], purposes: Collection[str], forms: Collection[str]) -> FieldMap:
    entry.only("fields", "forms", "fixed", "consent", "opt_out")
    common = _names(entry.entry("fields", "Write the names there: name: contact_name."), fields)
    made = FieldMap(
        fields=common,
        forms={form: _names(item, fields) for form, item in _under(entry, "forms", forms, FORM_HOW).items()},
        fixed={name: item for name, item in _texts(entry, "fixed").items() if item},
        consent={purpose: _consent(item) for purpose, item in _under(entry, "consent", purposes, CONSENT_HOW).items()},
        opt_out=_known_purposes(entry, purposes),
    )
    _tell_twice(entry, "fields", common, made)
    for form, own in made.forms.items():
        _tell_twice(entry, f"forms.{form}", {**common, **own}, made)
    return made


def _names(entry: Entry, fields: Collection[str]) -> dict[str, str]:
    for name in entry.values:
        if name not in fields:
            entry.wrong(name, "is not a field of fields.yml.", f"Use of: {', '.join(fields)}.")
    return {name: entry.text(name, "Write the name of the field over there.") for name in entry.values}


def _under(entry: Entry, name: str, known: Collection[str], instead: str) -> dict[str, Entry]:
    if name not in entry.values:
        return {}
    items = entry.entry(name, instead).named_entries()
    for one in items:
        if one not in known:
            entry.wrong(f"{name}.{one}", "is not known.", f"Use of: {', '.join(known)}.")
    return items


def _texts(entry: Entry, name: str) -> dict[str, str]:
    if name not in entry.values:
        return {}
    fixed = entry.entry(name, "Write what is the same for each lead: source: Website.")
    return {one: fixed.text(one, "Write what is sent.") for one in fixed.values}


def _consent(entry: Entry) -> ConsentFields:
    entry.only("state", "decided_at", "evidence", "subscription")
    found = {name: entry.text(name, "Write the name of the field over there.") for name in entry.values}
    return ConsentFields(*(found.get(name) for name in ("state", "decided_at", "evidence", "subscription")))


def _known_purposes(entry: Entry, purposes: Collection[str]) -> tuple[str, ...]:
    if "opt_out" not in entry.values:
        return ()
    said = entry.words("opt_out", f"Write purposes of advertising, of: {', '.join(purposes)}.")
    for one in said:
        if one not in purposes:
            entry.wrong("opt_out", f"names {one}, which is no purpose.", f"Use of: {', '.join(purposes)}.")
    return said


def _tell_twice(entry: Entry, key: str, names: Mapping[str, str], made: FieldMap) -> None:
    """Refuse one name for two fields: one of them would silently not arrive."""
    consent = [name for one in made.consent.values() for name in (one.state, one.decided_at, one.evidence) if name]
    sent = Counter([*names.values(), *made.fixed, *consent])
    if twice := next((name for name, times in sent.items() if name and times > 1), None):
        entry.wrong(key, f"sends two things as {twice}.", "Give each a field of its own over there.")
