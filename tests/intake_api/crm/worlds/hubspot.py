"""HubSpot as the promises see it. Each request and answer is held to the specifications of the vendor, if here."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from intake_api.crm.hubspot import HubSpot
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.settings import CrmAccount
from tests.intake_api.crm.worlds.hubspot_server import HubSpotServer
from tests.intake_api.crm.worlds.serving import Asked, Said, Served, served
from tests.intake_api.crm.worlds.specs import specifications, specs_are_here
from tests.intake_api.crm.worlds.world import World

FILES = ("hubspot-contacts-v3.json", "hubspot-communication-preferences-v4.json")
UNTOLD = ("/crm/v3/properties/",)  # of these no specification is here
PLACES = ConsentFields("newsletter", "newsletter_at", "newsletter_proof", "77")
NAMES = {"name": "lastname", "email": "email", "phone": "phone", "message": "message"}
HIDDEN = {"vestibule_lead", "newsletter_at", "newsletter_proof"}


class HubSpotWorld(World):
    """An account that may do what `docs/delivery.md` asks for."""

    name, email, phone, message = "lastname", "email", "phone", "message"

    def __init__(self, hub: HubSpotServer, server: Served, **differs: object) -> None:
        self.hub, self.server = hub, server
        self.account = CrmAccount(url=server.url, user="", key="pat-key", erase_user="", erase_key="", database="")
        self.destination = HubSpot(self.account, "crm", self.map(**differs), allow_loopback=True, time_limit=5)

    def map(self, **differs: object) -> FieldMap:
        made = {"fields": NAMES, "consent": {"newsletter": PLACES}, "opt_out": ("newsletter",), **differs}
        return FieldMap(**made)  # type: ignore[arg-type]

    def records(self, lead: str) -> list[Mapping[str, object]]:
        rows = [row for row in self.hub.contacts.values() if row.get("vestibule_lead") == lead]
        return [{name: value for name, value in row.items() if name not in HIDDEN} for row in rows]

    def writes_but_hangs_up(self) -> AbstractContextManager[object]:
        return self.server.hangs_up(is_upsert)

    def says(self, status: int, body: bytes) -> AbstractContextManager[object]:
        return self.server.says(status, body)

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        before, self.hub.key = self.hub.key, "another"
        try:
            yield
        finally:
            self.hub.key = before


def is_upsert(asked: Asked) -> bool:
    """Say whether a request makes or updates a contact."""
    return asked.path.endswith("/batch/upsert") and bool(json.loads(asked.body)["inputs"])


@contextmanager
def hubspot_world(_folder: Path, **differs: object) -> Iterator[HubSpotWorld]:
    """Open an account; at the end nothing may have gone over the wire that the vendor's specifications do not know."""
    hub = HubSpotServer()
    wrong: list[str] = []

    def answering(asked: Asked) -> Said:
        said = hub.answer(asked)
        if specs_are_here and not asked.path.startswith(UNTOLD):
            wrong.extend(specifications(*FILES).breaches(asked, said))
        return said

    with served(answering) as server:
        yield HubSpotWorld(hub, server, **differs)
    assert wrong == []
