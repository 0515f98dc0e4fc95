"""EspoCRM as the promises see it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from intake_api.crm.espocrm import EspoCrm
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.settings import CrmAccount
from tests.intake_api.crm.worlds.espo_server import ApiUser, EspoServer
from tests.intake_api.crm.worlds.serving import Asked, Served, served
from tests.intake_api.crm.worlds.world import World

PLACES = ConsentFields("cNewsletter", "cNewsletterAt", "cNewsletterProof")
NAMES = {"name": "lastName", "email": "emailAddress", "phone": "phoneNumber", "message": "description"}
MAY = {"create": "yes", "read": "all", "edit": "all", "delete": "no"}


class EspoWorld(World):
    """A user that writes leads, and one that erases them."""

    name, email, phone, message = "lastName", "emailAddress", "phoneNumber", "description"

    def __init__(self, espo: EspoServer, server: Served, **differs: object) -> None:
        self.espo, self.server = espo, server
        self.account = CrmAccount(server.url, "", "lead-key", "", "erase-key", "")
        self.destination = EspoCrm(self.account, "crm", self.map(**differs), allow_loopback=True, time_limit=5)

    def map(self, **differs: object) -> FieldMap:
        made = {"fields": NAMES, "consent": {"newsletter": PLACES}, "opt_out": ("newsletter",), **differs}
        return FieldMap(**made)  # type: ignore[arg-type]

    def records(self, lead: str) -> list[Mapping[str, object]]:
        return [
            {**{name: row.get(name) for name in NAMES.values()}, "newsletter": row.get("cNewsletter")}
            for row in self.espo.live()
            if row.get("cVestibuleLead") == lead
        ]

    def writes_but_hangs_up(self) -> AbstractContextManager[object]:
        return self.server.hangs_up(is_create)

    def says(self, status: int, body: bytes) -> AbstractContextManager[object]:
        return self.server.says(status, body)

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        before, self.espo.users = self.espo.users, []
        try:
            yield
        finally:
            self.espo.users = before


def is_create(asked: Asked) -> bool:
    """Say whether a request makes a lead."""
    return (asked.method, asked.path) == ("POST", "/api/v1/Lead")


@contextmanager
def espo_world(_folder: Path, **differs: object) -> Iterator[EspoWorld]:
    """Open it."""
    users = [ApiUser("lead-key", dict(MAY)), ApiUser("erase-key", {**MAY, "delete": "all"}, privacy="yes")]
    espo = EspoServer(users)
    with served(espo.answer) as server:
        yield EspoWorld(espo, server, **differs)
