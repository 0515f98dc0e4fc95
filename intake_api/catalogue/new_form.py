"""Makes the starting file of a new form: correct from its first minute, and asking as little as its kind needs."""

import re
import shutil
import tempfile
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from intake_api.catalogue.definitions import ACT, Purpose
from intake_api.catalogue.form_kinds import FEEDBACK, POPUP, SURVEY
from intake_api.catalogue.form_source import FILE_NAME, FieldSource, form_file
from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.problems import CatalogueError
from intake_api.catalogue.sources import Sources, read_sources, words_file
from intake_api.catalogue.terms import DPV, PD
from intake_api.rules.fields import ONE_OF, OPTIONAL, REQUIRED

STARTING_WORDS = Path(__file__).parent / "starting_words"

_WIDTH = 118
_PURPOSE, _KEPT = "PURPOSE", "KEPT"
_CONTACT = f"{ONE_OF}contact"


@dataclass(frozen=True, slots=True)
class NewForm:
    """What was written: the texts of files by their names under the catalogue, and what its author does next."""

    files: Mapping[str, str]
    edit_next: tuple[str, ...]


class CannotMake(Exception):
    """No correct form of this kind can be made; the text says why, and what to do."""

    code = "form_cannot_be_made"


@dataclass(frozen=True, slots=True)
class _Start:
    """How a kind of form begins: what it is for, and what it asks with which necessity."""

    stage: str
    words: str
    terms: tuple[str, ...]
    asks: Mapping[str, str]


_ANSWER = ("RequestedServiceProvision",)
_OPINION = ("ImproveExistingProductsAndServices",)
_TO_REACH = {"email": _CONTACT, "phone": _CONTACT, "name": OPTIONAL}
_STARTS = {
    "landing": _Start("middle", "asking", _ANSWER, {**_TO_REACH, "message": OPTIONAL}),
    "button": _Start("early", "asking", _ANSWER, {"email": REQUIRED}),
    "popup": _Start("early", "asking", _ANSWER, {"email": REQUIRED}),
    "survey": _Start("middle", "giving_an_opinion", _OPINION, {"rating": REQUIRED, "comment": OPTIONAL}),
    "feedback": _Start("late", "giving_an_opinion", _OPINION, {"rating": REQUIRED, "comment": OPTIONAL}),
    "registration": _Start("early", "taking_part", _ANSWER, {"email": REQUIRED}),
    "loyalty": _Start(
        "late", "taking_part", ("CustomerRelationshipManagement",), {"name": REQUIRED, "email": REQUIRED}
    ),
    "contest": _Start("early", "taking_part", _ANSWER, {"email": REQUIRED}),
    "complaint": _Start("late", "asking", ("CustomerClaimsManagement",), {"message": REQUIRED, **_TO_REACH}),
    "order": _Start("late", "asking", ("CustomerOrderManagement", *_ANSWER), {"message": REQUIRED, **_TO_REACH}),
}
# Which field of the catalogue is meant: by its type and by the kind of personal data it is.
_MEANT = {
    "email": ("email", "EmailAddress"),
    "phone": ("phone", "TelephoneNumber"),
    "name": ("text", "Name"),
    "message": ("long_text", "Communication"),
    "comment": ("long_text", "Opinion"),
    "rating": ("integer", "Opinion"),
}


def make_new_form(folder: Path, public_url: str, name: str, kind: str, *, today: date) -> NewForm:
    """Write a new form with its first words in every language we have some for, and return what was written.

    The catalogue is loaded with it before anything is put in its place: what is written loads.

    :raises CannotMake: the name is taken or none, or the catalogue has not what this kind of form is made of.
    :raises CatalogueError: the catalogue does not load as it is.
    """
    load_catalogue(folder, public_url)
    sources = read_sources(folder, [])
    _check_name(sources, name)
    purpose = _purpose_of(sources, kind)
    asked = _asked(sources, kind, purpose)
    files = {form_file(name): _form_text(sources, name, kind, purpose, asked, today)}
    for locale in sources.words:
        text = (folder / words_file(locale)).read_text(encoding="utf-8")
        if block := _words_block(locale, name, kind, purpose, asked):
            files[words_file(locale)] = _with_block(text, block)
    _try(folder, public_url, files)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    return NewForm(files, tuple(_edit_next(sources, name, kind, purpose, files)))


def _check_name(sources: Sources, name: str) -> None:
    if not FILE_NAME.fullmatch(name):
        raise CannotMake(f"{name} cannot be the key of a form. Use lower-case letters, digits and underscores.")
    if name in sources.forms:
        raise CannotMake(f"There is a form {name} already: {form_file(name)}.")


def _purpose_of(sources: Sources, kind: str) -> Purpose:
    """Choose what the form is for: as another form of its kind, else by what the kind does; agreed to by sending."""
    acts = {name: purpose for name, purpose in sources.purposes.items() if purpose.control == ACT}
    alike = [name for form in sources.forms.values() if form.kind == kind for name in form.purposes if name in acts]
    fitting = [name for term in _STARTS[kind].terms for name, one in acts.items() if one.dpv == DPV + term]
    for found in (*alike, *fitting):
        return acts[found]
    terms = " or ".join(_STARTS[kind].terms)
    raise CannotMake(f"purposes.yml has no purpose for a {kind} form. Add one with dpv {DPV}{terms}, not on consent.")


def _asked(sources: Sources, kind: str, purpose: Purpose) -> dict[str, str]:
    """Return field and necessity: what the kind asks, and what the purpose cannot do without."""
    wanted = {field: need for meant, need in _STARTS[kind].asks.items() if (field := _field(sources, meant))}
    asked = {**{name: REQUIRED for name in purpose.needs if name not in wanted}, **wanted}
    asked = {name: REQUIRED if name in purpose.needs else need for name, need in asked.items()}
    contacts = [name for name, need in asked.items() if need == _CONTACT]
    if len(contacts) == 1:
        asked[contacts[0]] = REQUIRED
    if not asked:
        raise CannotMake(f"fields.yml has none of the fields a {kind} form asks: {', '.join(_STARTS[kind].asks)}.")
    return asked


def _field(sources: Sources, meant: str) -> str | None:
    kind, term = _MEANT[meant]

    def fits(field: FieldSource) -> bool:
        return field.type == kind and field.pd == PD + term

    if meant in sources.fields and fits(sources.fields[meant]):
        return meant
    return next((name for name, field in sources.fields.items() if fits(field)), None)


def _form_text(sources: Sources, name: str, kind: str, purpose: Purpose, asked: Mapping[str, str], today: date) -> str:
    position = max((form.position for form in sources.forms.values()), default=0) + 10
    fields = [
        f"  - {{name: {field}, necessity: {_quoted(need)}, purposes: [{purpose.id}]}}" for field, need in asked.items()
    ]
    return "\n".join(
        [
            "# Say here in one line who sends this form, and what for.",
            "",
            f"kind: {kind}",
            f"stage: {_STARTS[kind].stage}",
            f"position: {position}",
            "",
            "notice:",
            f"  family: {name.replace('_', '-')}",
            "  version: 1",
            f'  effective_from: "{today.isoformat()}"',
            "  material_change: false",
            "",
            f"purposes: [{purpose.id}]",
            "",
            "fields:",
            *fields,
            *_own_keys(kind, list(asked)),
            "",
        ]
    )


def _own_keys(kind: str, asked: list[str]) -> list[str]:
    if kind == POPUP:
        return [
            "",
            "# delay (then after_seconds, 60 or more), exit or first_visit; top, bottom, side, centre or full.",
            "popup:",
            "  trigger: delay",
            "  after_seconds: 60",
            "  position: bottom",
            "  again_after_days: 30",
            "  quiet_after_no_days: 180",
        ]
    if kind == SURVEY:
        return ["", "# Which fields stand on which page.", "pages:", *(f"  - [{name}]" for name in asked)]
    if kind == FEEDBACK:
        return ["", "# What the page around it announces before this is shown.", "event: purchase"]
    return []


def _quoted(need: str) -> str:
    return f'"{need}"' if ":" in need else need


def _words_block(locale: str, name: str, kind: str, purpose: Purpose, asked: Mapping[str, str]) -> list[str]:
    """Return the lines to put under `forms:` in a language; none where we have no words to begin with."""
    file = STARTING_WORDS / f"{locale}.yml"
    if not file.exists():
        return []
    words = yaml.safe_load(file.read_text(encoding="utf-8"))
    short = words["short"]["interest" if purpose.legitimate_interest else "request"]
    said = {
        "title": words["titles"][kind],
        **words[_STARTS[kind].words],
        "short": short.replace(_PURPOSE, purpose.id).replace(_KEPT, words["kept"][purpose.kept.start]),
    }
    required = [field for field, need in asked.items() if need == REQUIRED]
    needed = {field: words["needed"][field] for field in required if field in words["needed"]}
    lines = [f"  {name}:"]
    for key, text in said.items():
        if len(text) <= _WIDTH - 20 and not text.startswith("{") and ": " not in text:
            lines.append(f"    {key}: {text}")
        else:
            lines += [f"    {key}: >-", *textwrap.wrap(text, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)]
    lines += ["    fields:"] if needed else []
    for field, text in needed.items():
        lines += [f"      {field}:", f"        if_not_given: {text}"]
    return lines


def _with_block(text: str, block: list[str]) -> str:
    """Put lines at the end of what stands under `forms:`; everything else stays as it is, comments too."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if re.match(r"forms:\s*(\{\s*\})?\s*(#.*)?$", line)), None)
    if start is None:
        return "\n".join([*lines, "", "forms:", *block, ""])
    lines[start] = "forms:"
    end = next((at for at in range(start + 1, len(lines)) if re.match(r"[^\s#]", lines[at])), len(lines))
    while end > start + 1 and re.match(r"\s*$|#", lines[end - 1]):
        end -= 1
    return "\n".join([*lines[:end], *block, *lines[end:], ""])


def _try(folder: Path, public_url: str, files: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        tried = Path(shutil.copytree(folder, Path(place) / "catalogue"))
        for file, text in files.items():
            (tried / file).write_text(text, encoding="utf-8")
        try:
            load_catalogue(tried, public_url)
        except CatalogueError as error:
            told = "\n".join(f"  {problem}" for problem in error.problems)
            raise CannotMake(f"Nothing was written, since the catalogue would not load with it:\n{told}") from None


def _edit_next(sources: Sources, name: str, kind: str, purpose: Purpose, files: Mapping[str, str]) -> Iterable[str]:
    written = [locale for locale in sources.words if words_file(locale) in files]
    lacking = [locale for locale in sources.words if locale not in written]
    yield f"{form_file(name)}: it serves {purpose.id} alone. Take out what you do not need; what you add has a reason."
    if kind == POPUP:
        yield f"{form_file(name)}: popup says when it opens, where, and how long it stays away."
    if kind == SURVEY:
        yield f"{form_file(name)}: pages says which fields stand together."
    if kind == FEEDBACK:
        yield f"{form_file(name)}: event says what has happened before it is shown."
    places = f"locales/{{{','.join(written)}}}.yml"
    yield f"{places}: forms.{name} begins in plain words. Say what yours is about, and by when."
    yield (
        "A field in words of this form: "
        f"forms.{name}.fields.<field> with label, question, why or if_not_given, in each language."
    )
    yield (
        "News or offers: a purpose of its own in the list, named at the field it needs, and its {duration.…} in short. "
        "It gets its own yes; nothing else may hang on it."
    )
    if lacking:
        yield f"Not offered yet in {', '.join(lacking)}: write forms.{name} there too."
