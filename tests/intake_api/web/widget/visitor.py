"""A visitor of a page with the chat: opens it, writes, reads it in a language, and looks at what it left behind."""

from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Page, expect

from intake_api.web import words as words_module
from tests.intake_api.web.channel_server import Channel

LANGUAGES = ("en", "lv", "ru", "pl", "cs")
TOUCHED = """async () => ({
  local: {...localStorage}, session: {...sessionStorage}, cookies: document.cookie,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
UNTOUCHED = {"local": {}, "session": {}, "cookies": "", "databases": 0, "caches": 0, "workers": 0}


def words(locale: str) -> Any:
    """Return the chat's words in a language, as they are shipped."""
    return yaml.safe_load((Path(words_module.FOLDER) / f"{locale}.yml").read_text("utf-8"))["chat"]


def open_chat(page: Page, messages: int = 1) -> None:
    page.click(".vestibule-bubble")
    expect(page.locator(".vestibule-bot")).to_have_count(messages)
    expect(page.locator(".vestibule-typing")).to_be_hidden()


def say(page: Page, text: str) -> None:
    page.fill("#vestibule-input", text)
    page.keyboard.press("Enter")


def said(channel: Channel) -> list[str]:
    return [heard["text"] for heard in channel.heard if "text" in heard]
