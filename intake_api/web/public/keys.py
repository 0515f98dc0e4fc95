"""Publish the public keys that receipts and checkpoints are signed with, those of the past included (P-03, E-07)."""

import base64

from flask import Blueprint, Response

from intake_api.clock import rfc3339
from intake_api.flows.issue_receipt import USES
from intake_api.store.keyring import KnownKey, signing_keys
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.strict_query import refuse_query

keys = Blueprint("keys", __name__)

KEY_SET = "application/jwk-set+json"


@keys.get("/.well-known/vestibule-keys.json")
@open_to("anyone")
def list_keys() -> Response:
    """Return the keys, as RFC 7517 and 8037 write them."""
    refuse_query()
    with door().store.reading() as tx:
        response = json_answer({"keys": [_key(key) for key in signing_keys(tx)]})
    response.content_type = KEY_SET
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _key(key: KnownKey) -> dict[str, object]:
    public = base64.urlsafe_b64encode(key.public_key or b"").rstrip(b"=").decode()
    own = {"kid": key.key_id, "signs": USES[key.name], "since": rfc3339(key.since)}
    return {"kty": "OKP", "crv": "Ed25519", "x": public, **own, "until": key.until and rfc3339(key.until)}
