"""SEC-34: what the webhook never calls, whatever an address says and wherever a name leads."""

import socket

import pytest

from intake_api.crm.port import NotAllowedIn, Retry
from intake_api.crm.webhook import Webhook
from intake_api.rules.web_target import TargetRefused
from tests.intake_api.crm.parcels import NOW, parcel
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import SECRET, webhook


class Names:
    """The resolver and the network beyond loopback, which a test must not reach: what was asked, what was dialled."""

    def __init__(self) -> None:
        self.answers: list[list[str]] = []
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def resolve(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        self.asked.append(host)
        if not self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(0, 0, 0, "", (address, port)) for address in self.answers.pop(0)]

    def connect(self, address: tuple[str, int]) -> None:
        self.connected.append(address)
        raise ConnectionRefusedError


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    fake = Names()
    monkeypatch.setattr(socket, "getaddrinfo", fake.resolve)
    monkeypatch.setattr("intake_api.crm.calling._TimedSocket.connect", fake.connect)
    return fake


class TestSec34WhatIsNeverCalled:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:{port}/",
            "https://127.0.0.1:{port}/",
            "https://localhost:{port}/",
            "https://[::1]:{port}/",
            "https://user@127.0.0.1:{port}/",
            "https://127.1:{port}/",
            "https://2130706433:{port}/",
            "https://0x7f000001:{port}/",
            "https://0177.0.0.1:{port}/",
            "https://127.0.0.1\\@crm.example:{port}/",
        ],
    )
    def test_without_the_development_setting_a_local_address_does_not_even_load(
        self, receiver: Receiver, url: str
    ) -> None:
        with pytest.raises(TargetRefused):
            webhook(url.format(port=receiver.port), allow_loopback=False)
        assert receiver.requests == []

    @pytest.mark.parametrize("name", ["crm.example", "localhost.example"])
    @pytest.mark.parametrize(
        "inside",
        [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "100.100.100.200",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
        ],
    )
    def test_a_name_that_leads_inside_is_not_called(
        self, names: Names, receiver: Receiver, name: str, inside: str
    ) -> None:
        names.answers = [[inside]]

        outcome = Webhook(f"https://{name}/", [SECRET], "crm").send("upsert", parcel(), now=NOW)

        assert outcome == NotAllowedIn("address_not_public")
        assert names.connected == []

    def test_one_inner_address_among_public_ones_is_enough_to_refuse(self, names: Names) -> None:
        names.answers = [["93.184.216.34", "10.0.0.1"]]

        outcome = Webhook("https://crm.example/", [SECRET], "crm").send("upsert", parcel(), now=NOW)

        assert outcome == NotAllowedIn("address_not_public")
        assert names.connected == []

    def test_a_name_that_changes_its_mind_is_asked_once_and_called_where_it_was_judged(self, names: Names) -> None:
        names.answers = [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]

        Webhook("https://crm.example/", [SECRET], "crm").send("upsert", parcel(), now=NOW)

        assert names.asked == ["crm.example"]
        assert names.connected == [("93.184.216.34", 443)]

    def test_a_name_that_is_unknown_is_tried_again(self, names: Names) -> None:
        outcome = Webhook("https://crm.example/", [SECRET], "crm").send("upsert", parcel(), now=NOW)

        assert outcome == Retry("name_not_found")

    def test_with_the_development_setting_other_inner_addresses_stay_closed(self, names: Names) -> None:
        names.answers = [["192.168.1.10"]]

        outcome = webhook("https://crm.example/").send("upsert", parcel(), now=NOW)

        assert outcome == NotAllowedIn("address_not_public")
