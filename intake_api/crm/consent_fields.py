"""What was decided, as a CRM's own fields are told it: by the map, for every kind that keeps fields."""

from collections.abc import Callable
from datetime import UTC, datetime

from intake_api.clock import rfc3339
from intake_api.crm.port import Parcel
from intake_api.rules.field_map import FieldMap

GIVEN, REQUESTED = "given", "requested"


def utc_text(moment: datetime) -> str:
    """Write a moment as many a CRM does; its fields of texts and of times both take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def consent_values(parcel: Parcel, named: FieldMap, written: Callable[[datetime], str] = rfc3339) -> dict[str, str]:
    """Return the values of the fields that the map has for the parcel's purposes; `written` says how moments look."""
    values: dict[str, str] = {}
    for purpose in parcel.purposes:
        if places := named.consent.get(purpose.id):
            said = (places.state, purpose.state), (places.decided_at, written(purpose.decided_at))
            values |= {place: value for place, value in (*said, (places.evidence, purpose.evidence)) if place}
    return values


def opted_out(parcel: Parcel, named: FieldMap) -> bool | None:
    """Say whether nobody may advertise to this person: no purpose of advertising is given, or all is only to be kept.

    None: none was decided, or a first yes waits for its confirmation: most CRMs take nobody off a list again.
    """
    if parcel.restricted and named.opt_out:
        return True
    states = {purpose.state for purpose in parcel.purposes if purpose.id in named.opt_out}
    if GIVEN in states:
        return False
    return None if not states or REQUESTED in states else True
