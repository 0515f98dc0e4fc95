"""What the link's button does: a yes taken back, everything of the address erased."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.flows.end_rights_cases import end_rights_cases
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import get_lead
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import everything_kept
from tests.intake_api.web.html import read_page
from tests.intake_api.web.my_data.asker import EMAIL, STRANGER, YESES, Send, press, states


class TestTakingBack:
    def test_w03_every_yes_of_the_address_and_no_other(
        self, public: FlaskClient, send: Send, link: Any, store: Store
    ) -> None:
        first, second = send(decisions=YESES), send(decisions={"newsletter": True})
        third = send(email=STRANGER, decisions=YESES)
        done = press(public, link("withdraw"), "which=all")
        assert read_page(done.text).one("div", data_done="withdraw")
        assert states(store, first, second, third) == [
            {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "withdrawn"},
            {"respond_to_request": "acted", "newsletter": "withdrawn", "product_offers": "refused"},
            {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "given"},
        ]

    def test_w03_only_what_is_chosen(self, public: FlaskClient, send: Send, link: Any, store: Store) -> None:
        reference = send(decisions={"newsletter": True, "product_offers": True})
        path = link("withdraw")
        boxes = read_page(public.get(path).text).all("input", type="checkbox")
        assert [one.get("name") for one in boxes] == ["p-respond_to_request", "p-newsletter", "p-product_offers"]
        assert not [one for one in boxes if "checked" in one.attributes]
        assert press(public, path, "which=chosen").status_code == 422
        assert press(public, path, "p-newsletter=yes&p-respond_to_request=yes&which=chosen").status_code == 200
        assert states(store, reference) == [
            {"respond_to_request": "stopped", "newsletter": "withdrawn", "product_offers": "given"}
        ]

    def test_what_is_not_on_the_page_is_refused_and_the_link_still_good(
        self, public: FlaskClient, send: Send, link: Any
    ) -> None:
        send(decisions=YESES)
        path = link("withdraw")
        for sent in ("p-loyalty_programme=yes&which=chosen", "which=none", "which=all&which=chosen"):
            assert press(public, path, sent).status_code == 422
        assert public.get(path).status_code == 200

    def test_who_has_nothing_to_take_back_reads_so(self, public: FlaskClient, send: Send, link: Any) -> None:
        send()
        press(public, link("withdraw"), "p-respond_to_request=yes&which=chosen")
        again = read_page(public.get(link("withdraw")).text)
        assert again.all("form") == []


class TestErasing:
    def test_s08_everything_of_the_address_is_gone_and_the_evidence_stands(
        self, public: FlaskClient, send: Send, link: Any, store: Store, settings: Settings, clock: DrivenClock
    ) -> None:
        mine, other = [send(message=f"zq7f3 {number}") for number in range(3)], send(email=STRANGER)
        path = link("erasure")
        assert all(reference in public.get(path).text for reference in mine)
        assert press(public, path).status_code == 200
        kept = everything_kept(store)
        for secret in (b"zq7f3", EMAIL.encode(), b"Zane"):
            assert secret not in kept
        with store.reading() as tx:
            assert [get_lead(tx, one).state.value for one in [*mine, other]] == ["erased"] * 3 + ["new"]
            (done,) = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'rights.done'"))
            assert tx.scalar(text("SELECT COUNT(*) FROM rights_cases WHERE sealed IS NOT NULL")) == 0
        assert len(json.loads(bytes(done))["leads"]) == 3
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []
        # A day later not even the index by which mails to the address were counted is left.
        end_rights_cases(store, now=clock.advance(hours=25))
        assert store.vault.blind("email", EMAIL) not in everything_kept(store)

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_s09_what_stays_is_said_with_its_reason_and_its_last_day(
        self, public: FlaskClient, send: Send, link: Any, locale: str
    ) -> None:
        send()
        page = press(public, link("erasure", locale)).text
        assert 'data-until="2029-11-21"' in page
        assert "#JustificationA17LegalClaims" in page
        assert "2029-11-21" in read_page(page).text

    def test_s14_who_had_it_before_is_named(
        self, public: FlaskClient, send: Send, link: Any, delivered: Callable[[str], None]
    ) -> None:
        delivered(send())
        page = press(public, link("erasure")).text
        assert "Brightledger Example GmbH" in page
