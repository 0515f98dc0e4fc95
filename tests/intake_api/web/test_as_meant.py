"""Links as mail programs and people spoil them, and host names in capital letters."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.confirmations import confirmation_token, list_confirmations
from intake_api.store.mailed_links import stop_token

HTML = {"Accept": "text/html"}
# What stands behind a link in a text, and what mail programs and trackers put there.
TAILS = [*")>=.,/]!\"'", "%20", "%29", "=20", "&amp;x=1", "&fbclid=1", "%0d%0a", "%E2%80%9D"]
SECRETS = ("confirm", "not-me", "u", "receipts", "erase", "notices")


@pytest.fixture
def links(public: FlaskClient, store: Store, settings: Settings, submission: dict[str, Any]) -> dict[str, str]:
    """The path of each mailed link and of the receipt, by name."""
    sent = public.post("/v1/forms/request_demo/submissions", json={**submission, "decisions": {"newsletter": True}})
    assert sent.status_code == 201
    receipt = sent.get_json()["receipt"].removeprefix(settings.public_url)
    with store.reading() as tx:
        lead_id, notice = tx.execute(text("SELECT id, notice_hash FROM leads")).one()
        (confirmation,) = list_confirmations(tx, lead_id)
    token = confirmation_token(settings.secrets.token_key, confirmation.id)
    return {
        "confirm": f"/confirm/{token}",
        "not-me": f"/confirm/{token}/not-me",
        "u": f"/u/{stop_token(settings.secrets.token_key, lead_id, 'newsletter')}",
        "receipts": receipt,
        "erase": f"{receipt}/erase",
        "notices": f"/notices/{notice}",
    }


@pytest.fixture
def title(public: FlaskClient) -> Callable[[str], str]:
    def of(path: str) -> str:
        page = public.get(path, headers=HTML)
        assert page.status_code == 200
        return page.text.partition("<title>")[2].partition("</title>")[0]

    return of


class TestAMailedLink:
    @pytest.mark.parametrize("name", SECRETS)
    def test_c13_opens_the_same_whatever_stands_behind_it(
        self, links: dict[str, str], title: Callable[[str], str], name: str
    ) -> None:
        meant = title(links[name])
        assert {tail: title(links[name] + tail) for tail in TAILS} == dict.fromkeys(TAILS, meant)

    def test_w04_stops_whatever_stands_behind_it(
        self, public: FlaskClient, links: dict[str, str], store: Store
    ) -> None:
        assert public.post(links["u"] + ">", data={"List-Unsubscribe": "One-Click"}).status_code == 200
        with store.reading() as tx:
            states = tx.scalars(text("SELECT state FROM decisions WHERE purpose = 'newsletter' ORDER BY number")).all()
        assert states[-1] == "withdrawn"

    @pytest.mark.parametrize("name", ["confirm", "receipts"])
    def test_sec45_a_secret_that_is_longer_or_shorter_is_another(
        self, public: FlaskClient, links: dict[str, str], name: str
    ) -> None:
        for path in (links[name] + "a", links[name][:-1], links[name] + "/a", links[name] + "_)", f"/x{links[name]})"):
            assert public.get(path, headers=HTML).status_code == 404


class TestAHostName:
    def test_says_the_same_in_capital_letters(self, public: FlaskClient) -> None:
        for host in ("LOCALHOST:8080", "LocalHost:8080"):
            answer = public.get("/v1/forms", headers={"Host": host})
            assert answer.status_code == 200
