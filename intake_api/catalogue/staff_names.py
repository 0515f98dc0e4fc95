"""How staff are told what the catalogue names: short words under `staff` in the files of the languages.

No visitor reads them, so they are part of no notice, and none has to be there: what visitors read stands in for a name
that is missing, then the words of the file that has it (teams, lines of a score), then its bare id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from intake_api.catalogue.sources import Sources
from intake_api.catalogue.words import Words

STAFF = "staff."


@dataclass(frozen=True, slots=True)
class StaffName:
    """A name that staff may be told: its key without `staff.`, and what stands in for it.

    `visitors` is the key of a text of theirs; `written` is what another file says, in the complete language.
    """

    key: str
    visitors: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class StaffNames:
    """The names of one language, by keys such as `forms.order`.

    `missing` are those that something else stands in for, `unused` those that name nothing; both as in the file.
    """

    said: Mapping[str, str]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def staff_keys(sources: Sources) -> Iterator[StaffName]:
    """Return every name that staff may be told."""
    for form in sources.forms.values():
        yield StaffName(f"forms.{form.key}", f"forms.{form.key}.title")
        for line in form.qualification:
            yield StaffName(f"score.{form.key}.{line.id}", written=line.says)
    yield from (StaffName(f"purposes.{name}", f"purposes.{name}.title") for name in sources.purposes)
    yield from (StaffName(f"fields.{name}", f"fields.{name}.label") for name in sources.fields)
    yield from (StaffName(f"teams.{name}", written=said) for name, said in sources.assignment.teams.items())
    yield from (StaffName(f"rules.{rule.id}") for rule in sources.assignment.rules)


def make_staff_names(sources: Sources, locale: str) -> StaffNames:
    """Return the names of a language, each with what stands in for it."""
    said, missing = {}, []
    texts = sources.words[locale]
    fill = Words(locale, texts).fill
    for name in staff_keys(sources):
        own = texts.get(STAFF + name.key)
        is_said_there = locale == sources.default_locale and bool(name.written)
        if own is None and not is_said_there:
            missing.append(STAFF + name.key)
        if known := own or texts.get(name.visitors) or name.written:
            said[name.key] = fill(known, sources.organisation.in_texts)
    keys = {STAFF + name.key for name in staff_keys(sources)}
    return StaffNames(said, tuple(missing), tuple(key for key in texts if key.startswith(STAFF) and key not in keys))
