"""A receiver as `docs/delivery.md` tells its authors to write one: what comes is put into one record for each lead."""

from collections.abc import Iterable, Mapping
from typing import Any


def fold(messages: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, object]]:
    """Return what stands in the records after the messages, by lead; a delivery that comes again changes nothing."""
    records: dict[str, dict[str, object]] = {}
    seen = set()
    for one in messages:
        if one["delivery"] in seen:
            continue
        seen.add(one["delivery"])
        if one["operation"] == "erase":
            records.pop(one["lead"], None)
            continue
        record = records.setdefault(one["lead"], {})
        if one["operation"] != "update_consent":
            record.update(one["fields"])
        record.update({purpose["id"]: purpose["state"] for purpose in one["purposes"]})
    return records
