"""Pipedrive as the promises see it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from intake_api.crm.pipedrive import Pipedrive
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.settings import CrmAccount
from tests.intake_api.crm.worlds.pipedrive_server import PipedriveServer, code
from tests.intake_api.crm.worlds.serving import Asked, Served, served
from tests.intake_api.crm.worlds.world import World

PLACES = ConsentFields("Newsletter", "Newsletter since", "Newsletter evidence")
NAMES = {"name": "name", "email": "email", "phone": "phone", "message": "Message"}


class PipedriveWorld(World):
    """A token that writes persons, and one that erases them."""

    message = "Message"

    def __init__(self, pipedrive: PipedriveServer, server: Served, **differs: object) -> None:
        self.pipedrive, self.server = pipedrive, server
        self.account = CrmAccount(server.url, "", "lead-key", "", "erase-key", "")
        self.destination = Pipedrive(self.account, "crm", self.map(**differs), allow_loopback=True, time_limit=5)

    def map(self, **differs: object) -> FieldMap:
        made = {"fields": NAMES, "consent": {"newsletter": PLACES}, "opt_out": ("newsletter",), **differs}
        return FieldMap(**made)  # type: ignore[arg-type]

    def records(self, lead: str) -> list[Mapping[str, object]]:
        return [
            {
                "name": one["name"],
                "email": next((said["value"] for said in one["emails"]), None),
                "phone": next((said["value"] for said in one["phones"]), None),
                "Message": one["custom_fields"][code("Message")],
                "newsletter": one["custom_fields"][code("Newsletter")],
            }
            for one in self.pipedrive.live()
            if one["custom_fields"][code("Vestibule lead")] == lead
        ]

    def writes_but_hangs_up(self) -> AbstractContextManager[object]:
        return self.server.hangs_up(is_create)

    def says(self, status: int, body: bytes) -> AbstractContextManager[object]:
        return self.server.says(status, body)

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        before, self.pipedrive.tokens = self.pipedrive.tokens, {}
        try:
            yield
        finally:
            self.pipedrive.tokens = before


def is_create(asked: Asked) -> bool:
    """Say whether a request makes a person."""
    return (asked.method, asked.path) == ("POST", "/api/v2/persons")


@contextmanager
def pipedrive_world(_folder: Path, **differs: object) -> Iterator[PipedriveWorld]:
    """Open it."""
    pipedrive = PipedriveServer({"lead-key": set(), "erase-key": {"delete"}})
    with served(pipedrive.answer) as server:
        yield PipedriveWorld(pipedrive, server, **differs)
