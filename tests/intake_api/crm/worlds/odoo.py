"""Odoo as the promises see it, in both protocols."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from intake_api.crm.odoo import Odoo
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.settings import CrmAccount
from tests.intake_api.crm.worlds.odoo_server import OdooServer, User
from tests.intake_api.crm.worlds.serving import Asked, Served, served
from tests.intake_api.crm.worlds.world import World

PLACES = ConsentFields("x_newsletter", "x_newsletter_at", "x_newsletter_proof")
NAMES = {"name": "contact_name", "email": "email_from", "phone": "phone", "message": "description"}
SHOWN = {"contact_name", "email_from", "phone", "description", "partner_name", "name"}


class OdooWorld(World):
    """A salesperson's account, and one that erases."""

    name, email, phone, message = "contact_name", "email_from", "phone", "description"

    def __init__(self, odoo: OdooServer, server: Served, **differs: object) -> None:
        self.odoo, self.server = odoo, server
        self.account = account_for(odoo, server)
        self.destination = Odoo(self.account, "crm", self.map(**differs), allow_loopback=True, time_limit=5)

    def map(self, **differs: object) -> FieldMap:
        made = {"fields": NAMES, "consent": {"newsletter": PLACES}, "opt_out": ("newsletter",), **differs}
        return FieldMap(**made)  # type: ignore[arg-type]

    def records(self, lead: str) -> list[Mapping[str, object]]:
        found = [of for name, of in self.odoo.external.items() if name == f"vestibule.{lead}"]
        rows = [self.odoo.rows[model][record] for model, record in found]
        return [
            {**{name: value for name, value in row.items() if name in SHOWN}, "newsletter": row.get("x_newsletter")}
            for row in rows
        ]

    def writes_but_hangs_up(self) -> AbstractContextManager[object]:
        return self.server.hangs_up(is_load)

    def says(self, status: int, body: bytes) -> AbstractContextManager[object]:
        return self.server.says(status, body)

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        keys = {uid: user.key for uid, user in self.odoo.users.items()}
        for user in self.odoo.users.values():
            user.key = "another"
        try:
            yield
        finally:
            for uid, key in keys.items():
                self.odoo.users[uid].key = key


def is_load(asked: Asked) -> bool:
    """Say whether a request writes a lead."""
    if asked.path == "/jsonrpc":
        return "load" in json.loads(asked.body)["params"]["args"]
    return asked.path == "/json/2/crm.lead/load"


def account_for(odoo: OdooServer, server: Served) -> CrmAccount:
    """Return the settings for one of the protocols, by the version."""
    rpc = odoo.version < 19
    return CrmAccount(
        url=server.url,
        user="vestibule" if rpc else "",
        key="sales-key",
        erase_user="vestibule-erase" if rpc else "",
        erase_key="erase-key",
        database="crm" if rpc else "",
    )


@contextmanager
def odoo_world(version: int, _folder: Path, **differs: object) -> Iterator[OdooWorld]:
    """Open an Odoo of a version."""
    users = {7: User("vestibule", "sales-key"), 8: User("vestibule-erase", "erase-key", admin=True)}
    odoo = OdooServer(version, users=users)
    with served(odoo.answer) as server:
        yield OdooWorld(odoo, server, **differs)


odoo_19_world = partial(odoo_world, 19)
odoo_17_world = partial(odoo_world, 17)
