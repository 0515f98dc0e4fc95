"""Dolibarr as the promises see it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from intake_api.crm.dolibarr import Dolibarr
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.settings import CrmAccount
from tests.intake_api.crm.worlds.dolibarr_server import ALL, WRITES, DolibarrServer
from tests.intake_api.crm.worlds.serving import Asked, Served, served
from tests.intake_api.crm.worlds.world import World

PLACES = ConsentFields("options_newsletter", "options_newsletter_at", "options_newsletter_proof")
NAMES = {"name": "name", "email": "email", "phone": "phone", "message": "note_public"}
KEY, ERASE_KEY = "lead-key", "erase-key"


class DolibarrWorld(World):
    """A user that writes leads, and one that erases them."""

    message = "note_public"

    def __init__(self, dolibarr: DolibarrServer, server: Served, **differs: object) -> None:
        self.dolibarr, self.server = dolibarr, server
        self.account = CrmAccount(server.url, "", KEY, "", ERASE_KEY, "")
        self.destination = Dolibarr(self.account, "crm", self.map(**differs), allow_loopback=True, time_limit=5)

    def map(self, **differs: object) -> FieldMap:
        made = {"fields": NAMES, "consent": {"newsletter": PLACES}, **differs}
        return FieldMap(**made)  # type: ignore[arg-type]

    def records(self, lead: str) -> list[Mapping[str, object]]:
        return [
            {**{name: row.get(name) for name in NAMES.values()}, "newsletter": row["array_options"][PLACES.state]}
            for row in self.dolibarr.rows
            if row["barcode"] == lead
        ]

    def writes_but_hangs_up(self) -> AbstractContextManager[object]:
        return self.server.hangs_up(is_create)

    def says(self, status: int, body: bytes) -> AbstractContextManager[object]:
        return self.server.says(status, body)

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        before, self.dolibarr.users = self.dolibarr.users, {}
        try:
            yield
        finally:
            self.dolibarr.users = before


def is_create(asked: Asked) -> bool:
    """Say whether a request makes a third party."""
    return (asked.method, asked.path) == ("POST", "/api/index.php/thirdparties")


@contextmanager
def dolibarr_world(_folder: Path, **differs: object) -> Iterator[DolibarrWorld]:
    """Open it."""
    dolibarr = DolibarrServer({KEY: set(WRITES), ERASE_KEY: set(ALL)})
    with served(dolibarr.answer) as server:
        yield DolibarrWorld(dolibarr, server, **differs)
