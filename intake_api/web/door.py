"""What a door stands on: every view asks `door()` for the store, the catalogue and the time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from flask import Flask, current_app

from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.arrivals import Arrivals
from intake_api.store.base import Store
from intake_api.store.showings import Showings

DoorName = Literal["public", "internal", "review"]
KEY = "vestibule.door"


@dataclass(frozen=True)
class Door:
    """One listener: who it is and what it may reach."""

    name: DoorName
    settings: Settings
    catalogue: Catalogue
    store: Store
    clock: Clock
    queue: Queue
    showings: Showings = field(default_factory=Showings)
    arrivals: Arrivals = field(default_factory=Arrivals)

    @property
    def origin(self) -> str:
        """The origin its own pages have in a browser, by the settings: a proxy may hide it from the request."""
        settings = self.settings
        urls = {"public": settings.public_url, "internal": settings.internal_url, "review": settings.review_url}
        parts = urlsplit(urls[self.name])
        return f"{parts.scheme}://{parts.netloc}"

    def now(self) -> datetime:
        """Read the time, once for each request; flows get it handed down."""
        return self.clock()


def open_door(app: Flask, door: Door) -> None:
    """Give an app its door."""
    app.extensions[KEY] = door


def door_of(app: Flask) -> Door:
    """Return the door of an app."""
    found: Door = app.extensions[KEY]
    return found


def door() -> Door:
    """Return the door the present request knocked at."""
    return door_of(current_app)
