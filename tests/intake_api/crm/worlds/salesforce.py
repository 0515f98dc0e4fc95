"""Salesforce as the promises see it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from intake_api.crm.salesforce import Salesforce
from intake_api.rules.field_map import ConsentFields, FieldMap
from intake_api.settings import CrmAccount
from tests.intake_api.crm.worlds.salesforce_server import App, SalesforceServer
from tests.intake_api.crm.worlds.serving import Asked, Served, served
from tests.intake_api.crm.worlds.world import World

PLACES = ConsentFields("Newsletter__c", "Newsletter_At__c", "Newsletter_Proof__c")
NAMES = {"name": "LastName", "email": "Email", "phone": "Phone", "message": "Description"}
RIGHTS = {"createable": True, "updateable": True, "queryable": True, "deletable": False}


class SalesforceWorld(World):
    """An app that writes leads, and one that erases them."""

    name, email, phone, message = "LastName", "Email", "Phone", "Description"

    def __init__(self, salesforce: SalesforceServer, server: Served, **differs: object) -> None:
        self.salesforce, self.server = salesforce, server
        self.account = CrmAccount(server.url, "lead-app", "lead-secret", "erase-app", "erase-secret", "")
        self.destination = Salesforce(self.account, "crm", self.map(**differs), allow_loopback=True, time_limit=5)

    def map(self, **differs: object) -> FieldMap:
        made = {"fields": NAMES, "consent": {"newsletter": PLACES}, "opt_out": ("newsletter",), **differs}
        return FieldMap(**made)  # type: ignore[arg-type]

    def records(self, lead: str) -> list[Mapping[str, object]]:
        return [
            {**{name: row[name] for name in NAMES.values()}, "newsletter": row["Newsletter__c"]}
            for row in self.salesforce.rows  # what lies in the recycle bin is there, too
            if row["Vestibule_Lead__c"] == lead
        ]

    def writes_but_hangs_up(self) -> AbstractContextManager[object]:
        return self.server.hangs_up(is_upsert)

    def says(self, status: int, body: bytes) -> AbstractContextManager[object]:
        return self.server.says(status, body)

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        before, self.salesforce.apps = self.salesforce.apps, []
        self.salesforce.tokens.clear()
        try:
            yield
        finally:
            self.salesforce.apps = before


def is_upsert(asked: Asked) -> bool:
    """Say whether a request makes a lead."""
    return asked.method == "PATCH" and "/Vestibule_Lead__c/" in asked.path


@contextmanager
def salesforce_world(_folder: Path, **differs: object) -> Iterator[SalesforceWorld]:
    """Open it."""
    apps = [
        App("lead-app", "lead-secret", dict(RIGHTS)),
        App("erase-app", "erase-secret", {**RIGHTS, "deletable": True}),
    ]
    salesforce = SalesforceServer(apps)
    with served(salesforce.answer) as server:
        yield SalesforceWorld(salesforce, server, **differs)
