"""How well the bot finds details in a file of texts: `make nlu-report ENTITIES=file.tsv`.

The file has the columns `lang`, `text`, `field`, `value`, parted by tabs, with a header line and no quoting; a text has
one row for each field asked about. The value `INVALID` is for one that must not be accepted, an empty one says that
there is nothing to find. Each text goes through the bot's own search, and what that finds through the real API's check,
in the text's language as the page's: found and accepted and the same after normalising is right, nothing else.

`tools.details_report` starts the API for it. The report is JSON on standard output.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.client import ApiAway, ApiRefused, FormApi
from bot.dialogue.details import find_details, said_in, value_for
from bot.dialogue.sheet import CONTACT_TYPES, Field, Sheet
from bot.settings import SettingsError, read_settings, read_token
from bot.wording import Lexicon, load_wording

FORM = "request_demo"  # it asks for everything the search can find
COLUMNS = ("lang", "text", "field", "value")
INVALID = "INVALID"
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Row:
    """One line of the file."""

    line: int
    language: str
    text: str
    field: str
    wanted: str


@dataclass(frozen=True)
class Outcome:
    """What became of a row: the value that was accepted, if one was, and whether the API gave a reason against one."""

    row: Row
    accepted: str | None
    is_refused: bool
    is_same: bool

    @property
    def is_right(self) -> bool:
        """Whether a value that is there was found as it is, and none accepted where there is none."""
        return self.is_same if self.has_value else self.accepted is None

    @property
    def has_value(self) -> bool:
        """Whether there is something to find and to accept."""
        return self.row.wanted not in ("", INVALID)


def main() -> int:
    """Read the file, search, let the API check, print the report; return the exit code."""
    parser = argparse.ArgumentParser(prog="make nlu-report", description=__doc__)
    parser.add_argument("entities", type=Path, help="lang, text, field, value (tabs)")
    file: Path = parser.parse_args().entities
    try:
        rows = read_rows(file)
        api = FormApi(read_settings().internal_url, read_token("SERVICE_TOKEN"))
        outcomes = asyncio.run(judge(rows, api))
    except (OSError, ValueError, SettingsError, ApiAway, ApiRefused) as error:
        print(f"nlu-report: {error}", file=sys.stderr)  # noqa: T201 - a door
        return 2
    print(json.dumps(describe(outcomes), indent=2, ensure_ascii=False))  # noqa: T201 - a door
    return 0


def read_rows(file: Path) -> list[Row]:
    """Read a file of texts with details.

    :raises ValueError: a column is missing, or there is no row.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        read = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))
    if not read or not set(COLUMNS) <= read[0].keys():
        raise ValueError(f"{file.name} must begin with the line {', '.join(COLUMNS)} (tabs between) and hold a row.")
    return [
        Row(line, row["lang"].strip(), row["text"], row["field"].strip(), row["value"].strip())
        for line, row in enumerate(read, start=2)
    ]


async def judge(rows: Sequence[Row], api: FormApi) -> list[Outcome]:
    """Search each text and let the API check what was found.

    :raises ValueError: a row names a language or a field that the form does not have.
    :raises ApiAway: the API does not answer.
    """
    async with api:
        sheets = {language: await _sheet(api, language) for language in dict.fromkeys(row.language for row in rows)}
        return [await _judge(row, sheets[row.language], api) for row in rows]


def describe(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of a report; shares are between 0 and 1, and null where there was nothing to count."""
    languages = sorted({one.row.language for one in outcomes})
    return {
        "texts": len({(one.row.language, one.row.text) for one in outcomes}),
        **_figures(outcomes),
        "by_field": _by_field(outcomes),
        "by_language": {
            language: {**_figures(own), "by_field": _by_field(own)}
            for language in languages
            for own in [[one for one in outcomes if one.row.language == language]]
        },
        "wrong": [
            {"line": one.row.line, "lang": one.row.language, "field": one.row.field, "wanted": one.row.wanted}
            | {"found": one.accepted}
            for one in outcomes
            if not one.is_right
        ],
    }


async def _sheet(api: FormApi, language: str) -> Sheet:
    try:
        return Sheet(await api.get_form(FORM, language))
    except ApiRefused as refused:
        raise ValueError(f"The form {FORM} cannot be asked for in {language!r} ({refused.code}).") from None


async def _judge(row: Row, sheet: Sheet, api: FormApi) -> Outcome:
    field = sheet.field(row.field)
    if field is None:
        known = ", ".join(one.name for one in sheet.fields())
        raise ValueError(f"line {row.line}: the form has no field {row.field!r}; it has {known}.")
    found = _found(row, field, sheet, load_wording().for_language(row.language).lexicon)
    verdicts = [(value, await _verdict(value, field, row.language, api)) for value in found]
    accepted = next((str(verdict["value"]) for _, verdict in verdicts if verdict.get("ok")), None)
    wanted = row.wanted
    if field.type in CONTACT_TYPES and wanted and wanted != INVALID:
        wanted = str((await _verdict(wanted, field, row.language, api)).get("value", wanted))
    said = {value for value, verdict in verdicts if verdict.get("ok")} | {accepted}
    is_same = accepted is not None and any(_folded(wanted, field) == _folded(value or "", field) for value in said)
    return Outcome(row, accepted, any(not verdict.get("ok") for _, verdict in verdicts), is_same)


def _found(row: Row, field: Field, sheet: Sheet, lexicon: Lexicon) -> list[str]:
    """Return what the bot would hand to the API.

    Of a broken address also what it would make of the text as the answer to its question: both must be refused.
    """
    found = find_details(row.text, sheet, lexicon).get(field.name)
    if field.choices:
        # Before the choice is made of it, it is a role or an amount, and the file may name either.
        said = said_in(row.text, lexicon).get(field.name)
        return [value for value in (found, said) if value]
    if row.wanted == INVALID and field.type in CONTACT_TYPES:
        return list(dict.fromkeys(value for value in (found, value_for(field, row.text, lexicon)) if value))
    return [found] if found else []


async def _verdict(value: str, field: Field, language: str, api: FormApi) -> Mapping[str, Any]:
    if field.choices and value not in {choice for choice, _ in field.choices}:
        return {"ok": True, "value": value}  # said in the visitor's words; the bot asks which choice that is
    typed: Any = int(value) if field.type == "integer" and value.isdecimal() else value
    checked = await api.check(FORM, language, {field.name: typed})
    verdict: Mapping[str, Any] = checked[field.name]
    return verdict


def _folded(value: str, field: Field) -> str:
    if field.type == "phone":
        return re.sub(r"[^\d+;=a-z]", "", value)
    folded = unicodedata.normalize("NFKC", value).casefold()
    return folded.strip() if field.type == "email" else _NO_WORD.sub(" ", folded).strip()


def _by_field(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    names = dict.fromkeys(one.row.field for one in outcomes)
    return {name: _figures([one for one in outcomes if one.row.field == name]) for name in names}


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    there = [one for one in outcomes if one.has_value]
    invalid = [one for one in outcomes if one.row.wanted == INVALID]
    empty = [one for one in outcomes if not one.row.wanted]
    return {
        "rows": len(outcomes),
        "right": sum(one.is_right for one in outcomes),
        "recall": _share(one.is_right for one in there),
        "precision": _share(one.is_same for one in outcomes if one.accepted is not None),
        "invalid": {
            "rows": len(invalid),
            "accepted": sum(one.accepted is not None for one in invalid),
            "refused_with_a_reason": sum(one.is_refused for one in invalid),
        },
        "nothing_to_find": {"rows": len(empty), "found": sum(one.accepted is not None for one in empty)},
    }


def _share(yeses: Iterable[bool]) -> float | None:
    counted = list(yeses)
    return round(sum(counted) / len(counted), 4) if counted else None


if __name__ == "__main__":
    sys.exit(main())
