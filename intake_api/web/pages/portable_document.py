"""What a person gave us themselves, to take along and to be read by other programs (Art. 20, S-06)."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from intake_api.clock import rfc3339
from intake_api.flows.read_by_link import OwnData, OwnLead
from intake_api.rules.spreadsheet import text_cell

SCHEMA = "urn:vestibule:portable:1"
PORTABLE = ("A6-1-a", "A6-1-b")  # on consent, or for a contract
COLUMNS = ("reference", "form", "received_at", "field", "value")


def portable_document(data: OwnData) -> dict[str, Any]:
    """Return the document, every value verbatim; `fields` can be sent to the same form as they are."""
    return {"schema": SCHEMA, "email": data.email, "submissions": [_submission(one) for one in data.leads]}


def portable_table(data: OwnData) -> str:
    """Return the same as CSV (RFC 4180), one line for each value; no value is a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for one in portable_document(data)["submissions"]:
        known = [one[name] for name in COLUMNS[:3]]
        writer.writerows([*known, name, _no_formula(value)] for name, value in one["fields"].items())
    return written.getvalue()


def _submission(one: OwnLead) -> dict[str, Any]:
    lead, given = one.lead, set(_given(one.notice))
    return {
        "reference": lead.reference,
        "form": lead.form,
        "locale": lead.locale,
        "received_at": rfc3339(lead.received_at),
        "fields": {name: value for name, value in one.values.items() if name in given},
    }


def _given(notice: Mapping[str, Any]) -> Iterator[str]:
    """Return the fields that were given on consent or for a contract, by the notice they were given to."""
    for purpose in notice["purposes"]:
        if purpose["basis"].rpartition("#")[2].startswith(PORTABLE):
            yield from (field["name"] for field in purpose["fields"])


def _no_formula(value: object) -> object:
    return text_cell(value) if isinstance(value, str) else value
