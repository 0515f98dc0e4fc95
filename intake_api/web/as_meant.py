"""Take an address as it was meant: mail programs and people spoil links in a few ways that leave no doubt.

A host name says the same in capital letters (RFC 9110, 4.2.3). What stands behind the secret of a mailed link, and
cannot be part of it, is the bracket or the full stop of the sentence around it: who presses such a link wants what it
opens, and must not be told that there is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NAME = "[0-9a-f]{32}-[A-Za-z0-9_-]{32}"
# The address, and a rest that begins with what is in no secret; a slash only if it is the last.
_LINK = re.compile(
    rf"(/(?:confirm|renew|my-data|receipts|u)/{_NAME}(?:/not-me|/erase)?|/notices/[0-9a-f]{{64}})"
    r"(?:/|[^A-Za-z0-9_/-].*)",
    re.DOTALL,
)


def take_as_meant(app: Flask) -> None:
    """Read host names and mailed links of all requests of an app as they were meant."""
    inner: WSGIApplication = app.wsgi_app

    def as_meant(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if host := environ.get("HTTP_HOST"):
            environ["HTTP_HOST"] = host.lower()
        if link := _LINK.fullmatch(environ.get("PATH_INFO", "")):
            environ["PATH_INFO"] = link[1]
        return inner(environ, start_response)

    app.wsgi_app = as_meant  # type: ignore[method-assign]
