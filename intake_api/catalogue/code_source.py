"""The file `codes.yml`, if there is one: the codes of campaigns whose use is counted."""

import re
from datetime import date
from pathlib import Path

from intake_api.catalogue.definitions import CampaignCode
from intake_api.catalogue.entry import Entry
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.yaml_file import read_yaml
from intake_api.rules.attribution import CODE

CODES = "codes.yml"


def read_codes(folder: Path, problems: list[Problem]) -> dict[str, CampaignCode]:
    """Read every code; a catalogue without the file has none."""
    if not (folder / CODES).exists():
        return {}
    listed = Entry(CODES, "", read_yaml(folder, CODES, problems), problems)
    codes = {}
    for name in listed.values:
        entry = listed.entry(name, "Write {says: …, until: 2027-03-31}.")
        entry.only("says", "until")
        if not re.fullmatch(CODE, name) or name != name.upper():
            listed.wrong(name, "is not a code we can take.", "Use 3 to 32 capital letters, digits and hyphens.")
        codes[name] = CampaignCode(
            code=name,
            says=entry.text("says", "Say in plain words where this code was given out; staff read it."),
            until=_last_day(entry),
        )
    return codes


def _last_day(entry: Entry) -> date:
    text = entry.text("until", "Write the last day it counts, such as 2027-03-31.")
    try:
        return date.fromisoformat(text or "2000-01-01")
    except ValueError:
        entry.wrong("until", "is not a day.", "Write it as 2027-03-31.")
        return date.min
