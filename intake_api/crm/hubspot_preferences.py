"""What a person may be written about, by HubSpot's subscription types: they belong to an address, not to a contact."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from intake_api.crm.calling import CallFailed
from intake_api.crm.hubspot_calls import HubSpotCalls, Turn
from intake_api.crm.port import Parcel, ParcelPurpose, Unknown
from intake_api.rules.field_map import FieldMap

BELOW = "communication-preferences/v4"
ALIVE = frozenset({"given", "acted"})
OPEN = frozenset({"requested"})  # neither a yes nor a no
YES, NO = "SUBSCRIBED", "UNSUBSCRIBED"
BASES = {"A6-1-a": "CONSENT_WITH_NOTICE", "A6-1-b": "PERFORMANCE_OF_CONTRACT", "A6-1-f": "LEGITIMATE_INTEREST_PQL"}


class Preferences:
    """Tells HubSpot each yes and no, with the id of its evidence."""

    def __init__(self, calls: HubSpotCalls, named: FieldMap) -> None:
        self._calls, self._named = calls, named

    @property
    def types(self) -> set[int]:
        """Return the ids of the subscription types that the map names."""
        return {int(places.subscription) for places in self._named.consent.values() if places.subscription}

    def tell_no(self, turn: Turn, parcel: Parcel, *addresses: str | None) -> None:
        """Unsubscribe each address from what is not alive."""
        for address in {one.lower() for one in addresses if one}:
            for purpose, kind in self._decided(parcel):
                if purpose.state not in ALIVE:
                    self._write(turn, address, purpose, kind, NO)

    def tell_yes(self, turn: Turn, parcel: Parcel, address: str | None) -> None:
        """Subscribe an address to what is alive, unless a newer no was given over there."""
        living = [(purpose, kind) for purpose, kind in self._decided(parcel) if purpose.state in ALIVE]
        if not address or not living:
            return
        held = self._held(turn, address)
        for purpose, kind in living:
            status, since = held.get(kind, ("", None))
            if status != YES and not (status == NO and since and since > purpose.decided_at):
                self._write(turn, address, purpose, kind, YES)

    def take_back(self, turn: Turn, parcel: Parcel, address: str | None) -> None:
        """Unsubscribe an address that turned out not to be the person's."""
        for purpose, kind in self._decided(parcel) if address else ():
            self._write(turn, address or "", purpose, kind, NO)

    def differing(self, turn: Turn, parcel: Parcel, address: str) -> list[str]:
        """Return the purposes that an address is subscribed to against a no, or not subscribed to without one."""
        decided = list(self._decided(parcel))
        held = self._held(turn, address) if decided else {}
        wrong = {True: ("", "NOT_SPECIFIED"), False: (YES,)}  # an own no given over there is right
        return [one.id for one, kind in decided if held.get(kind, ("",))[0] in wrong[one.state in ALIVE]]

    def _decided(self, parcel: Parcel) -> Iterator[tuple[ParcelPurpose, int]]:
        for purpose in parcel.purposes:
            places = self._named.consent.get(purpose.id)
            if places and places.subscription and purpose.state not in OPEN:
                yield purpose, int(places.subscription)

    def _held(self, turn: Turn, address: str) -> dict[int, tuple[str, datetime | None]]:
        held: dict[int, tuple[str, datetime | None]] = {}
        for one in self._calls.results(turn, "GET", f"{_of(address)}?channel=EMAIL"):
            match one:
                case {"subscriptionId": int(kind), "status": str(status)}:
                    held[kind] = status, _moment(one.get("timestamp"))
                case _:
                    raise CallFailed(Unknown("answer_not_readable", 200))
        return held

    def _write(self, turn: Turn, address: str, purpose: ParcelPurpose, kind: int, state: str) -> None:
        said: dict[str, object] = {"channel": "EMAIL", "subscriptionId": kind, "statusState": state}
        said |= {"legalBasis": basis} if (basis := BASES.get(purpose.basis[:6])) else {}
        said |= {"legalBasisExplanation": purpose.evidence}
        results = self._calls.results(turn, "POST", _of(address), said)
        if not any(isinstance(one, dict) and one.get("status") == state for one in results):
            raise CallFailed(Unknown("preference_not_kept", 200))


def _of(address: str) -> str:
    return f"{BELOW}/statuses/{quote(address.lower(), safe='')}"


def _moment(said: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
