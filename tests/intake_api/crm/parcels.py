"""Parcels of invented people."""

from datetime import UTC, datetime

from intake_api.crm.port import Parcel, ParcelPurpose

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def parcel(delivery: str = "d1", **fields: str | int) -> Parcel:
    """Return a parcel for delivery `delivery`; `fields` replace the usual ones."""
    return Parcel(
        delivery=delivery,
        lead="l1",
        reference="VB-7K3M-Q9TD",
        subject="s1",
        form="request_demo",
        locale="en",
        channel="page",
        submitted_at=NOW,
        notice="a" * 64,
        purposes=(ParcelPurpose("respond_to_request", "A6-1-b-enter-into-contract", "acted", NOW, "page", "e1"),),
        delete_after=NOW.replace(month=9),
        restricted=False,
        fields=fields or {"name": "Jānis Bērziņš", "email": "janis@example.lv", "headcount": 40},
    )
