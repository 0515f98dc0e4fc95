"""`catalogue/contents/<content>/<locale>.yml`: what a form gives to whoever asks for it, in each language."""

from collections.abc import Collection, Mapping
from pathlib import Path

from intake_api.catalogue.entry import Entry
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.shown import Content, ContentSection
from intake_api.catalogue.yaml_file import read_yaml

FOLDER = "contents"


def read_contents(folder: Path, locales: Collection[str], problems: list[Problem]) -> Mapping[tuple[str, str], Content]:
    """Read every content in every language there is, by its id and the language."""
    found = {}
    for path in sorted(folder.glob(f"{FOLDER}/*/*.yml")):
        content, locale = path.parent.name, path.stem
        entry = Entry(contents_file(content, locale), "", {}, problems)
        if locale not in locales:
            entry.wrong("", f"is in {locale}, which is no language offered.", f"Use of: {', '.join(locales)}.")
            continue
        entry = Entry(entry.file, "", read_yaml(folder, entry.file, problems), problems)
        found[content, locale] = _content(content, locale, entry)
    return found


def contents_file(content: str, locale: str) -> str:
    """The file that holds a content in a language."""
    return f"{FOLDER}/{content}/{locale}.yml"


def _content(content: str, locale: str, entry: Entry) -> Content:
    entry.only("title", "intro", "sections")
    return Content(
        id=content,
        locale=locale,
        title=entry.text("title", "Write what it is called."),
        intro=entry.text("intro", "Write in a sentence or two how it is used."),
        sections=tuple(map(_section, entry.entries("sections", "Write {heading: …, items: […]}."))),
    )


def _section(entry: Entry) -> ContentSection:
    entry.only("heading", "items", "paragraphs")
    if ("items" in entry.values) == ("paragraphs" in entry.values):
        entry.wrong("", "has both items and paragraphs, or neither.", "Write items to tick, or paragraphs to read.")
        return ContentSection("", (), ())
    return ContentSection(
        heading=entry.text("heading", "Write what stands above it."),
        items=_texts(entry, "items"),
        paragraphs=_texts(entry, "paragraphs"),
    )


def _texts(entry: Entry, name: str) -> tuple[str, ...]:
    return entry.words(name, "Write one text or more.") if name in entry.values else ()
