"""The headers of every answer, errors included (SEC-15, SEC-17). A view that needs another value sets its own."""

from collections.abc import Sequence

from flask import Flask, Response

# `same-origin`, not `no-referrer`: with the latter a browser sends `Origin: null` along with our own forms, and
# SEC-12 refuses that. Pages whose address is a secret (receipts) set `no-referrer` themselves.
FIXED = (
    ("Strict-Transport-Security", "max-age=63072000"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Nothing from another origin, nothing inline, in nobody's frame (M-07).
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
# A page that may stand in the frames of a few sites: there it belongs to their page, and to nobody else's.
NO_FRAMES = "frame-ancestors 'none'"
UNSEEN = (("X-Robots-Tag", "noindex, nofollow"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"))


def add_headers(app: Flask) -> None:
    """Put the headers on every answer of an app."""
    page_headers = (*FIXED, ("Content-Security-Policy", PAGE_POLICY))
    data_headers = (*FIXED, ("Content-Security-Policy", DATA_POLICY))

    @app.after_request
    def complete_headers(response: Response) -> Response:
        headers = response.headers
        own = {name.lower() for name, _ in headers}
        for name, value in page_headers if response.mimetype == "text/html" else data_headers:
            if name.lower() not in own:
                headers.add(name, value)
        return response


def framed(response: Response, sites: Sequence[str]) -> Response:
    """Let a page stand in the frames of some sites."""
    ancestors = f"frame-ancestors {' '.join(sites)}" if sites else NO_FRAMES
    response.headers["Content-Security-Policy"] = PAGE_POLICY.replace(NO_FRAMES, ancestors)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def unseen(response: Response) -> Response:
    """Mark an answer whose address is a secret: not kept, not indexed, not told to the next page (P-04)."""
    response.headers.update(dict(UNSEEN))
    return response
