"""How a door writes JSON."""

import json
from collections.abc import Mapping

from flask import Response


def json_answer(body: Mapping[str, object] | str, status: int = 200) -> Response:
    """Answer an object, or JSON that is already written."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json")


def nothing() -> Response:
    """Answer that it is done and there is nothing to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
