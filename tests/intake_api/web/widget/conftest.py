"""The chat on a page of another origin, in a real browser before the real door."""

import dataclasses
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from intake_api.settings import Settings
from tests.intake_api.web.channel_server import Channel
from tests.intake_api.web.host_pages import Site, running_site


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that embeds the chat."""
    with running_site() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, channel: Channel, site: Site) -> Settings:
    return dataclasses.replace(settings, rasa_url=channel.url, allowed_origins=(site.url,))


@pytest.fixture
def context(chromium: Browser, site: Site, address: str) -> Iterator[BrowserContext]:
    site.door = address
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    """The site's page in English, with the chat closed."""
    page = context.new_page()
    page.goto(f"{site.url}/en")
    return page
