"""What a connector is tried against: an opened destination, and a look into what is really there."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager

from intake_api.crm.port import Destination
from intake_api.rules.field_map import ConsentFields, FieldMap

PLACES = ConsentFields("newsletter", "newsletter_at", "newsletter_proof")


class World(ABC):
    """One destination with its other side, which a test may break."""

    destination: Destination
    # What the parcels of the promises call their fields; a world whose other side has fixed names changes it.
    name, email, phone, message = "name", "email", "phone", "message"

    @abstractmethod
    def records(self, lead: str) -> list[Mapping[str, object]]:
        """Return each record that is there of a lead, its fields by the destination's names, `newsletter` too."""

    @abstractmethod
    def writes_but_hangs_up(self) -> AbstractContextManager[object] | None:
        """Let the other side do what it is asked and never answer; None where nobody does."""

    @abstractmethod
    def says(self, status: int, body: bytes) -> AbstractContextManager[object] | None:
        """Let the other side answer that to everything and do nothing; None where nobody answers."""

    def refuses_us(self) -> AbstractContextManager[object] | None:
        """Let the other side refuse our credential; None where there is none."""
        return None

    def map(self, **differs: object) -> FieldMap:
        """Return the map that the parcels of the promises are made for."""
        return FieldMap(consent={"newsletter": PLACES}, opt_out=("newsletter",), **differs)  # type: ignore[arg-type]
