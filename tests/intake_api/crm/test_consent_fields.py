"""Whether a CRM is told that nobody may advertise to a person, by what they decided on each purpose of advertising."""

from dataclasses import replace

import pytest

from intake_api.crm.consent_fields import opted_out
from intake_api.crm.port import ParcelPurpose
from intake_api.rules.field_map import FieldMap
from tests.intake_api.crm.parcels import NOW, parcel

ADVERTISING = ("newsletter", "product_offers")


@pytest.mark.parametrize(
    ("states", "is_no"),
    [
        ((), None),
        (("given",), False),
        (("refused", "given"), False),
        (("requested", "given"), False),
        (("refused",), True),
        (("withdrawn", "expired"), True),
        (("requested",), None),
        (("refused", "requested"), None),  # what comes of it is not known, and most lists let nobody go again
    ],
)
def test_a_no_is_told_when_nothing_is_alive_and_nothing_waits(states: tuple[str, ...], is_no: bool | None) -> None:
    decided = [
        ParcelPurpose(purpose, "A6-1-a", state, NOW, "page", "e1")
        for purpose, state in zip(ADVERTISING, states, strict=False)
    ]
    asked = replace(
        parcel("d1"), purposes=(ParcelPurpose("respond_to_request", "A6-1-b", "acted", NOW, "page", "e2"), *decided)
    )
    named = FieldMap(opt_out=ADVERTISING)
    assert opted_out(asked, named) is is_no
    assert opted_out(replace(asked, restricted=True), named) is True
