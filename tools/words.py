"""Keep the languages of the review door in step: collect what there is to say, and check that all of them say it.

`python -m tools.words` tells what is amiss and ends with 1 if anything is; with `--update` it first brings the files
`intake_api/web/review/translations/<language>/LC_MESSAGES/review.po` in line: new sentences come in empty, those that
nobody says any more go.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from intake_api.web.review.below import sentences
from intake_api.web.review.tongue import ENGLISH, LANGUAGES, TRANSLATIONS
from tools.unsaid import unsaid_in

REVIEW = TRANSLATIONS.parent
TEMPLATES = REVIEW / "templates" / "review"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}}
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
NAMED = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")
TAG = re.compile(r"</?\w+[^>]*>")


@dataclass(frozen=True)
class Amiss:
    """Something that is not as it should be: where, and what."""

    where: str
    what: str


def collected() -> Catalog:
    """Return every sentence that the pages say in English, with where it stands."""
    found = Catalog()
    for path, line, text, _comments, context in extract_from_dir(
        str(REVIEW), METHODS, OPTIONS, keywords=KEYWORDS, strip_comment_tags=True
    ):
        found.add(text, locations=[(path, line)], context=context)
    for text in sentences():
        found.add(text)
    return found


def path_of(code: str) -> Path:
    """Return where the sentences of a language stand."""
    return TRANSLATIONS / code / "LC_MESSAGES" / "review.po"


def read(code: str) -> Catalog:
    """Return the sentences of a language."""
    if not path_of(code).exists():
        return Catalog(locale=code)
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code)


def update(code: str, wanted: Catalog) -> None:
    """Bring the file of a language in line with what is said, sorted and without line numbers, so that it merges."""
    had, new = read(code), Catalog(locale=code, header_comment="", fuzzy=False)
    for message in wanted:
        if message.id:
            known = had.get(_key(message), message.context)
            new.add(message.id, known.string if known else "", context=message.context)
    path_of(code).parent.mkdir(parents=True, exist_ok=True)
    with path_of(code).open("wb") as file:
        write_po(file, new, sort_output=True, no_location=True, omit_header=True, width=0)


def amiss() -> Iterator[Amiss]:
    """Tell everything that is amiss: what is not marked as said, and what a language lacks or says otherwise."""
    for template in sorted(TEMPLATES.glob("*.html")):
        yield from (Amiss(template.name, what) for what in unsaid_in(template.read_text("utf-8")))
    wanted = collected()
    for code in LANGUAGES:
        if code != ENGLISH:
            yield from (Amiss(f"{code}/review.po", what) for what in _compare(wanted, read(code)))


def _compare(wanted: Catalog, has: Catalog) -> Iterator[str]:
    ours = {(_key(one), one.context): one for one in wanted if one.id}
    theirs = {(_key(one), one.context): one for one in has if one.id}
    for key in ours.keys() - theirs.keys():
        yield f"lacks {key[0]!r}"
    for key in theirs.keys() - ours.keys():
        yield f"says what nobody asks for: {key[0]!r}"
    for key in ours.keys() & theirs.keys():
        yield from _judge(theirs[key], has.num_plurals)


def _judge(message: Message, plurals: int) -> Iterator[str]:
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    asked = message.id if isinstance(message.id, tuple | list) else (message.id,)
    text = asked[0]
    if len(asked) > 1 and len(said) != plurals:
        yield f"has {len(said)} plural forms of {plurals}: {text!r}"
    if not all(said):
        yield f"leaves empty {text!r}"
    if message.fuzzy:
        yield f"is not sure of {text!r}"
    for one in filter(None, said):
        if _names(one) != _names(asked[-1]):
            yield f"has other names than {text!r}: {one!r}"
        if sorted(TAG.findall(one)) != sorted(TAG.findall(asked[-1])):
            yield f"has other tags than {text!r}: {one!r}"
        if '"' in TAG.sub("", one):
            yield f"has a straight quotation mark, which ends an attribute: {one!r}"


def _names(text: str) -> set[str]:
    return {one or other for one, other in NAMED.findall(text)} | ({"%"} if "%%" in text else set())


def _key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else str(message.id)


def main(arguments: list[str]) -> int:
    """Check, after an update if it is asked for; return the code to end with."""
    if "--update" in arguments:
        wanted = collected()
        for code in LANGUAGES:
            if code != ENGLISH:
                update(code, wanted)
    found = sorted(set(amiss()), key=lambda one: (one.where, one.what))
    for one in found:
        print(f"{one.where}: {one.what}")
    print(f"{len(found)} amiss." if found else "All languages say everything.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
