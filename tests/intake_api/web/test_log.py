"""The log as anybody may check it: nothing of it has to be believed (E-05)."""

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api import verifier
from intake_api.catalogue.model import Catalogue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.web.public import log as log_door
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.signed_receipts import Office

CHECKPOINT, PROOF, GROWTH = "/v1/evidence/checkpoint", "/v1/evidence/proof", "/v1/evidence/growth"


@pytest.fixture
def office(store: Store, settings: Settings, clock: DrivenClock) -> Office:
    return Office(store, settings, clock)


@pytest.fixture
def proof(store: Store, catalogue: Catalogue, clock: DrivenClock, office: Office) -> dict[str, Any]:
    """What an early receipt holds, in a log that went on."""
    lead = keep_lead(store, catalogue, now=clock())
    office.place()
    held: dict[str, Any] = json.loads(office.issue(lead))["li:proof"]
    for _ in range(6):
        keep_lead(store, catalogue, now=clock.advance(seconds=1))
        office.place()
    return held


def root(checkpoint: dict[str, Any]) -> bytes:
    """Return the root that a checkpoint was signed over, as its text says."""
    return base64.b64decode(checkpoint["text"].split("\n")[2])


def path(answer: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(one) for one in answer["path"]]


class TestTheLog:
    def test_e05_goes_on_from_the_one_a_receipt_was_made_on(self, public: FlaskClient, proof: dict[str, Any]) -> None:
        (held,) = proof["checkpoints"]
        answer = public.get(GROWTH, query_string={"size": held["size"]}).json
        newest = public.get(CHECKPOINT).json
        assert answer["checkpoint"] == newest
        assert verifier.grows(root(held), held["size"], root(newest), newest["size"], path(answer))

    def test_e05_from_far_back_one_walks(
        self, public: FlaskClient, proof: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(log_door, "STEP", 2)
        at, newest, steps = proof["checkpoints"][0], public.get(CHECKPOINT).json, 0
        while at["size"] < newest["size"]:
            answer = public.get(GROWTH, query_string={"size": at["size"]}).json
            assert verifier.grows(root(at), at["size"], root(answer["checkpoint"]), answer["size"], path(answer))
            assert answer["size"] - at["size"] <= 2
            at, steps = answer["checkpoint"], steps + 1
        assert steps >= 3

    def test_e05_an_entrys_path_leads_to_a_signed_state(
        self, public: FlaskClient, proof: dict[str, Any], office: Office
    ) -> None:
        (entry,) = proof["entries"]
        leaf = base64.b64decode(entry["leaf_hash"])
        answer = public.get(PROOF, query_string={"leaf_hash": leaf.hex(), "place": entry["place"]}).json
        assert verifier.root_of(leaf, answer["place"], answer["size"], path(answer)) == root(answer["checkpoint"])
        signature = base64.b64decode(answer["checkpoint"]["signature"])
        assert office.evidence.has_signed(answer["checkpoint"]["text"].encode(), signature)

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_what_is_not_there_is_404(self, public: FlaskClient, proof: dict[str, Any]) -> None:
        (entry,) = proof["entries"]
        leaf = base64.b64decode(entry["leaf_hash"]).hex()
        for query in (
            {"leaf_hash": leaf, "place": entry["place"] + 1},
            {"leaf_hash": "0" * 64, "place": entry["place"]},
            {"leaf_hash": leaf, "place": "9" * 15},
        ):
            answer = public.get(PROOF, query_string=query)
            assert (answer.status_code, answer.json["code"]) == (404, "log_unknown")
        for size in (0, proof["checkpoints"][0]["size"] - 1, "9" * 15):
            assert public.get(GROWTH, query_string={"size": size}).status_code == 404

    def test_an_empty_log_has_no_state(self, public: FlaskClient) -> None:
        assert public.get(CHECKPOINT).json["code"] == "log_unknown"

    @pytest.mark.parametrize(
        "query", ["", "?size=-1", "?size=1.5", "?size=x", "?size=", "?size=1&size=2", f"?size={'9' * 16}", "?other=1"]
    )
    def test_sec26_another_query_is_refused(self, public: FlaskClient, query: str) -> None:
        assert public.get(GROWTH + query).json["code"] == "query_invalid"
