"""The vendors' published specifications that our fakes are held to. On a machine without them the tests that need them
skip and say so; in CI they must run, so there a missing folder is a failure."""

import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.intake_api.conftest import SHARED
from tests.intake_api.crm.worlds.serving import Asked, Said

SPECS = SHARED / "specs"
specs_are_here = SPECS.is_dir() or "CI" in os.environ
needs_specs = pytest.mark.skipif(not specs_are_here, reason="the folder ../shared/specs is not here")


class Specifications:
    """Several documents of one vendor, told apart by how the paths begin."""

    def __init__(self, files: Sequence[str]) -> None:
        documents = [_checkable(json.loads((SPECS / name).read_text("utf-8"))) for name in files]
        self._parts = [(next(iter(one["paths"])).split("/")[1], OpenAPI.from_dict(one)) for one in documents]

    def breaches(self, asked: Asked, said: Said) -> Iterator[str]:
        """Say what of a request and its answer is not as specified."""
        address = urlsplit(asked.path)
        document = next((one for part, one in self._parts if address.path.startswith(f"/{part}/")), None)
        if document is None:
            yield f"{asked.method} {address.path}: in no specification"
            return
        arguments = {name: values[0] for name, values in parse_qs(address.query).items()}
        request = MockRequest(
            "https://api.hubapi.com",
            asked.method.lower(),
            unquote(address.path),
            args=arguments,
            headers=dict(asked.headers),
            data=asked.body,
        )
        kind = said.headers.get("Content-Type", "application/json")
        response = MockResponse(said.body, said.status, headers=dict(said.headers), content_type=kind)
        try:
            document.validate_request(request)
        except OpenAPIError as error:
            yield f"request {asked.method} {address.path}: {error!r} {error.__cause__!r}"
        try:
            document.validate_response(request, response)
        except OpenAPIError as error:
            yield f"answer {said.status} to {asked.method} {address.path}: {error!r} {error.__cause__!r}"


@cache
def specifications(*files: str) -> Specifications:
    """Return the documents, read once."""
    return Specifications(files)


def _checkable(document: dict[str, Any]) -> dict[str, Any]:
    """Say the same in the words that the checker knows: who may call is OAuth alone there, and checking would stop at
    it; no content is an empty one; what may be of any type is JSON."""
    for operation in (one for operations in document["paths"].values() for one in operations.values()):
        operation.pop("security", None)
        for answer in operation["responses"].values():
            if answer.get("content") == {}:
                del answer["content"]
    for answer in document["components"]["responses"].values():
        answer["content"] = {"application/json": answer["content"]["*/*"]}
    return document
