"""A real browser before a real port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = "/usr/bin/chromium"


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Start a browser and end it."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve a door on a free port and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Trap:
    """Notes whatever a page of ours should never do, and all it asks for."""

    def __init__(self, page: Page, address: str) -> None:
        self.caught: list[str] = []
        self.asked: list[str] = []
        page.on("dialog", lambda dialog: (self.caught.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.caught.append(f"error {error}"))
        page.on(
            "console", lambda said: self.caught.append(f"console {said.text}") if self._is_ours(said.text) else None
        )
        page.on("request", lambda asked: self._note(asked.url, address))

    def _is_ours(self, text: str) -> bool:
        # The browser itself notes each 4xx and 5xx it gets; those are answers, not mistakes of the page.
        return "Failed to load resource" not in text

    def _note(self, url: str, address: str) -> None:
        self.asked.append(url.removeprefix(address))
        if not url.startswith(address + "/"):
            self.caught.append(f"asked {url}")
