"""A real browser before a real port."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.loopback import listening

CHROMIUM = "/usr/bin/chromium"
SIZES = [(390, 760), (1280, 850)]
WITHIN = 60_000  # milliseconds: for what never comes, not a measure; a machine with much else to do is slow

# Every piece of visible text against what is painted behind it (WCAG 2.2, 1.4.3).
FAINT_TEXT = """() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = channels(colour).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement || e.getRootNode().host) {
      const colour = getComputedStyle(e).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const inside = (root) => [...root.querySelectorAll("*")].flatMap((e) =>
    [e, ...(e.shadowRoot ? inside(e.shadowRoot) : [])]);
  for (const element of inside(document.body)) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join("");
    if (!text || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(element.className + ": " + text.slice(0, 40));
  }
  return found;
}"""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Start a browser and end it."""
    expect.set_options(timeout=WITHIN)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def served(app: Flask) -> AbstractContextManager[str]:
    """Serve a door on a free port and give its address."""
    return listening(make_server("127.0.0.1", 0, app, threaded=True))


def follow(control: Locator) -> None:
    """Press what leads to another page and wait until that one stands: a click alone returns while the old one goes."""
    with control.page.expect_navigation():
        control.click()


# Who is faster than an `autofocus`, as axe is, keeps the focus: nothing is wrong with the page.
REMARK = "Autofocus processing was blocked"


class Trap:
    """Notes whatever a page of ours should never do."""

    def __init__(self, page: Page, address: str) -> None:
        self.caught: list[str] = []
        self.failed: list[str] = []  # what the browser notes of each 4xx and 5xx: an answer, not always a mistake
        self._address = address
        page.on("dialog", lambda dialog: (self.caught.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: self.caught.append(f"popup {popup.url}"))
        page.on("pageerror", lambda error: self.caught.append(f"error {error}"))
        page.on("console", lambda said: self._hear(said.text))
        page.on("request", lambda asked: self._see(asked.url))

    def _hear(self, text: str) -> None:
        if not text.startswith(REMARK):
            (self.failed if "Failed to load resource" in text else self.caught).append(f"console {text}")

    def _see(self, url: str) -> None:
        if not url.startswith(self._address + "/"):
            self.caught.append(f"asked {url}")


# All text of a page, with what stands in shadow trees, whether it is visible or not.
ALL_TEXT = """() => {
  const read = (node) => node.nodeType === 3 ? node.data
    : [...(node.shadowRoot ? node.shadowRoot.childNodes : []), ...node.childNodes].map(read).join(" ")
      + " " + (node.value || "");
  return read(document.documentElement);
}"""
