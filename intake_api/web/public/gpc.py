"""Tell browsers that Global Privacy Control is honoured here (W3C; C-20)."""

from flask import Blueprint, Response

from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.strict_query import refuse_query

gpc = Blueprint("gpc", __name__)

LAST_UPDATE = "2026-11-22"  # when what this says last changed


@gpc.get("/.well-known/gpc.json")
@open_to("anyone")
def tell_gpc() -> Response:
    """Tell it, as the W3C's resource says it."""
    refuse_query()
    response = json_answer({"gpc": True, "lastUpdate": LAST_UPDATE})
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
