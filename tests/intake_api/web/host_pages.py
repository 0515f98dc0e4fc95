"""Pages of somebody else's site, on an origin of their own, with the one line that brings the chat or a form."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.loopback import listening

# What a strict site has to allow, and all it has to allow (docs/embedding.md).
STRICT = "default-src 'none'; script-src {door}; connect-src {door}; base-uri 'none'; form-action 'none'"
NONCE = "default-src 'none'; script-src 'nonce-n0nce'; connect-src {door}; require-trusted-types-for 'script'"
# A page whose own styles mean every element there is.
LOUD = """* { font: 9px monospace !important; color: red !important; letter-spacing: 5px; }
button, textarea, dialog, p, div { display: none !important; } html { font-size: 8px; }"""


@dataclass
class Site:
    """A site: `door` is the service it names, `options` what else its line says; `before` stands above the line."""

    url: str
    door: str = ""
    options: str = ""
    before: str = ""
    asked: list[str] = field(default_factory=list)

    def line(self, options: str = "") -> str:
        """Return the line, as the documentation has it."""
        return f'<script async src="{self.door}/embed.js"{self.options}{options}></script>'

    def page(self, path: str) -> tuple[str, str]:
        """Return a page and its security policy: `/<language>`, `/rtl`, `/strict`, `/nonce`, `/loud`, `/twice`."""
        language = path[1:] if len(path) == 3 else 'ar" dir="rtl' if path == "/rtl" else "en"
        style = f"<style>{LOUD}</style>" if path == "/loud" else ""
        line = self.line(' nonce="n0nce"' if path == "/nonce" else "") * (2 if path == "/twice" else 1)
        policy = {"/strict": STRICT, "/nonce": NONCE}.get(path, "").format(door=self.door)
        body = "<main><h1>Harbour Hotel</h1><p>Rooms by the sea.</p><button id=own>Book</button></main>"
        head = f'<meta name="viewport" content="width=device-width"><title>A page</title>{style}'
        return f'<!doctype html><html lang="{language}"><head>{head}</head><body>{body}{self.before}{line}', policy


@contextmanager
def running_site() -> Iterator[Site]:
    """Serve on loopback, by another name than the doors, until the block ends."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            text, policy = site.page(self.path)
            self.send_response(404 if self.path == "/favicon.ico" else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        site.url = address.replace("127.0.0.1", "localhost")
        yield site
