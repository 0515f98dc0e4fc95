"""Forms on a page of another origin, in a real browser before the real door."""

import dataclasses
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from intake_api.catalogue.definitions import Popup
from intake_api.catalogue.model import Catalogue
from intake_api.settings import Settings
from tests.intake_api.web.embedded.visitor import HEARING
from tests.intake_api.web.host_pages import Site, running_site


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that embeds a form."""
    with running_site() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, site: Site) -> Settings:
    return dataclasses.replace(settings, allowed_origins=(site.url,))


@pytest.fixture
def context(chromium: Browser, site: Site, address: str) -> Iterator[BrowserContext]:
    site.door = address
    context = chromium.new_context(reduced_motion="reduce")
    context.add_init_script(HEARING)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page that is not opened yet: the line of the site comes first."""
    return context.new_page()


@pytest.fixture
def manners(request: pytest.FixtureRequest) -> Popup | None:
    """How the pop-up `trial` behaves; without a word about it, as the catalogue says."""
    given: Popup | None = getattr(request, "param", None)
    return given


@pytest.fixture
def catalogue(catalogue: Catalogue, manners: Popup | None) -> Catalogue:
    """The catalogue that is shipped, with the manners of the test."""
    if manners is None:
        return catalogue
    trial = dataclasses.replace(catalogue.form("trial"), popup=manners)
    return dataclasses.replace(catalogue, forms={**catalogue.forms, "trial": trial})
