"""Our Salesforce is one to a client that was made for the real one (`simple-salesforce`), and holds what we wrote."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import (
    Salesforce,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from intake_api.crm.port import Done
from tests.intake_api.crm.parcels import NOW
from tests.intake_api.crm.test_salesforce import anna
from tests.intake_api.crm.worlds.salesforce import SalesforceWorld, salesforce_world

KEY = "Vestibule_Lead__c"


class ToLoopback(HTTPAdapter):
    """Leads every call to our server, whose address this client cannot be told: it always builds its own."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._at = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        whole = urlsplit(str(request.url))
        request.url = urlunsplit((self._at.scheme, self._at.netloc, *whole[2:]))
        return super().send(request, *args, **kwargs)  # type: ignore[arg-type]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[SalesforceWorld]:
    with salesforce_world(tmp_path) as world:
        yield world


@pytest.fixture
def client(opened: SalesforceWorld) -> Iterator[Salesforce]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", ToLoopback(opened.server.url))
        yield Salesforce(
            consumer_key="lead-app", consumer_secret="lead-secret", domain="example", version="60.0", session=session
        )


class TestAnotherClient:
    def test_it_reads_what_we_wrote_and_we_update_what_it_wrote(
        self, opened: SalesforceWorld, client: Salesforce
    ) -> None:
        assert client.Lead.upsert(f"{KEY}/lead-anna", {"LastName": "Anna", "Company": "Example Ltd"}) == 201
        sent = opened.destination.send("upsert", anna(), now=NOW)
        asked = "SELECT Id, Email FROM Lead WHERE Vestibule_Lead__c = 'lead-anna'"
        (found,) = client.query_all(asked, include_deleted=True)["records"]
        assert (sent, found["Email"]) == (Done(found["Id"]), "anna@example.org")
        assert client.Lead.upsert(f"{KEY}/lead-anna", {"Phone": "+37120000001"}) == 200
        assert client.Lead.update(found["Id"], {"Phone": "+37120000002"}) == 204

    def test_it_finds_our_key_where_we_look_for_it(self, client: Salesforce) -> None:
        fields = {one["name"]: one for one in client.Lead.describe()["fields"]}
        assert (fields[KEY]["externalId"], fields[KEY]["unique"]) == (True, True)

    def test_it_takes_each_fault_for_what_it_is(self, opened: SalesforceWorld, client: Salesforce) -> None:
        with pytest.raises(SalesforceResourceNotFound):
            client.Lead.upsert("No_Such__c/1", {"LastName": "Anna"})
        with pytest.raises(SalesforceMalformedRequest):
            client.Lead.upsert(f"{KEY}/1", {"LastName": "Anna"})
        for _ in range(2):
            opened.salesforce.add(LastName="Anna", Vestibule_Lead__c="twice")
        with pytest.raises(SalesforceMoreThanOneRecord):
            client.Lead.upsert(f"{KEY}/twice", {"LastName": "Anna"})
        with pytest.raises(SalesforceRefusedRequest):
            client.Lead.delete(opened.salesforce.rows[0]["Id"])
        late = Salesforce(session_id="over", instance="example.com", version="60.0", session=client.session)
        with pytest.raises(SalesforceExpiredSession):
            late.Lead.describe()
