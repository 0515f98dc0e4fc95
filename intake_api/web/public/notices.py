"""Give out a notice as the very bytes that hash to its name (V-01)."""

import re

from flask import Blueprint, Response

from intake_api.store.notices import NoticeUnknown, get_notice_body
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.strict_query import refuse_query

notices = Blueprint("notices", __name__)

HASH = re.compile("[0-9a-f]{64}")


@notices.get("/v1/notices/<notice_hash>")
@open_to("anyone", "service")
def get_notice(notice_hash: str) -> Response:
    """Return a notice. It can never change, so it may be kept for ever, by anybody, anywhere."""
    refuse_query()
    if not HASH.fullmatch(notice_hash):
        raise NoticeUnknown
    with door().store.reading() as tx:
        body = get_notice_body(tx, notice_hash)
    response = Response(body, content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(notice_hash)
    return response
