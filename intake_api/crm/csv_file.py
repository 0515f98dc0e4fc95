"""A file for spreadsheets: RFC 4180 in UTF-8 with its mark, a line a delivery, no text that is a formula (SEC-16).

Its columns are fixed: what we say of each delivery, then each field that any form may send. What has no column, since
its form is not in the catalogue any more, stands in the last one.
"""

import csv
import io
import json
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from intake_api.clock import rfc3339
from intake_api.crm.lead_file import LeadFile, Rotation
from intake_api.crm.port import Operation, Parcel, document
from intake_api.rules.field_map import AS_HERE, FieldMap
from intake_api.rules.spreadsheet import text_cell

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # by which spreadsheets know UTF-8
OURS = ("delivery", "operation", "lead", "reference", "subject", "form", "locale", "channel", "submitted_at")
THEN = ("sent_at", "delete_after", "restricted", "notice", "purposes", "emptied")
OTHERS = "other_fields"
NEW_LINE = " \N{DOWNWARDS ARROW WITH CORNER LEFTWARDS} "  # one delivery is one line, whatever was typed
LINES = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


class CsvFile(LeadFile):
    """A row for each parcel."""

    delivery_id = re.compile(rb"([!#-+\--~]{1,64}),")

    def __init__(
        self,
        path: Path,
        recipient: str,
        named: FieldMap = AS_HERE,
        *,
        fields: Collection[str],
        rotation: Rotation = Rotation(),  # noqa: B008
    ) -> None:
        """Prepare the file; nothing is written yet. `fields` are the names there of all that may come."""
        super().__init__(path, recipient, named, rotation=rotation)
        self._fields = sorted(fields)
        # A field may be called as one of ours is: then its column says that it is a field.
        names = [f"field {name}" if name in (*OURS, *THEN, OTHERS) else name for name in self._fields]
        self._header = _row([MARK + OURS[0], *OURS[1:], *THEN, *names, OTHERS])

    def header(self) -> bytes:
        """Return the names of the columns."""
        return self._header

    def line(self, operation: Operation, parcel: Parcel, now: datetime) -> bytes:
        """Return the row of a parcel."""
        said = {**document(operation, parcel), "sent_at": rfc3339(now)}
        said |= {"restricted": "yes" if parcel.restricted else "no", "purposes": _purposes(parcel)}
        said["emptied"] = "; ".join(sorted(name for name, value in parcel.fields.items() if value == ""))
        others = {name: value for name, value in parcel.fields.items() if name not in self._fields}
        cells = [said[name] for name in (*OURS, *THEN)] + [parcel.fields.get(name) for name in self._fields]
        return _row([*cells, json.dumps(others, ensure_ascii=False) if others else ""])


def _purposes(parcel: Parcel) -> str:
    return "; ".join(
        f"{one.id}: {one.state} since {rfc3339(one.decided_at)} ({one.basis}, evidence {one.evidence})"
        for one in parcel.purposes
    )


def _row(cells: list[object]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerow(_cell(one) for one in cells)
    return written.getvalue().encode()


def _cell(value: object) -> object:
    return LINES.sub(NEW_LINE, text_cell(value)) if isinstance(value, str) else value
